"""The weights with which a network is PCA, or under noise the best linear map; native twin: _training/start.py.

All is said of z, the rows in the units of training. One unit of each layer carries one coordinate y_j of them, in a
part of its activation that is nearly linear. Further units have random weights, and nothing that is carried reads them.
"""

from typing import NamedTuple

import numpy as np

from . import exact, training
from .config import Array, Dataset, Network, Objective

EPSILON = float(np.finfo(np.float64).eps)
LARGEST_U = 0.1
TOLERANCE = 5e-5
NOTHING = 1e-10
FAN_IN = 32


class LinearPart(NamedTuple):
    """f(point + u) = value + slope u (1 - bend u^2), up to higher powers of u.

    Far from linear are u of the deviation ``width``, where f(u) has about the deviation ``height``.
    """

    point: float
    value: float
    slope: float = 1.0
    bend: float = 0.0
    width: float = 1.0
    height: float = 1.0


LINEAR_PARTS = {
    "identity": LinearPart(0, 0),
    "sigmoid": LinearPart(0, 1 / 2, slope=1 / 4, bend=1 / 12, width=2, height=1 / 2),
    "tanh": LinearPart(0, 0, bend=1 / 3),
    "relu": LinearPart(1, 1),
    "leaky_relu": LinearPart(1, 1),
    "elu": LinearPart(1, 1),
    "softplus": LinearPart(10, float(np.logaddexp(0, 10)), slope=float(1 / (1 + np.exp(-10)))),
}


class LinearMap(NamedTuple):
    """y = (z - offset) encoder, (n, r), and the reconstruction y decoder + mean of z."""

    offset: Array
    encoder: Array
    decoder: Array
    mean: Array

    def coordinates(self, z: Array) -> Array:
        return (z - self.offset) @ self.encoder

    def errors(self, z: Array) -> Array:
        return z - self.mean - self.coordinates(z) @ self.decoder


def initialise(network: Network, objective: Objective, data: Dataset, seed: int) -> Array:
    """Initial parameters, (n_parameters,), for rows in the units of training: those of data."""
    z, shares = data.inputs[data.rows], data.weights[data.rows] / len(data.rows)
    linear_map = best_linear_map(network, objective, z, shares, data.mask_fill)
    y = linear_map.coordinates(z)
    deviations, n = np.sqrt(shares @ y**2), y.shape[1]
    g = gain(network, linear_map, z, shares)
    parameters = training.initialise(network, seed)
    *layers, (output_weights, output_bias) = network.layers(parameters)

    slope = 1.0  # of a coordinate in the units before
    heights, values = np.ones(network.layer_sizes[0]), np.zeros(network.layer_sizes[0])
    for layer, (weights, bias) in enumerate(layers):
        part, factor = LINEAR_PARTS[network.activations[layer]], factor_of(network.activations[layer], g)
        in_code = layer == network.code_layer
        width = factor * deviations.max() if in_code and n > 0 else part.width
        weights[:, n:] *= width / heights[:, np.newaxis]
        bias[n:] = (part.point if in_code else 0.0) - values @ weights[:, n:]
        if layer == 0:
            weights[:, :n] = factor * linear_map.encoder
            bias[:n] = part.point - linear_map.offset @ weights[:, :n]
        else:
            weights[:, :n] = factor / slope * np.eye(len(weights), n)
            bias[:n] = part.point - factor / slope * values[:n]
        slope = part.slope * factor
        heights = np.append(slope * deviations, np.full(len(bias) - n, part.slope * width if in_code else 1.0))
        values = np.append(np.full(n, part.value), np.full(len(bias) - n, part.value if in_code else 0.0))
    output_weights[...] = 0
    output_weights[:n] = linear_map.decoder / slope
    output_bias[...] = linear_map.mean - values[:n] @ output_weights[:n]
    return parameters


def factor_of(activation: str, gain: float) -> float:
    """Of a coordinate, in the unit that carries it."""
    return 1.0 if activation == "identity" else gain


def scales(network: Network, objective: Objective, data: Dataset) -> Array:
    """In which a step of training changes all units alike, (n_parameters,).

    A weight's is the width of the unit that it feeds, over the height of the one that it reads and the number of these
    (Yang & Hu 2021), a bias's that of a weight that reads a single 1. Weights that read 32 units have the learning rate
    as it is given.
    """
    z, shares = data.inputs[data.rows], data.weights[data.rows] / len(data.rows)
    linear_map = best_linear_map(network, objective, z, shares, data.mask_fill)
    y = linear_map.coordinates(z)
    largest_deviation, n = np.sqrt(shares @ y**2).max(initial=0.0), y.shape[1]
    g = gain(network, linear_map, z, shares)
    result = np.empty(network.n_parameters)
    layers = network.layers(result)
    heights = np.ones(network.layer_sizes[0])
    for layer, activation in enumerate(network.activations):
        (weights, bias), part = layers[layer], LINEAR_PARTS[activation]
        widths, next_heights = np.full(len(bias), part.width), np.full(len(bias), part.height)
        n_small = {network.code_layer: len(bias), network.n_layers - 1: 0}.get(layer, n)
        widths[:n_small] = factor_of(activation, g) * largest_deviation if n > 0 else part.width
        next_heights[:n_small] = part.slope * widths[:n_small]
        weights[...] = FAN_IN * widths / (len(weights) * heights[:, np.newaxis])
        bias[...] = FAN_IN * widths
        heights = next_heights
    return result


def best_linear_map(network: Network, objective: Objective, z: Array, shares: Array, mask_fill: Array) -> LinearMap:
    """Of as many coordinates as the narrowest layer has units and the rows have directions.

    PCA without noise, under salt_and_pepper, and with tied weights, which cannot be another linear map; else the
    reduced-rank regression of z on z~.
    """
    d = z.shape[1]
    if objective.corruption == "salt_and_pepper" or network.tied_weights:
        objective = Objective()
    linear = Network((d, min(network.layer_sizes), d), ("identity", "identity"))
    of_noise = Objective(corruption=objective.corruption, corruption_level=objective.corruption_level)
    (encoder, _), (decoder, mean) = linear.layers(
        exact.solve(linear, of_noise, Dataset.of(z, weights=shares, mask_fill=mask_fill))
    )
    offset = shares @ exact.moments_of_noise(of_noise, z, mask_fill)[0]
    explained = np.einsum("i,ij,ij->j", shares, (z - mean) @ encoder, (z - mean) @ decoder.T)
    carried = explained > 10 * len(explained) * EPSILON * explained.max()
    return LinearMap(offset, encoder[:, carried], decoder[carried], mean)


def gain(network: Network, linear_map: LinearMap, z: Array, shares: Array) -> float:
    """g, so that u = g y; of the rows that weigh, max |u| is a tenth.

    Less where activations bend: the errors, bend u^2 of y, may cost 5e-5 of the loss or 1e-10 of the variance, bends
    being added up over the layers. But not so little that rounding, eps / u of y, exceeds them.
    """
    y, errors = linear_map.coordinates(z), linear_map.errors(z)
    largest = np.abs(y[shares > 0]).max(initial=0.0)
    if largest == 0:
        return 1.0
    bend = sum(LINEAR_PARTS[activation].bend for activation in network.activations)
    largest_u = LARGEST_U
    if bend > 0:
        loss = shares @ (errors**2).sum(axis=1)
        cost = shares @ ((bend * (y / largest) ** 2 * y) ** 2).sum(axis=1)  # where max |u| is 1
        allowed = max(TOLERANCE * loss, NOTHING * (shares @ y**2).sum())
        largest_u = min(largest_u, (allowed / cost) ** (1 / 4))
        largest_u = max(largest_u, (EPSILON / bend) ** (1 / 3))
    return float(largest_u / largest)


def initialise_at_mean(network: Network, data: Dataset, seed: int) -> Array:
    """Random weights, and the output bias of a sigmoid, under binary_crossentropy, that answers with the mean row.

    A mean of 0 or 1 counts as half a row away from it.
    """
    parameters = training.initialise(network, seed)
    shares, edge = data.weights[data.rows] / len(data.rows), 0.5 / len(data.rows)
    mean = np.clip(shares @ data.target[data.rows], edge, 1 - edge)
    network.layers(parameters)[-1].bias[...] = np.log(mean / (1 - mean))
    return parameters
