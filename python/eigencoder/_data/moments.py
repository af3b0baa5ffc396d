"""Means and variances of the columns, in float64; exactly 0 where all rows that weigh are equal."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import gen_batches

from .. import _core
from .._core import DeviceArray
from .device import Matrix, column_extremes_of

Array = NDArray[np.float64]

_BLOCK = 2**16  # numbers


def weighted_mean(x: Matrix, weights: Array) -> Array:
    """The weighted mean of the rows of x, (n_features,)."""
    return _of_rows_on_gpu(x, weights)[0] if isinstance(x, DeviceArray) else _mean(x, weights)


def mean_and_squared_deviation(x: Matrix, weights: Array) -> tuple[Array, float]:
    """That mean, and sum_i s_i ||x_i - mean||^2."""
    if isinstance(x, DeviceArray):
        return _of_rows_on_gpu(x, weights)
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


def _of_rows_on_gpu(x: DeviceArray, weights: Array) -> tuple[Array, float]:
    """By J of a network that answers with its last bias, and its gradient: only the core can read x."""
    n_features = x.shape[1]
    network = _core.NetworkConfig((n_features, 1, n_features), ("identity", "identity"), False, 0, 0)
    objective = _core.ObjectiveConfig(
        loss="squared_error",
        alpha=0.0,
        penalty="none",
        sparsity=0.5,
        sparsity_weight=0.0,
        sparsity_momentum=0.0,
        corruption="none",
        corruption_level=0.0,
    )
    parameters, gradients = np.zeros((2, n_features + 1 + n_features + n_features), x.dtype)
    origin = parameters[-n_features:]

    def mean_square_and_mean() -> tuple[float, Array]:
        """Of the differences from the origin."""
        mean_square = _core.loss_and_gradients(
            network,
            objective,
            x=x,
            weights=weights,
            labels=None,
            column_extremes=None,
            noise_seed=None,
            mean_activity=None,
            parameters=parameters,
            gradients=gradients,
            n_threads=1,
            device=x.device,
        )
        scale = len(x) / weights.sum()
        return scale * mean_square, -scale * gradients[-n_features:].astype(np.float64) / 2

    _, mean = mean_square_and_mean()
    origin[...] = np.clip(mean, *column_extremes_of(x))  # exact where a column is constant
    mean_square, mean = mean_square_and_mean()
    return origin + mean, float(weights.sum() * (mean_square - np.sum(mean * mean)))
