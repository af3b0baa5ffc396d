"""The units of a training, from its rows, and the weights for rows as they are given.

The network sees z = (x - center) factor. With W^T z + b = (factor W)^T x + b - (factor W)^T center the first layer
takes x itself, and with (W^T a + b) / factor + center the last one gives it back.
"""

from dataclasses import replace

import numpy as np

from .config import Array, Network, Units


def units_of(scale: str, x: Array, weights: Array, network: Network) -> Units:
    """Of the rows x, (n, n_features), with weights, (n,), that train.

    "auto": their mean, and the root of their variance, averaged over the columns; "standard": the same of each column;
    "minmax": minima and ranges. A range of 0 counts as 1. One matrix cannot carry a factor and its inverse, so that of
    tied weights is 1.
    """
    shares = weights / weights.sum()
    mean = shares @ x
    variances = shares @ (x - mean) ** 2
    if scale == "auto":
        center, spread = mean, np.full_like(mean, np.sqrt(variances.mean()))
    elif scale == "standard":
        center, spread = mean, np.sqrt(variances)
    elif scale == "minmax":
        center, spread = x[weights > 0].min(axis=0), np.ptp(x[weights > 0], axis=0)
    else:
        raise ValueError(f"found scale={scale!r}, expected 'auto', 'standard' or 'minmax'")
    factor = np.ones_like(spread) if network.tied_weights else 1 / np.where(spread > 0, spread, 1.0)
    return Units(center, factor, of_target=network.n_encoder_layers == 0 and network.activations[-1] == "identity")


def fold(network: Network, units: Units, parameters: Array) -> Array:
    """The parameters for rows as they are given, (n_parameters,)."""
    folded = parameters.copy()
    layers = network.layers(folded)
    first, last = layers[0], layers[-1]
    if not network.tied_weights:
        first.weights[...] *= units.factor[:, np.newaxis]
    first.bias[...] -= units.center @ first.weights
    if units.of_target:
        if not network.tied_weights:
            last.weights[...] /= units.factor
        last.bias[...] = last.bias / units.factor + units.center
    return folded


def as_tanh(network: Network) -> Network:
    """The network whose sigmoids are trained as tanhs."""
    return replace(network, activations=tuple("tanh" if a == "sigmoid" else a for a in network.activations))


def fold_tanh(network: Network, parameters: Array) -> Array:
    """The parameters of a network with sigmoids, (n_parameters,), from those of the same with tanhs.

    tanh(z / 2) = 2 sigmoid(z) - 1, so that W^T tanh(z) + b = (2 W)^T sigmoid(2 z) + b - W^T 1.
    """
    folded = parameters.copy()
    layers = network.layers(folded)
    for layer, following, activation in zip(layers[:-1], layers[1:], network.activations[:-1], strict=True):
        if activation != "sigmoid":
            continue
        layer.weights[...] *= 2
        layer.bias[...] *= 2
        following.bias[...] -= following.weights.sum(axis=0)
        following.weights[...] *= 2
    return folded
