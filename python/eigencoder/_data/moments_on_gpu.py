"""Sums over rows that lie on a GPU, from J of a small network and its gradient: only the core can read them there."""

import numpy as np
from numpy.typing import NDArray

from .. import _core
from .._core import DeviceArray
from .device import column_extremes_of

Array = NDArray[np.float64]


def mean_and_squared_deviation(x: DeviceArray, weights: Array) -> tuple[Array, float]:
    """The weighted mean of the rows, (n_features,), and sum_i s_i ||x_i - mean||^2."""
    n_features = x.shape[1]
    parameters = np.zeros(
        n_features + 1 + n_features + n_features, x.dtype
    )  # a network that answers with its last bias
    origin = parameters[-n_features:]

    def mean_square_and_mean() -> tuple[float, Array]:
        """Of the differences from the origin."""
        mean_square, gradients = _loss_and_gradients(x, weights, 1, parameters)
        return mean_square, -gradients[-n_features:].astype(np.float64) / 2

    _, mean = mean_square_and_mean()
    origin[...] = np.clip(mean, *column_extremes_of(x))  # exact where a column is constant
    mean_square, mean = mean_square_and_mean()
    return origin + mean, float(weights.sum() * (mean_square - np.sum(mean * mean)))


def covariance(x: DeviceArray, weights: Array, mean: Array) -> Array:
    """sum_i s_i (x_i - mean) (x_i - mean)^T / sum_i s_i, (n_features, n_features), to the rounding of x's dtype."""
    n_features = x.shape[1]
    n_weights = n_features * n_features
    parameters = np.zeros(2 * (n_weights + n_features), x.dtype)
    origin = mean.astype(x.dtype)
    # The code is x - origin, the output origin: the gradient of the weights between is -2 code^T code.
    parameters[:n_weights].reshape(n_features, n_features)[...] = np.eye(n_features, dtype=x.dtype)
    parameters[n_weights : n_weights + n_features] = -origin
    parameters[-n_features:] = origin
    _, gradients = _loss_and_gradients(x, weights, n_features, parameters)
    products = gradients[n_weights + n_features : -n_features].reshape(n_features, n_features).astype(np.float64)
    rest = mean - origin
    return np.asarray(-(products + products.T) / 4 - np.multiply.outer(rest, rest))


def _loss_and_gradients(
    x: DeviceArray, weights: Array, n_units: int, parameters: NDArray[np.floating]
) -> tuple[float, NDArray[np.floating]]:
    """Mean of ||x - h(x)||^2 over the weights, and its gradient, of a linear network with so many code units."""
    network = _core.NetworkConfig((x.shape[1], n_units, x.shape[1]), ("identity", "identity"), False, 0, 0)
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
    gradients = np.empty_like(parameters)
    loss = _core.loss_and_gradients(
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
    return scale * loss, scale * gradients
