"""Trainings whose loss does not stay finite."""

import numpy as np

from .. import _core
from .._data.finite import overflowing_squares, require_finite_data
from .._data.training_data import TrainingData
from ..exceptions import DivergenceError
from . import exact
from .estimators import NetworkEstimator
from .settings import TrainingSettings


def has_diverged(result: _core.FitResult | exact.FitResult) -> bool:
    """Whether the loss was not finite, be it that of the initial weights where max_iter=0 asks for these alone."""
    return result.status == "diverged" or (result.status == "max_iter" and not np.isfinite(result.best_loss))


def require_finite_data_of(
    result: _core.FitResult | exact.FitResult, estimator: NetworkEstimator, data: TrainingData
) -> None:
    """Where a loss is not finite, refuse data that are not: scikit-learn can be told to assume that they are."""
    if has_diverged(result) or not np.isfinite(result.validation_loss_curve).all():
        require_finite_data(estimator, data.x, data.x_validation)


def divergence(
    result: _core.FitResult | exact.FitResult,
    estimator: NetworkEstimator,
    settings: TrainingSettings,
    data: TrainingData,
) -> DivergenceError:
    """What to raise once the estimator holds the last weights whose loss was finite, or the initial ones."""
    has_epochs = result.status == "diverged"
    overflow = overflowing_squares(estimator, data.x, data.x_validation)
    if overflow is not None:
        why = f": {overflow}"
    elif has_epochs and settings.solver != "lbfgs":
        why = f" with learning_rate_init={settings.learning_rate_init:g}: lower it, or scale X"
    else:
        why = ": scale X"
    if not has_epochs:
        return DivergenceError(f"the loss of the initial weights is not finite{why}. The estimator holds these weights")
    return DivergenceError(
        f"the loss was not finite any more in epoch {estimator.n_iter_ + 1}{why}. The estimator holds the weights of "
        "the start of that epoch"
    )
