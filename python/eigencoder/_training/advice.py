"""A word where a fit went wrong, though it was done as asked: what was found, and the parameter that mends it."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from .. import _core
from .._core import DeviceArray
from .._data.components import Deviations
from .._data.moments import mean_and_squared_deviations
from .checks import is_share
from .network import Layer, layers_of
from .settings import AutoencoderSettings, Settings
from .training import FitResult, Training

_FEWEST_ROWS, _MOST_ROWS, _MOST_ENTRIES = 64, 1024, 2**18  # that are looked at
_DEAD_SHARE = 0.1
_LARGEST_RATIO = 1e4
_SHORTFALL = 0.01  # of the variance
_COST = 0.01  # of the training's multiply-adds
_RANGES = {
    "sigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "relu": (0.0, np.inf),
    "softplus": (0.0, np.inf),
    "elu": (-1.0, np.inf),
}


def advise(training: Training, result: FitResult) -> None:
    """Warn of what the training rows tell; nothing is trained, so nothing is said, where ``max_iter`` is 0."""
    if training.max_iter == 0 or isinstance(training.data.x, DeviceArray):
        return
    _advise_on_max_iter(training, result)
    rows = training.data.weighed_rows
    n_rows = max(_FEWEST_ROWS, min(_MOST_ROWS, _MOST_ENTRIES // training.data.x.shape[1]))
    rows = rows[:: -(-len(rows) // n_rows)]
    x = training.data.x[rows]
    _advise_on_columns(training, x)
    settings = training.settings
    if isinstance(settings, AutoencoderSettings) and len(x) > 1:
        _advise_on_code(training, x)
        is_out_of_reach = _advise_on_range(training, x)
        if settings.is_squared_error_alone and not is_out_of_reach:
            _advise_on_score(training, x)


def _advise_on_max_iter(training: Training, result: FitResult) -> None:
    settings = training.settings
    if isinstance(settings, Settings) and is_share(settings.n_components):
        return
    ends_early = training.given_max_iter is not None and result.status == "max_iter"
    curve = result.validation_loss_curve if settings.early_stopping else result.loss_curve
    if not ends_early or settings.learning_rate == "cosine" or len(curve) < 2:
        return
    n = -(-len(curve) // 10)  # the last tenth of the epochs
    fall = (curve[-1 - n] - curve[-1]) / n / abs(curve[-1] or 1)
    if fall > settings.tol:
        _warn(
            f"training ended at max_iter={settings.max_iter} while the loss still fell by {100 * fall:.2g} % an epoch: "
            "give a larger max_iter, or leave solver, learning_rate and max_iter 'auto'",
            ConvergenceWarning,
        )


def _advise_on_columns(training: Training, x: NDArray[Any]) -> None:
    settings = training.settings
    if settings.scale not in (None, "auto") or not settings.takes_any_row:
        return
    _, squares = mean_and_squared_deviations(x, np.full(len(x), 1 / len(x)))
    spread = squares > 0
    if spread.any() and (ratio := np.sqrt(squares[spread].max() / squares[spread].min())) > _LARGEST_RATIO:
        _warn(
            f"the columns of X differ in scale: the standard deviation of column {np.argmax(squares)} is {ratio:.2g} "
            f"times that of column {np.argmin(np.where(spread, squares, np.inf))}, of which the network then learns "
            "nothing: use scale='standard', which makes all count alike"
        )


def _advise_on_range(training: Training, x: NDArray[Any]) -> bool:
    activation = training.network.activations[-1]
    low, high = _RANGES.get(activation, (-np.inf, np.inf))
    least, most = float(x.min()), float(x.max())
    is_out_of_reach = training.settings.takes_any_row and (least < low or most > high)
    if is_out_of_reach:
        _warn(
            f"the output of output_activation={activation!r} lies in [{low:g}, {high:g}], X has entries from "
            f"{least:.3g} to {most:.3g}, which it cannot reach: use output_activation='identity', or scale X"
        )
    return is_out_of_reach


def _advise_on_code(training: Training, x: NDArray[Any]) -> None:
    network = training.network
    codes = _core.forward(_layers(training)[: network.code_layer + 1], x, training.n_threads, training.device)
    n_alive = int(np.sum(np.ptp(codes, axis=0) > 0))
    n_units = min(network.n_components, *x.shape)
    if n_units - n_alive > _DEAD_SHARE * n_units:
        n_units = min(n_units, int(np.linalg.matrix_rank(x - x.mean(axis=0))))  # a unit beyond it has nothing to say
    if n_units - n_alive > _DEAD_SHARE * n_units:
        _warn(
            f"{network.n_components - n_alive} of {network.n_components} code units are dead: they say the same of all "
            f"{len(x)} training rows that were looked at. Lower learning_rate_init, or use scale='auto' and "
            "activation='sigmoid'"
        )


def _advise_on_score(training: Training, x: NDArray[Any]) -> None:
    """Beside the mean of the rows and, where that costs little beside the training, beside PCA of them."""
    network = training.network
    error = float(np.mean(_core.squared_errors(_layers(training), x, training.n_threads, training.device)))
    deviations = Deviations(x, np.full(len(x), 1 / len(x)), training.n_threads)
    variance = deviations.sum_of_squares()
    if not 0 < variance < np.inf:
        return
    share, rival, share_of_rival = 1 - error / variance, "their mean", 0.0
    trained = len(training.estimator.loss_curve_) * training.data.n_rows * network.n_parameters
    is_cheap = min(x.shape) ** 2 * max(x.shape) < _COST * trained
    n_components = min(network.layer_sizes)
    if is_cheap and network.n_active == 0 and n_components < min(x.shape):
        rival = "PCA of the same size"
        share_of_rival = float(deviations.principal_components(n_components)[0].sum()) / variance
    if share < share_of_rival - _SHORTFALL:
        _warn(
            f"the network explains {share:.3g} of the variance of training rows, {rival} {share_of_rival:.3g}: train "
            "for longer (max_iter), or leave scale, init and solver 'auto'",
            ConvergenceWarning,
        )


def _layers(training: Training) -> list[Layer]:
    """Of the fitted estimator."""
    network, estimator = training.network, training.estimator
    dtype = training.parameters.dtype
    return layers_of(estimator.coefs_, estimator.intercepts_, network.activations, network.n_active_outputs, dtype)


def _warn(message: str, category: type[Warning] = UserWarning) -> None:
    warnings.warn(message, category, stacklevel=2)
