"""The share of the variance that a reconstruction explains."""

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import gen_batches

from .. import _core
from .._core import DeviceArray
from .device import Matrix, column_extremes_of


def squared_deviation(x: Matrix, weights: NDArray[np.float64]) -> float:
    """sum_i s_i ||x_i - mean||^2 for weights of mean 1, exactly 0 where all rows of x that have a weight are equal."""
    if isinstance(x, DeviceArray):
        return _squared_deviation_on_gpu(x, weights)
    origin = x[weights.argmax()].astype(np.float64)  # differences from it are exactly 0 for equal rows
    weighed = np.flatnonzero(weights)
    batches = [weighed[batch] for batch in gen_batches(len(weighed), 1024)]
    mean = sum(np.einsum("i,ij->j", weights[rows], x[rows] - origin) for rows in batches) / weights.sum()
    return float(sum(np.sum(weights[rows] * ((x[rows] - origin - mean) ** 2).sum(axis=1)) for rows in batches))


def _squared_deviation_on_gpu(x: DeviceArray, weights: NDArray[np.float64]) -> float:
    """The same where only the core can read x: by J of a network that answers with its last bias, and its gradient."""
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

    def mean_square_and_mean() -> tuple[float, NDArray[np.float64]]:
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
        return mean_square, -gradients[-n_features:].astype(np.float64) / 2

    _, mean = mean_square_and_mean()
    origin[...] = np.clip(mean, *column_extremes_of(x))  # exact where a column is constant
    mean_square, mean = mean_square_and_mean()
    return float(len(x) * (mean_square - np.sum(mean * mean)))


def explained(error: float, deviation: float) -> float:
    """1 - error / deviation; where there is no variance 1 for an exact reconstruction and else 0."""
    return float(error == 0) if deviation == 0 else float(1 - error / deviation)
