"""An epoch as one compiled program: shuffled batches, forward and backward pass and Adam in a lax.scan."""

from functools import partial
from math import log
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ..workloads import OPTIMIZER, SEED, Workload
from .peer import Peer

Array = Any  # jax.Array
UNROLL = 4  # a fifth faster than 1 on the smallest network, the same on wide ones


class State(NamedTuple):
    """``parameters`` and the moments are lists of (weights, bias)."""

    parameters: Any
    first_moment: Any
    second_moment: Any
    n_updates: Array
    key: Array


class JaxScan(Peer):
    """Data and orders lie on the device; an epoch's state is donated to the next one."""

    name = "JAX jit + scan"

    def __init__(self, workload: Workload) -> None:
        super().__init__(workload)
        self._x = jnp.asarray(workload.x)
        self._orders = [jnp.asarray(order, dtype=jnp.int32) for order in workload.orders]
        self._initial = jax.tree.map(jnp.asarray, workload.initial_layers)
        self._epoch = jax.jit(partial(epoch, workload), donate_argnums=0)

    def fit(self) -> list[float]:
        zeros = partial(jax.tree.map, jnp.zeros_like, self._initial)
        parameters = jax.tree.map(jnp.copy, self._initial)
        state = State(parameters, zeros(), zeros(), jnp.zeros((), jnp.float32), jax.random.key(SEED))
        losses = []
        for order in self._orders:
            state, loss = self._epoch(state, self._x, order)
            losses.append(loss)
        return [float(loss) for loss in losses]


def epoch(workload: Workload, state: State, x: Array, order: Array) -> tuple[State, Array]:
    """The state after an epoch, and the mean of the batches' losses by rows."""
    loss_sum = jnp.zeros(())
    for batches in equal_batches(order, workload.n_batches):
        state, losses = jax.lax.scan(partial(step, workload, x), state, batches, unroll=UNROLL)
        loss_sum += batches.shape[1] * losses.sum()
    return state, loss_sum / len(order)


def equal_batches(order: Array, n_batches: int) -> list[Array]:
    """Rows of nearly equal batches, (n, batch_size) each: those that are longer by a row, if any, and the others."""
    size, n_longer = divmod(len(order), n_batches)
    longer, others = jnp.split(order, [n_longer * (size + 1)])
    return [rows.reshape(-1, n) for rows, n in ((longer, size + 1), (others, size)) if len(rows) > 0]


def step(workload: Workload, x: Array, state: State, rows: Array) -> tuple[State, Array]:
    batch = jnp.take(x, rows, axis=0, mode="clip")
    key, noise_key = jax.random.split(state.key)
    loss, gradients = jax.value_and_grad(partial(loss_of, workload))(state.parameters, batch, noise_key)
    parameters, first_moment, second_moment = jax.tree.transpose(
        jax.tree.structure(gradients),
        None,
        jax.tree.map(
            partial(adam, state.n_updates + 1), gradients, state.parameters, state.first_moment, state.second_moment
        ),
    )
    return State(parameters, first_moment, second_moment, state.n_updates + 1, key), loss


def loss_of(workload: Workload, parameters: Any, batch: Array, noise_key: Array) -> Array:
    objective = workload.objective
    output = batch
    if objective.corruption == "masking":
        kept = jax.random.bernoulli(noise_key, 1 - objective.corruption_level, batch.shape)
        output = jnp.where(kept, batch, 0)
    penalty: Array = 0.0
    for place, (weights, bias) in enumerate(parameters, start=1):
        output = output @ weights + bias
        if place < len(parameters):
            output = jax.nn.sigmoid(output)
        if place == workload.code and objective.penalty == "kl":
            rho, rho_hat = objective.sparsity, jnp.clip(output.mean(axis=0), 1e-6, 1 - 1e-6)
            divergence = rho * jnp.log(rho / rho_hat) + (1 - rho) * jnp.log((1 - rho) / (1 - rho_hat))
            penalty = objective.sparsity_weight * divergence.sum()
    return jnp.square(output - batch).sum() / len(batch) + penalty


def adam(n_updates: Array, gradient: Array, parameter: Array, m: Array, v: Array) -> tuple[Array, Array, Array]:
    """The parameter and its moments after a step; 1 - beta^t by expm1, since float32 loses digits in a difference."""
    beta_1, beta_2 = OPTIMIZER.beta_1, OPTIMIZER.beta_2
    m = beta_1 * m + (1 - beta_1) * gradient
    v = beta_2 * v + (1 - beta_2) * jnp.square(gradient)
    m_hat = m / -jnp.expm1(n_updates * log(beta_1))
    v_hat = v / -jnp.expm1(n_updates * log(beta_2))
    return parameter - OPTIMIZER.learning_rate_init * m_hat / (jnp.sqrt(v_hat) + OPTIMIZER.epsilon), m, v
