"""The units of a training: its network sees (x - center) factor, and J is formed of that.

Afterwards both are folded into the weights, which then take rows as they are given. A sigmoid may be trained as the
tanh that it is, sigmoid(z) = 1/2 + 1/2 tanh(z / 2), whose outputs have no mean for the next layer to balance.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._data.device import require_host
from .._data.moments import mean_and_squared_deviation, mean_and_squared_deviations
from .._data.training_data import TrainingData
from .network import Network

SCALES = ("auto", "standard", "minmax")


class Units(NamedTuple):
    """Those that a value of ``scale`` gives; center and factor are (n_features,) each, in the dtype of x, or None."""

    scale: str | None = None
    tied_weights: bool = False
    sigmoid_as_tanh: bool = False
    center: NDArray[Any] | None = None
    factor: NDArray[Any] | None = None

    @classmethod
    def of(cls, scale: str | None, data: TrainingData, network: Network, sigmoid_as_tanh: bool = False) -> "Units":
        """The rows that train tell. One matrix cannot carry a factor and its inverse: with tied weights it is 1."""
        if scale is None:
            return cls(None, network.tied_weights, sigmoid_as_tanh)
        if scale == "auto":
            center, squares = mean_and_squared_deviation(data.x, data.shares)
            spread = np.full_like(center, np.sqrt(squares / len(center)))
        elif scale == "standard":
            center, deviations = mean_and_squared_deviations(require_host(data.x, "scale='standard'"), data.shares)
            spread = np.sqrt(deviations)
        else:
            require_host(data.x, "scale='minmax'")
            center, maxima = data.column_extremes(None).astype(np.float64)
            spread = maxima - center
        dtype = data.x.dtype
        least = np.sqrt(np.finfo(dtype).tiny)  # else the weights, which it divides, would have no square
        spread = np.where(spread > least, spread, 1.0)
        factor = np.ones_like(spread) if network.tied_weights else 1 / spread
        return cls(scale, network.tied_weights, sigmoid_as_tanh, center.astype(dtype), factor.astype(dtype))

    @property
    def key(self) -> tuple[str | None, bool, bool]:
        """What asked for them."""
        return self.scale, self.tied_weights, self.sigmoid_as_tanh

    @property
    def are_of_x(self) -> bool:
        """Whether the network is trained as it is, on rows as they are given."""
        return self.center is None and not self.sigmoid_as_tanh

    def of_values(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values of the columns, (..., n_features), as the network sees them."""
        return values if self.center is None else np.asarray((values - self.center) * self.factor)

    def loss_factor(self, network: Network) -> float:
        """What J, without penalties, is multiplied by to be in the units of X: 1 where columns differ."""
        if self.factor is None or not _rebuilds(network) or self.scale != "auto":
            return 1.0
        return float(self.factor[0].astype(np.float64) ** -2)

    def has_target(self, network: Network) -> bool:
        """Whether the loss compares in these units, and not with x as it is given."""
        return self.center is None or _rebuilds(network)

    def in_training(self, network: Network) -> Network:
        """The network as it is trained."""
        if not self.sigmoid_as_tanh:
            return network
        *others, output = network.activations
        return replace(network, activations=(*("tanh" if a == "sigmoid" else a for a in others), output))

    def fold(self, network: Network, parameters: NDArray[Any]) -> NDArray[Any]:
        """Of the parameters as they are trained, those of the same network for rows as they are given."""
        if self.are_of_x:
            return parameters
        folded = parameters.copy()
        coefs, intercepts = network.unpack(folded)
        if self.sigmoid_as_tanh:
            _fold_tanh(network, coefs, intercepts)
        if self.center is not None and self.factor is not None:
            center, factor = self.center.astype(np.float64), self.factor.astype(np.float64)
            if not network.tied_weights:
                coefs[0][...] = factor[:, np.newaxis] * coefs[0]
            intercepts[0][...] = intercepts[0] - _times(center, coefs[0])
            if _rebuilds(network):
                if not network.tied_weights:
                    coefs[-1][...] = coefs[-1] / factor
                intercepts[-1][...] = intercepts[-1] / factor + center
        return folded

    def unfold(self, network: Network, parameters: NDArray[Any]) -> NDArray[Any]:
        """The inverse, up to rounding."""
        if self.are_of_x:
            return parameters
        unfolded = parameters.copy()
        coefs, intercepts = network.unpack(unfolded)
        if self.center is not None and self.factor is not None:
            center, factor = self.center.astype(np.float64), self.factor.astype(np.float64)
            intercepts[0][...] = intercepts[0] + _times(center, coefs[0])
            if not network.tied_weights:
                coefs[0][...] = coefs[0] / factor[:, np.newaxis]
            if _rebuilds(network):
                if not network.tied_weights:
                    coefs[-1][...] = factor * coefs[-1]
                intercepts[-1][...] = factor * (intercepts[-1] - center)
        if self.sigmoid_as_tanh:
            _unfold_tanh(network, coefs, intercepts)
        return unfolded


def fold_scales(units: Units, network: Network, scales: NDArray[Any]) -> NDArray[Any]:
    """Of the scales of parameters as they are trained, those of the folded ones."""
    folded = scales.copy()
    coefs, intercepts = network.unpack(folded)
    if units.sigmoid_as_tanh:
        for layer in _sigmoids(network):
            coefs[layer] *= 2
            intercepts[layer] *= 2
            coefs[layer + 1] *= 2
    if units.factor is not None and not network.tied_weights:
        coefs[0] *= units.factor[:, np.newaxis]
        if _rebuilds(network):
            coefs[-1] /= units.factor
            intercepts[-1] /= units.factor
    return folded


def unfold_scales(units: Units, network: Network, folded: NDArray[Any]) -> NDArray[Any]:
    """The inverse."""
    return np.asarray(folded**2 / fold_scales(units, network, folded))


def _rebuilds(network: Network) -> bool:
    """Whether its output is a row, and may have any scale."""
    return network.n_encoder_layers == 0 and network.activations[-1] == "identity"


def _fold_tanh(network: Network, coefs: list[NDArray[Any]], intercepts: list[NDArray[Any]]) -> None:
    """W^T tanh(z / 2) + b = (2 W)^T sigmoid(z) + b - W^T 1, for each layer that is to be a sigmoid, in place."""
    for layer in _sigmoids(network):
        coefs[layer] *= 2
        intercepts[layer] *= 2
        coefs[layer + 1] *= 2
        intercepts[layer + 1] -= coefs[layer + 1].sum(axis=0, dtype=np.float64) / 2


def _unfold_tanh(network: Network, coefs: list[NDArray[Any]], intercepts: list[NDArray[Any]]) -> None:
    for layer in reversed(_sigmoids(network)):
        intercepts[layer + 1] += coefs[layer + 1].sum(axis=0, dtype=np.float64) / 2
        coefs[layer + 1] /= 2
        coefs[layer] /= 2
        intercepts[layer] /= 2


def _sigmoids(network: Network) -> list[int]:
    """All such layers but the last."""
    return [layer for layer, activation in enumerate(network.activations[:-1]) if activation == "sigmoid"]


def _times(center: NDArray[np.float64], weights: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(np.einsum("j,jk->k", center, weights))
