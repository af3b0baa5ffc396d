"""The gradients of an estimator's objective, and their comparison with the reference and with differences."""

import copy
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone

from . import _core, reference
from ._base import BaseAutoencoder
from ._data.arrays import check_features, check_sample_weight, column_extremes
from ._data.device import require_host
from ._training.checks import key as check_key
from ._training.settings import Settings
from ._training.threads import n_threads

_STEP = 1e-3  # of the differences
_FLOOR = 1e-3  # errors are relative to |g| + _FLOOR max |g|
_REFERENCE_TOLERANCE = 1e-10
_DIFFERENCE_TOLERANCE = 5e-6
_NOISE_SEED = 0

Gradients: TypeAlias = tuple[list[NDArray[Any]], list[NDArray[Any]]]


def loss_and_gradients(
    estimator: BaseAutoencoder, X: ArrayLike, *, sample_weight: ArrayLike | None = None, noise_seed: int | None = None
) -> tuple[float, list[NDArray[Any]], list[NDArray[Any]]]:
    """J of X as one batch, and its gradients at the estimator's weights.

    Parameters
    ----------
    estimator : Autoencoder
        Fitted or not: an unfitted one is given its initial weights on a copy. The estimator itself never changes.
    X : array-like of shape (n_samples, n_features)
        Data.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each row.
    noise_seed : int, default=None
        Key of the noise that the estimator's ``corruption`` puts on X; None means no corruption.

    Returns
    -------
    loss : float
        J.
    coef_gradients : list of ndarray of shape (n_in, n_out)
        dJ/dW of each layer. With tied weights both layers of a pair have the gradient of their common matrix, the
        decoder's transposed.
    intercept_gradients : list of ndarray of shape (n_out,)
        dJ/db of each layer.

    Raises
    ------
    ValueError, TypeError
        As in ``fit``.
    """
    fitted = _fitted(estimator, X)
    objective = _Objective(fitted, X, sample_weight, noise_seed, np.dtype(fitted._dtype))
    loss, gradients = objective.loss_and_gradients()
    return loss, *gradients


@dataclass(frozen=True)
class GradientErrors:
    """The largest relative errors in one array of parameters, by pair of methods."""

    array: str
    native_reference: float
    native_differences: float
    reference_differences: float


@dataclass(frozen=True, repr=False)
class GradientReport:
    """What `check_gradients` found.

    An error is |g - g'| / (|g| + 0.001 max |g|), the maximum taken over all parameters; it is infinite where a gradient
    is not finite.

    Attributes
    ----------
    errors : tuple of GradientErrors
        The worst of each array in ``coefs_`` and ``intercepts_``.
    n_parameters : int
        How many derivatives were compared.
    """

    errors: tuple[GradientErrors, ...]
    n_parameters: int

    @property
    def native_reference(self) -> float:
        return max(e.native_reference for e in self.errors)

    @property
    def native_differences(self) -> float:
        return max(e.native_differences for e in self.errors)

    @property
    def reference_differences(self) -> float:
        return max(e.reference_differences for e in self.errors)

    @property
    def ok(self) -> bool:
        """Whether native and reference agree to 1e-10 and both agree with the differences to 5e-6."""
        return (
            self.native_reference <= _REFERENCE_TOLERANCE
            and self.native_differences <= _DIFFERENCE_TOLERANCE
            and self.reference_differences <= _DIFFERENCE_TOLERANCE
        )

    def __repr__(self) -> str:
        allowed = GradientErrors("allowed", _REFERENCE_TOLERANCE, _DIFFERENCE_TOLERANCE, _DIFFERENCE_TOLERANCE)
        rows = [
            f"{e.array:<16}{e.native_reference:>18.1e}{e.native_differences:>20.1e}{e.reference_differences:>23.1e}"
            for e in (*self.errors, allowed)
        ]
        verdict = "agree" if self.ok else "DISAGREE"
        return "\n".join(
            [
                f"Gradients {verdict}: {self.n_parameters} parameters, worst relative errors",
                f"{'':<16}{'native/reference':>18}{'native/differences':>20}{'reference/differences':>23}",
                *rows,
            ]
        )


def check_gradients(estimator: BaseAutoencoder, X: ArrayLike) -> GradientReport:
    """Compare native gradients, those of `eigencoder.reference` and differences of the native J, all in float64.

    The differences are central and of fourth order, (8 (J(h) - J(-h)) - (J(2h) - J(-2h))) / 12h with h = 0.001, and
    take four evaluations of J a parameter: a few rows of X and a small network are enough. The noise of the estimator's
    ``corruption`` is held fixed. Differences are wrong where a step crosses a kink: that of relu or leaky_relu, that in
    the slope of elu, that of the L1 penalty.

    Parameters
    ----------
    estimator : Autoencoder
        Fitted or not, never changed.
    X : array-like of shape (n_samples, n_features)
        Data; a KL penalty needs several rows.

    Returns
    -------
    report : GradientReport
        ``report.ok`` tells whether they agree; printed, it is a table.

    Raises
    ------
    ValueError, TypeError
        As in ``fit``.
    """
    fitted = _fitted(estimator, X)
    objective = _Objective(fitted, X, None, _NOISE_SEED, np.dtype(np.float64))
    double = copy.copy(fitted)
    double.coefs_, double.intercepts_ = objective.network.unpack(objective.parameters)
    _, *of_reference = reference.loss_and_gradients(double, objective.x, noise_seed=_NOISE_SEED)

    native = list(chain(*objective.loss_and_gradients()[1]))
    differences = list(chain(*objective.differences()))
    largest = max(float(np.abs(g).max(initial=0.0, where=np.isfinite(g))) for g in native)
    n_layers = len(double.coefs_)
    arrays = [f"{name}[{layer}]" for name in ("coefs_", "intercepts_") for layer in range(n_layers)]
    errors = [
        GradientErrors(array, _error(g, r, largest), _error(g, d, largest), _error(r, d, largest))
        for array, g, r, d in zip(arrays, native, chain(*of_reference), differences, strict=True)
    ]
    return GradientReport(tuple(errors), objective.network.n_parameters)


def _error(g: NDArray[Any], other: NDArray[Any], largest: float) -> float:
    if not (np.isfinite(g).all() and np.isfinite(other).all()):
        return np.inf
    difference = np.abs(g - other)
    scale = np.abs(g) + _FLOOR * largest
    return float(np.max(np.divide(difference, scale, out=np.where(difference > 0, np.inf, 0.0), where=scale > 0)))


def _fitted(estimator: BaseAutoencoder, X: ArrayLike) -> BaseAutoencoder:
    require_host(X, "a function of gradients")
    if hasattr(estimator, "coefs_"):
        return estimator
    start: BaseAutoencoder = clone(estimator)
    if hasattr(start, "set_callbacks"):
        start.set_callbacks()
    # A subclass may not have them as parameters.
    start.max_iter, start.early_stopping, start.verbose, start.solver = 0, False, 0, "adam"
    return start.fit(X)


class _Objective:
    """J of some rows as one batch, as a function of the flat parameters."""

    def __init__(
        self,
        fitted: BaseAutoencoder,
        X: ArrayLike,
        sample_weight: ArrayLike | None,
        noise_seed: int | None,
        dtype: np.dtype[Any],
    ) -> None:
        settings = fitted._settings()
        x = check_features(fitted, X, reset=False, dtype=dtype)
        assert isinstance(x, np.ndarray)
        self.x = x
        settings.check_data(self.x, "X")
        if isinstance(settings, Settings):
            settings = settings.sized(fitted.n_components_)
        self.network = settings.network(self.x.shape[1])
        self.parameters = self.network.pack(fitted.coefs_, fitted.intercepts_, dtype)
        self._configs = self.network.config, settings.objective()
        _core.check(*self._configs)
        self._arguments: dict[str, Any] = {
            "x": self.x,
            "weights": check_sample_weight(sample_weight, len(self.x)),
            "labels": None,
            "column_extremes": column_extremes(self.x) if settings.corruption == "salt_and_pepper" else None,
            "noise_seed": None if noise_seed is None else check_key("noise_seed", noise_seed),
            "mean_activity": None,
            "parameters": self.parameters,
            "n_threads": n_threads(settings.n_jobs),
            "device": settings.device,
        }

    def loss(self) -> float:
        return _core.loss_and_gradients(*self._configs, **self._arguments, gradients=None)

    def loss_and_gradients(self) -> tuple[float, Gradients]:
        gradients = np.empty_like(self.parameters)
        loss = _core.loss_and_gradients(*self._configs, **self._arguments, gradients=gradients)
        return loss, self.network.unpack(gradients)

    def differences(self) -> Gradients:
        """Fourth-order central differences, parameter by parameter."""
        derivatives = np.empty_like(self.parameters)
        for i, value in enumerate(self.parameters.copy()):
            losses = []
            for displacement in (-2, -1, 1, 2):
                self.parameters[i] = value + displacement * _STEP
                losses.append(self.loss())
            self.parameters[i] = value
            far_below, below, above, far_above = losses
            derivatives[i] = (8 * (above - below) - (far_above - far_below)) / (12 * _STEP)
        return self.network.unpack(derivatives)
