"""The deep autoencoder by JAX: the same recipe, weights and order of rows; an epoch is one compiled lax.scan."""

import time
from functools import partial
from math import log, pi
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp

from eigencoder import Autoencoder
from eigencoder.demo.data import squared_error
from eigencoder.reference.random import Stream, permutation

from ..peers.jax_scan import equal_batches
from .deep import Point, Run
from .deep_recipe import Split

Array = Any  # jax.Array


class State(NamedTuple):
    """``parameters`` and the moments are lists of (weights, bias)."""

    parameters: Any
    first_moment: Any
    second_moment: Any
    n_updates: Array


def train(start: Autoencoder, split: Split) -> Run:
    """From the estimator's weights, with its settings."""
    parameters = [tuple(map(jnp.asarray, layer)) for layer in zip(start.coefs_, start.intercepts_, strict=True)]
    zeros = partial(jax.tree.map, jnp.zeros_like, parameters)
    state = State(parameters, zeros(), zeros(), jnp.zeros((), jnp.float32))
    x, x_validation = jnp.asarray(split.train), jnp.asarray(split.validation)
    order = jnp.arange(len(x))
    train_epoch = jax.jit(partial(epoch, start), donate_argnums=0).lower(state, x, order).compile()
    validation_loss = jax.jit(loss_of).lower(parameters, x_validation).compile()
    reconstruct = jax.jit(lambda parameters, x: jax.nn.sigmoid(logits(parameters, x)))

    points, loss_curve, validation_losses, seconds = [], [], [], 0.0
    for i in range(int(start.max_iter)):
        order = jnp.asarray(permutation(len(x), cast(int, start.random_state), Stream.shuffle, epoch=i), order.dtype)
        started = time.perf_counter()
        state, loss = train_epoch(state, x, order)
        validation_losses.append(float(validation_loss(state.parameters, x_validation)))
        seconds += time.perf_counter() - started
        loss_curve.append(float(loss))
        points.append(Point(seconds, squared_error(split.test, reconstruct(state.parameters, split.test))))
    best = min(range(len(points)), key=validation_losses.__getitem__)
    return Run(points, points[best].error, loss_curve)


def epoch(recipe: Autoencoder, state: State, x: Array, order: Array) -> tuple[State, Array]:
    """The state after an epoch, and the mean of the batches' losses by rows."""
    n_batches = -(-len(order) // int(recipe.batch_size))
    loss_sum = jnp.zeros(())
    for batches in equal_batches(order, n_batches):
        state, losses = jax.lax.scan(partial(update, recipe, n_batches, x), state, batches)
        loss_sum += batches.shape[1] * losses.sum()
    return state, loss_sum / len(order)


def update(recipe: Autoencoder, n_batches: int, x: Array, state: State, rows: Array) -> tuple[State, Array]:
    """A step of AdamW, biases without decay; 1 - beta^t by expm1, since float32 loses digits in a difference."""
    loss, gradients = jax.value_and_grad(loss_of)(state.parameters, jnp.take(x, rows, axis=0, mode="clip"))
    rate = learning_rate(recipe, n_batches, state.n_updates)
    n_updates = state.n_updates + 1
    beta_1, beta_2 = recipe.beta_1, recipe.beta_2
    m = jax.tree.map(lambda m, g: beta_1 * m + (1 - beta_1) * g, state.first_moment, gradients)
    v = jax.tree.map(lambda v, g: beta_2 * v + (1 - beta_2) * g * g, state.second_moment, gradients)
    m_scale, v_scale = (-1 / jnp.expm1(n_updates * log(beta)) for beta in (beta_1, beta_2))

    def moved(parameter: Array, m: Array, v: Array) -> Array:
        kept = 1 - rate * recipe.alpha if parameter.ndim == 2 else 1
        return kept * parameter - rate * m_scale * m / (jnp.sqrt(v_scale * v) + recipe.epsilon)

    return State(jax.tree.map(moved, state.parameters, m, v), m, v, n_updates), loss


def learning_rate(recipe: Autoencoder, n_batches: int, n_updates: Array) -> Array:
    """A linear warm-up, then a cosine down to 0."""
    n_warmup, n_all = float(recipe.warmup_epochs) * n_batches, int(recipe.max_iter) * n_batches
    progress = jnp.maximum(0, n_updates - n_warmup) / max(n_all - n_warmup, 1)
    warmth = jnp.minimum(1, (n_updates + 1) / max(n_warmup, 1))
    return float(recipe.learning_rate_init) * warmth * 0.5 * (1 + jnp.cos(pi * jnp.minimum(progress, 1)))


def loss_of(parameters: Any, x: Array) -> Array:
    """The cross-entropy, from z so that it does not overflow."""
    z = logits(parameters, x)
    return (jax.nn.softplus(z) - x * z).sum() / len(x)


def logits(parameters: Any, x: Array) -> Array:
    code = len(parameters) // 2 - 1
    output = x
    for i, (weights, bias) in enumerate(parameters):
        output = output @ weights + bias
        if i != code and i + 1 < len(parameters):
            output = jax.nn.elu(output)
    return output
