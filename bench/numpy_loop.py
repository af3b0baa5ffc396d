"""A well-written training loop in NumPy: float32, every buffer allocated once, every operation in place.

The shuffles are drawn beforehand; in Python they would take longer than the training.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .peer import Peer
from .workloads import OPTIMIZER, Workload

Array = NDArray[np.float32]


class Layer(NamedTuple):
    weights: Array
    bias: Array


def layers_of(parameters: Array, layer_sizes: tuple[int, ...]) -> list[Layer]:
    """Views of a flat vector: W (n_inputs, n_outputs), then b (n_outputs,), layer after layer."""
    layers = []
    start = 0
    for n_inputs, n_outputs in pairwise(layer_sizes):
        end = start + n_inputs * n_outputs
        layers.append(Layer(parameters[start:end].reshape(n_inputs, n_outputs), parameters[end : end + n_outputs]))
        start = end + n_outputs
    return layers


def dense(inputs: Array, layer: Layer, output: Array) -> None:
    np.dot(inputs, layer.weights, out=output)
    output += layer.bias


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


class Buffers:
    """For a batch of n rows: the input and each layer's output, then dJ/dz of each layer, (n, size) each."""

    def __init__(self, n_rows: int, layer_sizes: tuple[int, ...]) -> None:
        self.outputs = [np.empty((n_rows, size), np.float32) for size in layer_sizes]
        self.deltas = [np.empty((n_rows, size), np.float32) for size in layer_sizes[1:]]
        self.ones = np.ones(n_rows, np.float32)


class NumpyLoop(Peer):
    """All parameters lie in one flat vector, so that Adam is ten calls whatever the depth."""

    name = "NumPy in-place loop"
    block = 1024  # rows encoded at a time, so that they stay in the cache

    def __init__(self, workload: Workload) -> None:
        super().__init__(workload)
        sizes = workload.layer_sizes
        code = len(sizes) // 2
        self._initial = workload.initial_parameters.astype(np.float32)
        self._parameters = self._initial.copy()
        self.gradients, self._m, self._v, self._scratch = np.zeros((4, len(self._initial)), np.float32)
        self._layers = layers_of(self._parameters, sizes)
        self._d_layers = layers_of(self.gradients, sizes)
        self._epochs = [
            [order[start : start + workload.batch_size] for start in range(0, len(order), workload.batch_size)]
            for order in workload.orders
        ]
        self._buffers = {n_rows: Buffers(n_rows, sizes) for n_rows in {len(rows) for rows in self._epochs[0]}}
        self._hidden = [np.empty((self.block, size), np.float32) for size in sizes[1:code]]
        self._codes = np.empty((workload.n_samples, sizes[code]), np.float32)

    def fit(self) -> list[float]:
        self._parameters[:] = self._initial
        self._m.fill(0)
        self._v.fill(0)
        loss_curve = []
        n_updates = 0
        for epoch in self._epochs:
            squared_error = 0.0
            for rows in epoch:
                squared_error += self.compute_gradients(rows)
                n_updates += 1
                self._update(n_updates)
            loss_curve.append(squared_error / self.workload.n_samples)
        return loss_curve

    def transform(self) -> Array:
        for start in range(0, self.workload.n_samples, self.block):
            x, codes = self.workload.x[start : start + self.block], self._codes[start : start + self.block]
            outputs = [x, *(hidden[: len(x)] for hidden in self._hidden), codes]
            for layer, (inputs, output) in zip(self._layers, pairwise(outputs), strict=False):
                dense(inputs, layer, output)
                sigmoid(output)
        return self._codes

    def compute_gradients(self, rows: NDArray[np.int64]) -> float:
        """Gradients of a batch; returns its squared error, summed over rows and features."""
        buffers = self._buffers[len(rows)]
        outputs, deltas = buffers.outputs, buffers.deltas
        np.take(self.workload.x, rows, axis=0, out=outputs[0], mode="clip")  # "raise" goes through a copy
        for i, layer in enumerate(self._layers):
            dense(outputs[i], layer, outputs[i + 1])
            if i + 1 < len(self._layers):
                sigmoid(outputs[i + 1])

        error = np.subtract(outputs[-1], outputs[0], out=deltas[-1])
        squared_error = float(np.vdot(error, error))
        error *= 2 / len(rows)
        for i in reversed(range(len(self._layers))):
            np.dot(outputs[i].T, deltas[i], out=self._d_layers[i].weights)
            np.dot(buffers.ones, deltas[i], out=self._d_layers[i].bias)  # faster than sum(axis=0)
            if i > 0:
                np.dot(deltas[i], self._layers[i].weights.T, out=deltas[i - 1])
                times_sigmoid_derivative(deltas[i - 1], outputs[i])
        return squared_error

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
