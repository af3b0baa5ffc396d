"""Means and variances of the columns, in float64; exactly 0 where all rows that weigh are equal."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import gen_batches

from .._core import DeviceArray
from . import moments_on_gpu
from .device import Matrix

Array = NDArray[np.float64]

_BLOCK = 2**16  # numbers


def weighted_mean(x: Matrix, weights: Array) -> Array:
    """The weighted mean of the rows of x, (n_features,)."""
    return moments_on_gpu.mean_and_squared_deviation(x, weights)[0] if isinstance(x, DeviceArray) else _mean(x, weights)


def mean_and_squared_deviation(x: Matrix, weights: Array) -> tuple[Array, float]:
    """That mean, and sum_i s_i ||x_i - mean||^2."""
    if isinstance(x, DeviceArray):
        return moments_on_gpu.mean_and_squared_deviation(x, weights)
    mean = _mean(x, weights)
    deviations = _deviations(x, weights, mean)
    return mean, float(sum(np.einsum("i,ij,ij->", w, block, block) for w, block in deviations))


def mean_and_squared_deviations(x: NDArray[np.floating], weights: Array) -> tuple[Array, Array]:
    """The same, but of each column: sum_i s_i (x_ij - mean_j)^2, (n_features,)."""
    mean = _mean(x, weights)
    squares = np.zeros_like(mean)
    for w, block in _deviations(x, weights, mean):
        squares += np.einsum("i,ij,ij->j", w, block, block)
    return mean, squares


def _mean(x: NDArray[np.floating], weights: Array) -> Array:
    origin = x[weights.argmax()].astype(np.float64)  # differences from it are exactly 0 for equal rows
    mean = np.zeros_like(origin)
    for w, block in _deviations(x, weights, origin):
        mean += np.einsum("i,ij->j", w, block)
    return np.asarray(origin + mean / weights.sum())


def _deviations(x: NDArray[np.floating], weights: Array, origin: Array) -> Iterator[tuple[Array, Array]]:
    """Weights and differences from the origin of the rows that weigh, some of them after the other."""
    weighed = np.flatnonzero(weights)
    for batch in gen_batches(len(weighed), max(1, _BLOCK // x.shape[1])):
        rows = weighed[batch]
        yield weights[rows], x[rows] - origin
