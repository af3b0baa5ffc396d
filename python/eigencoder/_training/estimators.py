"""What a training needs of the estimator that it trains: a type, so that it knows none of the classes above it."""

from typing import Any, Protocol, Self, TypeGuard

from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

from .columns import Columns
from .optimizer_state import OptimizerState
from .settings import AutoencoderSettings, TrainingSettings


class NetworkEstimator(Protocol):
    """An estimator of a trained network; what ends in an underscore is there once it is fitted."""

    coefs_: list[NDArray[Any]]
    intercepts_: list[NDArray[Any]]
    loss_curve_: list[float]
    validation_loss_curve_: list[float]
    loss_: float
    best_loss_: float
    n_iter_: int
    t_: int
    solver_: str
    learning_rate_init_: float
    batch_size_: int
    _layer_sizes: tuple[int, ...]
    _activations: tuple[str, ...]
    _n_active: tuple[int, ...]
    _dtype: str
    _seed: int
    _columns: Columns
    _scales: NDArray[Any] | None
    _optimizer_state: OptimizerState | None

    @property
    def _training(self) -> Any: ...

    def _settings(self) -> TrainingSettings: ...


class ClassifierEstimator(NetworkEstimator, Protocol):
    """A classifier."""

    classes_: NDArray[Any]


class AutoencoderEstimator(NetworkEstimator, Protocol):
    """An autoencoder."""

    random_state: Any
    device: str
    size_curve_: dict[str, NDArray[Any]]

    @property
    def n_components_(self) -> int: ...

    def _settings(self) -> AutoencoderSettings: ...

    def fit(
        self, X: ArrayLike, y: object = None, *, sample_weight: ArrayLike | None = None, X_val: ArrayLike | None = None
    ) -> Self: ...

    def transform(self, X: ArrayLike) -> NDArray[Any]: ...

    def set_params(self, **params: Any) -> Any: ...


def name_features(fitted: Any, names: NDArray[Any] | None) -> None:
    """Give an autoencoder that was fitted on a bare array the names of its columns, and so a stack's first layer."""
    if names is None:
        return
    fitted.feature_names_in_ = names
    for first in getattr(fitted, "layers_", [])[:1]:
        name_features(first, names)


def is_autoencoder(value: object) -> TypeGuard[AutoencoderEstimator]:
    """Whether it is one of our autoencoders, fitted or not."""
    return isinstance(value, BaseEstimator) and hasattr(value, "_settings") and hasattr(value, "reconstruct")
