"""The methods of every autoencoder; the constructors stand in files of their own."""

import os
import warnings
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, Self, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from . import _core
from ._data.arrays import check_codes, check_features, check_sample_weight
from ._data.device import Matrix, as_given, device_of
from ._data.finite import overflow_of, require_finite
from ._data.moments import mean_and_squared_deviation
from ._data.score import explained
from ._training import checks
from ._training.callbacks import CallbackSupportMixin, with_callbacks
from ._training.estimators import NetworkEstimator
from ._training.fitting import train
from ._training.network import Layer, check_shapes, is_tied, layers_of
from ._training.settings import AutoencoderSettings, Settings, TrainingSettings
from ._training.sizing import SizeSearch
from ._training.threads import n_threads
from ._training.training import Training
from .model_file import save

_BLOCK_ROWS = 1024  # of a copy in float64

_Method = TypeVar("_Method", bound=Callable[..., Any])


def trains_in_minibatches(estimator: "BaseNetwork") -> bool:
    if estimator._training is SizeSearch:
        raise AttributeError(
            "partial_fit gets a block of rows, but the search for the number of code units needs all: use fit, or give "
            "n_components as an integer, such as the n_components_ that fit has found"
        )
    if estimator.solver in ("lbfgs", "exact"):
        raise AttributeError(
            f"partial_fit gets a block of rows, solver={estimator.solver!r} needs all: use fit, or solver='adam'"
        )
    return True


def with_minibatches(method: _Method) -> _Method:
    """As in scikit-learn, the estimator has no such method with a solver that needs all rows at once."""
    return cast(_Method, available_if(trains_in_minibatches)(method))


class BaseNetwork(CallbackSupportMixin, BaseEstimator, NetworkEstimator):  # type: ignore[misc]
    """What every estimator of a trained network has."""

    solver: str
    max_iter: int | str
    early_stopping: bool | str
    n_jobs: int | None
    device: str
    verbose: int

    @property
    def _training(self) -> type[Training]:
        return Training

    @abstractmethod
    def _settings(self) -> TrainingSettings: ...

    def save_model(self, path: str | os.PathLike[str], training_state: bool = False) -> None:
        """Write the fitted estimator into a model file, which `eigencoder.load_model` and C++ read.

        It holds the class, all parameters, those of estimators inside too, the network and what ``fit`` has left. It
        does not hold callbacks, what ``set_output`` and metadata routing were told, and attributes of your own.

        Parameters
        ----------
        path : str or path-like
            The file. An old one is replaced in one step once the new one is on the disk, so that there is the old or
            the new one whatever happens; a symbolic link is followed.
        training_state : bool, default=False
            Whether to add what a training goes on from, which makes the file three to seven times as large: the next
            ``partial_fit``, or ``fit`` with ``warm_start``, of the loaded estimator then gives the bits that it gives
            on this one. Without, it goes on from the weights and starts the optimizer afresh, with the same step for
            all weights; the units of the columns, by which ``scale`` trains, are kept.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ValueError
            If it is of a class of your own, or a parameter or class label is neither number nor string; if its
            parameters are refused by a fit of its network, or ``coefs_`` do not have the sizes that were fitted.
        OSError
            If the path cannot be written.
        """
        save(self, path, training_state)

    def _check_input(self, X: ArrayLike, *, all_finite: bool = False) -> Matrix:
        check_is_fitted(self, "coefs_")
        return check_features(self, X, reset=False, dtype=self._dtype, all_finite=all_finite, device=self._device())

    def _infer(self, function: Callable[..., NDArray[Any]], x: Matrix, layers: list[Layer]) -> NDArray[Any]:
        """Call the core, which sees on its way whether x is finite."""
        try:
            return function(layers, x, self._n_threads(), device_of(x, self._device()))
        except ValueError:
            if isinstance(x, np.ndarray):
                require_finite(x, "X", type(self).__name__)
            raise

    def _device(self) -> str:
        return checks.device("device", self.device)

    def _n_threads(self) -> int:
        return n_threads(checks.n_jobs("n_jobs", self.n_jobs))

    def _layers(self, dtype: str | None = None) -> list[Layer]:
        check_shapes(self.coefs_, self.intercepts_, self._layer_sizes, "restore the arrays, or fit afresh")
        return layers_of(self.coefs_, self.intercepts_, self._activations, self._n_active, dtype or self._dtype)


class BaseAutoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseNetwork):  # type: ignore[misc]
    """Everything of an autoencoder but its constructor."""

    n_components: int | float
    size_curve_: dict[str, NDArray[Any]]

    @with_callbacks
    def fit(
        self, X: ArrayLike, y: object = None, *, sample_weight: ArrayLike | None = None, X_val: ArrayLike | None = None
    ) -> Self:
        """Train on X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training data. float32 stays float32, as an array or as all columns of a DataFrame, and float64 stays
            float64; any other type becomes float64. A C-contiguous array of one of the two is read where it lies, be it
            on the GPU that ``device`` names.
        y : Ignored
            Present for the conventions of scikit-learn.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row in the loss and in the mean activations. Only their ratios matter.
        X_val : array-like of shape (n_validation_samples, n_features), default=None
            Rows whose loss is recorded after each epoch. With ``early_stopping``, and where ``n_components`` is a
            share of variance, they take the place of the rows that would be split off X.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If the data or a parameter cannot be used; the estimator stays as it was.
        DivergenceError
            If the loss stops being finite; the estimator holds the weights of the start of that epoch. Data that are
            not finite themselves, under scikit-learn's ``assume_finite=True``, are a ValueError.
        KeyboardInterrupt
            On Ctrl-C; the estimator holds the weights of its last completed step.

        Warns
        -----
        ConvergenceWarning
            If ``n_components`` is a share of variance that no size reaches; if the training ended at a given
            ``max_iter`` while the loss still fell; if the network explains less of the variance than PCA or the mean.
        UserWarning
            If a tenth of the code units is dead, if columns differ in scale by over 1e4 and ``scale`` does not mend it,
            or if the output's activation cannot reach the data.
        """
        train(self, "fit", X, y, sample_weight, X_val)
        return self

    @with_minibatches
    @with_callbacks
    def partial_fit(self, X: ArrayLike, y: object = None, *, sample_weight: ArrayLike | None = None) -> Self:
        """Train for one pass over a block of rows, in minibatches.

        The first call sets the initial weights. Later ones, and one after ``fit``, go on where the last one stopped:
        the optimizer keeps its state, and random numbers are drawn as if all blocks were one array. Where there is no
        such state, as after the solvers "lbfgs" and "exact", the step size grows over the first 10 updates.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The block.
        y : Ignored
            Present for the conventions of scikit-learn.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row. Only their ratios within the block matter.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError, DivergenceError, KeyboardInterrupt
            As ``fit``; a ValueError also with what needs to know all epochs: ``early_stopping``, the learning rates
            "adaptive" and "cosine", and ``warmup_epochs``.
        AttributeError
            With the solvers "lbfgs" and "exact", and a share of variance as ``n_components``, which need all rows.
        """
        train(self, "partial_fit", X, y, sample_weight, None)
        return self

    def transform(self, X: ArrayLike) -> NDArray[Any]:
        """Encode X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        codes : ndarray of shape (n_samples, n_components)
            The code of each row. For X on a GPU, an array of the same library there.
        """
        x, layers = self._check_input(X), self._layers()
        return as_given(X, self._infer(_core.forward, x, layers[: len(layers) // 2]))

    def inverse_transform(self, X: ArrayLike) -> NDArray[Any]:
        """Decode codes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            Codes.

        Returns
        -------
        X_original : ndarray of shape (n_samples, n_features)
            What the decoder makes of each code. For X on a GPU, an array of the same library there.
        """
        check_is_fitted(self, "coefs_")
        codes, layers = check_codes(X, self._n_features_out, self._dtype, self._device()), self._layers()
        return as_given(X, self._infer(_core.forward, codes, layers[len(layers) // 2 :]))

    def reconstruct(self, X: ArrayLike) -> NDArray[Any]:
        """Encode and decode X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        reconstruction : ndarray of shape (n_samples, n_features)
            h(x) of each row. For X on a GPU, an array of the same library there.
        """
        return as_given(X, self._infer(_core.forward, self._check_input(X), self._layers()))

    def score_samples(self, X: ArrayLike) -> NDArray[np.float64]:
        """How normal each row is: the negative squared error of its reconstruction.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            -||x - h(x)||^2, summed over the features; an outlier has a low one.

        Raises
        ------
        ValueError
            If X cannot be used, or an error is beyond float64; on a GPU, beyond the dtype of X.
        """
        x = self._check_input(X)
        return -self._squared_errors(x, np.ones(len(x)))

    def score(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> float:
        """The share of the variance of X that the reconstruction explains.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.
        y : Ignored
            Present for the conventions of scikit-learn.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        score : float
            1 - sum ||x - h(x)||^2 / sum ||x - mean||^2, with the mean of X itself: 1 at best, 0 for a model that
            answers with the mean. Where all rows are equal it is 1 if they are reconstructed exactly and else 0, as in
            `sklearn.metrics.r2_score`; below two rows it is NaN, with an UndefinedMetricWarning.

        Raises
        ------
        ValueError
            As ``score_samples``, and if a sum is beyond float64.
        """
        x = self._check_input(X, all_finite=True)
        weights = check_sample_weight(sample_weight, len(x))
        if len(x) < 2:
            warnings.warn("score needs at least two rows, found 1", UndefinedMetricWarning, stacklevel=2)
            return float("nan")
        if weights is None:
            weights = np.ones(len(x))
        rows = np.flatnonzero(weights)
        with np.errstate(over="ignore", invalid="ignore"):
            error = float(np.sum(weights[rows] * self._squared_errors(x, weights)[rows]))
            _, deviation = mean_and_squared_deviation(x, weights)
        if not np.isfinite(error + deviation):
            raise overflow_of(self, x, "the sum of squares")
        return explained(error, deviation)

    def _squared_errors(self, x: Matrix, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """||x - h(x)||^2 of each row, in float64 where float32 overflows; each row that weighs must have one."""
        errors = self._infer(_core.squared_errors, x, self._layers())
        overflowed = np.flatnonzero(~np.isfinite(errors) & (weights > 0))
        if isinstance(x, np.ndarray) and x.dtype != np.float64:
            for first in range(0, len(overflowed), _BLOCK_ROWS):
                rows = overflowed[first : first + _BLOCK_ROWS]
                errors[rows] = self._infer(_core.squared_errors, x[rows].astype(np.float64), self._layers("float64"))
        beyond = overflowed[~np.isfinite(errors[overflowed])]
        if len(beyond) > 0:
            if not all(np.isfinite(array).all() for array in (*self.coefs_, *self.intercepts_)):
                raise ValueError("coefs_ and intercepts_ must be finite: restore the arrays, or fit afresh")
            raise overflow_of(self, x, f"the squared error of row {beyond[0]}", int(beyond[0]))
        return errors

    @property
    def _training(self) -> type[Training]:
        return SizeSearch if checks.is_share(self.n_components) else Training

    def _settings(self) -> AutoencoderSettings:
        return Settings.of(self)

    @property
    def n_components_(self) -> int:
        """Number of code units."""
        return self._layer_sizes[len(self._layer_sizes) // 2]

    @property
    def _n_features_out(self) -> int:
        return self.n_components_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if "coefs_" in state and is_tied(self.coefs_):
            state["coefs_"] = self.coefs_[: len(self.coefs_) // 2]  # a copy would untie the decoder
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        coefs = state.get("coefs_", [])
        if len(coefs) < len(state.get("intercepts_", [])):
            state = {**state, "coefs_": [*coefs, *(w.T for w in reversed(coefs))]}
        super().__setstate__(state)
