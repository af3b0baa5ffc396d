"""The gradients of an estimator's objective, and their comparison with the reference and with differences."""

import copy
from dataclasses import dataclass
from itertools import chain
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone

from . import reference
from ._base import BaseAutoencoder
from ._data.device import require_host
from ._training.objective import Objective
from ._training.settings import Settings

_FLOOR = 1e-3  # errors are relative to |g| + _FLOOR max |g|
_REFERENCE_TOLERANCE = 1e-10
_DIFFERENCE_TOLERANCE = 5e-6
_NOISE_SEED = 0


def loss_and_gradients(
    estimator: BaseAutoencoder, X: ArrayLike, *, sample_weight: ArrayLike | None = None, noise_seed: int | None = None
) -> tuple[float, list[NDArray[Any]], list[NDArray[Any]]]:
    """J of X as one batch, and its gradients at the estimator's weights.

    All is in the units of X as they are given, whatever ``scale`` training has: so J differs from ``loss_`` where it
    has a penalty or noise, and "masking" sets entries to 0 whatever ``corruption_fill`` says.

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
    objective = Objective(fitted, X, sample_weight, noise_seed, np.dtype(fitted._dtype))
    loss, gradient = objective.loss_and_gradient()
    return loss, *objective.network.unpack(gradient)


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
    is not finite. Parameters at a kink of J are left out where differences are compared.

    Attributes
    ----------
    errors : tuple of GradientErrors
        The worst of each array in ``coefs_`` and ``intercepts_``.
    n_parameters : int
        How many parameters there are.
    n_at_kinks : int
        How many of them stand at a kink.
    """

    errors: tuple[GradientErrors, ...]
    n_parameters: int
    n_at_kinks: int

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
        kinks = "1 parameter" if self.n_at_kinks == 1 else f"{self.n_at_kinks} parameters"
        return "\n".join(
            [
                f"Gradients {verdict}: {self.n_parameters} parameters, worst relative errors",
                f"{'':<16}{'native/reference':>18}{'native/differences':>20}{'reference/differences':>23}",
                *rows,
                *([f"{kinks} at a kink, left out"] if self.n_at_kinks else []),
            ]
        )


def check_gradients(estimator: BaseAutoencoder, X: ArrayLike) -> GradientReport:
    """Compare native gradients, those of `eigencoder.reference` and differences of the native J, all in float64.

    The differences are central and of fourth order, (8 (J(h) - J(-h)) - (J(2h) - J(-2h))) / 12h with h = 0.001, and
    take four evaluations of J a parameter: a few rows of X and a small network are enough. The noise of the estimator's
    ``corruption`` is held fixed.

    Differences are wrong where a step crosses a kink of J: that of relu or leaky_relu, that in the slope of elu, that
    of the L1 penalty, a change of the units that ``n_active`` keeps. Where they disagree with the native gradient, h/10
    and h/100 are tried. Where these disagree too, and the slopes of J on both sides differ by as much, the parameter
    stands at a kink: it is counted, and left out where differences are compared.

    Parameters
    ----------
    estimator : Autoencoder
        Fitted or not, never changed. One that is not gets Glorot's weights: at PCA's, gradients are mostly rounding.
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
    fitted = _fitted(_from_random_weights(estimator), X)
    objective = Objective(fitted, X, None, _NOISE_SEED, np.dtype(np.float64))
    network = objective.network
    double = copy.copy(fitted)
    double.coefs_, double.intercepts_ = network.unpack(objective.parameters)
    _, *of_reference = reference.loss_and_gradients(double, objective.x, noise_seed=_NOISE_SEED)

    _, gradient = objective.loss_and_gradient()
    largest = float(np.abs(gradient).max(initial=0.0, where=np.isfinite(gradient)))
    differences, at_kink = objective.differences(gradient, _DIFFERENCE_TOLERANCE * _scale(gradient, largest))
    names = [f"{name}[{layer}]" for name in ("coefs_", "intercepts_") for layer in range(len(double.coefs_))]
    arrays = (chain(*arrays) for arrays in (*map(network.unpack, (gradient, differences, ~at_kink)), of_reference))
    errors = [
        GradientErrors(
            name, _error(g, r, largest), _error(g[smooth], d[smooth], largest), _error(r[smooth], d[smooth], largest)
        )
        for name, g, d, smooth, r in zip(names, *arrays, strict=True)
    ]
    return GradientReport(tuple(errors), network.n_parameters, int(at_kink.sum()))


def _scale(g: NDArray[Any], largest: float) -> NDArray[Any]:
    """What errors are relative to."""
    scale: NDArray[Any] = np.abs(g) + _FLOOR * largest
    return scale


def _error(g: NDArray[Any], other: NDArray[Any], largest: float) -> float:
    if not (np.isfinite(g).all() and np.isfinite(other).all()):
        return np.inf
    difference, scale = np.abs(g - other), _scale(g, largest)
    errors = np.divide(difference, scale, out=np.where(difference > 0, np.inf, 0.0), where=scale > 0)
    return float(errors.max(initial=0.0))


def _from_random_weights(estimator: BaseAutoencoder) -> BaseAutoencoder:
    """The same network, not fitted; a fitted one as it is."""
    settings = estimator._settings()
    if hasattr(estimator, "coefs_") or not isinstance(settings, Settings) or settings.init == "glorot":
        return estimator
    start: Any = clone(estimator)
    start.init, start.code_activation = "glorot", settings.code_activation  # a subclass may not have them as parameters
    return cast(BaseAutoencoder, start)


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
