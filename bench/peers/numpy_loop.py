"""A well-written training loop in NumPy: float32, every buffer allocated once, every operation in place.

The shuffles are drawn beforehand; in Python they would take longer than the training.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from eigencoder.reference import Objective

from ..workloads import OPTIMIZER, SEED, Workload
from .peer import Peer

Array = NDArray[np.float32]
Layer = tuple[Array, Array]  # weights, bias


def layers_of(parameters: Array, layer_sizes: tuple[int, ...]) -> list[Layer]:
    """Views of a flat vector: W (n_inputs, n_outputs), then b (n_outputs,), layer after layer."""
    layers = []
    start = 0
    for n_inputs, n_outputs in pairwise(layer_sizes):
        end = start + n_inputs * n_outputs
        layers.append((parameters[start:end].reshape(n_inputs, n_outputs), parameters[end : end + n_outputs]))
        start = end + n_outputs
    return layers


def dense(inputs: Array, layer: Layer, output: Array) -> None:
    weights, bias = layer
    np.dot(inputs, weights, out=output)
    output += bias


def sigmoid(z: Array) -> None:
    """In place, as (tanh(z / 2) + 1) / 2: faster than by exp and a division."""
    z *= 0.5
    np.tanh(z, out=z)
    z *= 0.5
    z += 0.5


def times_sigmoid_derivative(d_output: Array, output: Array) -> None:
    """dJ/da to dJ/dz = dJ/da a (1 - a), in place; ``output`` a is overwritten."""
    d_output *= output
    np.subtract(1, output, out=output)
    d_output *= output


def mask(x: Array, level: float, generator: np.random.Generator, output: Array) -> None:
    """x with each entry 0 with probability ``level``, to 16 bits: four entries a random word are fastest."""
    words = generator.integers(2**64, size=x.size // 4 + 1, dtype=np.uint64).view(np.uint16)[: x.size]
    np.multiply(x, words.reshape(x.shape) >= round(level * 2**16), out=output)


def kl_penalty(objective: Objective, code: Array) -> tuple[float, Array]:
    """P, and dP/da of every row of the code, (n_components,)."""
    rho = objective.sparsity
    rho_hat = np.clip(code.mean(axis=0), 1e-6, 1 - 1e-6)
    divergence = rho * np.log(rho / rho_hat) + (1 - rho) * np.log((1 - rho) / (1 - rho_hat))
    d_code = objective.sparsity_weight / len(code) * ((1 - rho) / (1 - rho_hat) - rho / rho_hat)
    return objective.sparsity_weight * float(divergence.sum()), d_code


class Buffers:
    """For a batch of n rows: x, the input and each layer's output, then dJ/dz of each layer, (n, size) each."""

    def __init__(self, n_rows: int, layer_sizes: tuple[int, ...], *, corrupted: bool) -> None:
        self.outputs = [np.empty((n_rows, size), np.float32) for size in layer_sizes]
        self.x = np.empty_like(self.outputs[0]) if corrupted else self.outputs[0]
        self.deltas = [np.empty((n_rows, size), np.float32) for size in layer_sizes[1:]]
        self.ones = np.ones(n_rows, np.float32)


class NumpyLoop(Peer):
    """All parameters lie in one flat vector, so that Adam is ten calls whatever the depth."""

    name = "NumPy in-place loop"

    def __init__(self, workload: Workload) -> None:
        super().__init__(workload)
        sizes = workload.layer_sizes
        self._initial = workload.initial_parameters.astype(np.float32)
        self._parameters = self._initial.copy()
        self.gradients, self._m, self._v, self._scratch = np.zeros((4, len(self._initial)), np.float32)
        self._layers = layers_of(self._parameters, sizes)
        self._d_layers = layers_of(self.gradients, sizes)
        self._epochs = [np.array_split(order, workload.n_batches) for order in workload.orders]
        self._corrupted = workload.objective.corruption == "masking"
        self._buffers = {
            n_rows: Buffers(n_rows, sizes, corrupted=self._corrupted) for n_rows in {len(e) for e in self._epochs[0]}
        }

    def fit(self) -> list[float]:
        self._parameters[:] = self._initial
        self._m.fill(0)
        self._v.fill(0)
        self._generator = np.random.default_rng(SEED)
        loss_curve = []
        n_updates = 0
        for epoch in self._epochs:
            loss_sum = 0.0
            for rows in epoch:
                loss_sum += len(rows) * self.compute_gradients(rows)
                n_updates += 1
                self._update(n_updates)
            loss_curve.append(loss_sum / self.workload.n_samples)
        return loss_curve

    def compute_gradients(self, rows: NDArray[np.int64]) -> float:
        """Gradients of a batch; returns its loss."""
        objective, code = self.workload.objective, self.workload.code
        buffers = self._buffers[len(rows)]
        outputs, deltas = buffers.outputs, buffers.deltas
        np.take(self.workload.x, rows, axis=0, out=buffers.x, mode="clip")  # "raise" goes through a copy
        if self._corrupted:
            mask(buffers.x, objective.corruption_level, self._generator, outputs[0])
        for i, layer in enumerate(self._layers):
            dense(outputs[i], layer, outputs[i + 1])
            if i + 1 < len(self._layers):
                sigmoid(outputs[i + 1])

        error = np.subtract(outputs[-1], buffers.x, out=deltas[-1])
        loss = float(np.vdot(error, error)) / len(rows)
        if objective.penalty == "kl":
            penalty, d_code = kl_penalty(objective, outputs[code])
            loss += penalty
        error *= 2 / len(rows)
        for i in reversed(range(len(self._layers))):
            d_weights, d_bias = self._d_layers[i]
            np.dot(outputs[i].T, deltas[i], out=d_weights)
            np.dot(buffers.ones, deltas[i], out=d_bias)  # faster than sum(axis=0)
            if i > 0:
                np.dot(deltas[i], self._layers[i][0].T, out=deltas[i - 1])
                if i == code and objective.penalty == "kl":
                    deltas[i - 1] += d_code
                times_sigmoid_derivative(deltas[i - 1], outputs[i])
        return loss

    def _update(self, n_updates: int) -> None:
        """Adam, with its moments kept as m / (1 - beta_1) and v / (1 - beta_2), which spares two passes."""
        beta_1, beta_2 = OPTIMIZER.beta_1, OPTIMIZER.beta_2
        scale_m = (1 - beta_1) / (1 - beta_1**n_updates)
        scale_v = ((1 - beta_2) / (1 - beta_2**n_updates)) ** 0.5
        gradients, m, v, step = self.gradients, self._m, self._v, self._scratch
        m *= beta_1
        m += gradients
        gradients *= gradients
        v *= beta_2
        v += gradients
        np.sqrt(v, out=step)
        step += OPTIMIZER.epsilon / scale_v
        np.divide(m, step, out=step)
        step *= OPTIMIZER.learning_rate_init * scale_m / scale_v
        self._parameters -= step
