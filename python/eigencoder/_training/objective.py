"""J of some rows as a function of the flat parameters, its gradient, and its derivatives by differences."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _core
from .._data.arrays import check_features, check_sample_weight, column_extremes
from . import effort
from .checks import key as check_key
from .estimators import AutoencoderEstimator
from .settings import Settings
from .threads import n_threads

_STEPS = (1e-3, 1e-4, 1e-5)
_ROUNDING = 100 * np.finfo(np.float64).eps  # of J, relative


class Objective:
    """J of some rows as one batch, as a function of the flat parameters."""

    def __init__(
        self,
        fitted: AutoencoderEstimator,
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
        settings = effort.plain(settings, self.x.shape[1])
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

    def loss_and_gradient(self) -> tuple[float, NDArray[Any]]:
        """J, and its gradient as a flat vector."""
        gradient = np.empty_like(self.parameters)
        loss = _core.loss_and_gradients(*self._configs, **self._arguments, gradients=gradient)
        return loss, gradient

    def differences(self, gradient: NDArray[Any], allowed: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """The derivatives by differences, to compare with the gradient, and which parameters stand at a kink."""
        loss = self.loss()
        found = [self._difference(i, loss, g, a) for i, (g, a) in enumerate(zip(gradient, allowed, strict=True))]
        return np.array([d for d, _ in found]), np.array([at_kink for _, at_kink in found])

    def _difference(self, i: int, loss: float, gradient: float, allowed: float) -> tuple[float, bool]:
        differences = []
        for step in _STEPS:
            far_below, below, above, far_above = (self._loss_beside(i, n * step) for n in (-2, -1, 1, 2))
            differences.append((8 * (above - below) - (far_above - far_below)) / (12 * step))
            if abs(differences[-1] - gradient) <= allowed:
                return differences[-1], False
        slope_below = (3 * loss - 4 * below + far_below) / (2 * step)
        slope_above = (4 * above - far_above - 3 * loss) / (2 * step)
        to_explain = max(abs(differences[-1] - gradient), _ROUNDING * abs(loss) / step)
        if abs(slope_above - slope_below) > to_explain:
            return differences[-1], True
        # A kink in the slope of J alone bends the central difference, not these.
        return min(*differences, slope_below, slope_above, key=lambda d: abs(d - gradient)), False

    def _loss_beside(self, i: int, displacement: float) -> float:
        value = self.parameters[i]
        self.parameters[i] = value + displacement
        loss = self.loss()
        self.parameters[i] = value
        return loss
