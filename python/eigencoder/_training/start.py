"""The weights that training starts from: PCA's where the network can carry a linear map, else Glorot's.

One unit of each layer carries a coordinate of the rows, in a part of its activation that is nearly linear. Further
units have random weights, and nothing that is carried reads them yet.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.utils import gen_batches

from .. import _core
from .._core import DeviceArray
from .._data.components import Deviations, deviations_of, exceed_rounding, product
from .._data.device import Matrix, require_host
from .._data.training_data import TrainingData
from . import exact
from .network import Layer, Network, layers_of
from .settings import Settings
from .units import Units

Array = NDArray[np.float64]


class LinearPart(NamedTuple):
    """Where f(point + u) is value + slope u, for small u; a share of ``bend`` u^2 of it is wrong.

    Where u has a deviation of ``width`` it is far from linear, and f(u) has one of about ``height``.
    """

    point: float
    value: float
    slope: float = 1.0
    bend: float = 0.0
    width: float = 1.0
    height: float = 1.0


_LINEAR_PARTS = {
    "identity": LinearPart(0.0, 0.0),
    "sigmoid": LinearPart(0.0, 0.5, 0.25, 1 / 12, 2.0, 0.5),
    "tanh": LinearPart(0.0, 0.0, 1.0, 1 / 3),
    "relu": LinearPart(1.0, 1.0),
    "leaky_relu": LinearPart(1.0, 1.0),
    "elu": LinearPart(1.0, 1.0),
    "softplus": LinearPart(
        10.0, float(np.logaddexp(0, 10)), float(expit(10))
    ),  # nearer would bend, farther would round
}
_LARGEST = 0.1  # u of a row that trains: one that lies ten times as far is carried too
_TOLERANCE = 5e-5  # of PCA's loss, for what bends
_NOTHING = 1e-10  # of the variance
_FAN_IN = 32  # of a layer whose weights have the learning rate as it is given
_BLOCK = 512
_NOISES = ("masking", "gaussian")
_MOST_COLUMNS_ON_GPU = 4096  # whose covariance is the gradient of a network with as many units


class LinearMap(NamedTuple):
    """y = (z - offset) encoder, (d, r), and back: y decoder + mean. z are rows in the units of training.

    ``variances`` are those of y, (r,), where they are known.
    """

    offset: Array
    encoder: Array
    decoder: Array
    mean: Array
    variances: Array | None


def obstacle(settings: Settings) -> str | None:
    """What keeps the network from being PCA; None: nothing."""
    code = str(settings.code_activation)
    activations = {code, settings.activation} if settings.hidden_layer_sizes else {code}
    if settings.loss != "squared_error":
        return f"loss={settings.loss!r}"
    if settings.output_activation != "identity":
        return f"output_activation={settings.output_activation!r}"
    if settings.penalty == "kl":
        return "penalty='kl'"
    if settings.n_active is not None:
        return f"n_active={settings.n_active}"
    if settings.tied_weights and activations != {"identity"}:
        return f"tied_weights=True and activation {min(activations - {'identity'})!r}"
    return None


def check(settings: Settings) -> None:
    """Refuse a start from PCA that cannot be."""
    found = obstacle(settings) if settings.init == "pca" else None
    if found is not None:
        raise ValueError(f"init='pca' starts from a linear map, which a network with {found} is not: use init='auto'")


def obstacle_on_gpu(settings: Settings, x: Matrix) -> str | None:
    """What keeps the start from being computed where x lies; None: nothing, or x lies on the host."""
    if not isinstance(x, DeviceArray):
        return None
    if settings.corruption in _NOISES and not settings.tied_weights:
        return f"corruption={settings.corruption!r}"
    if x.shape[1] > _MOST_COLUMNS_ON_GPU:
        return f"over {_MOST_COLUMNS_ON_GPU} features"
    return None


def check_data(settings: Settings, x: Matrix) -> None:
    """Refuse a start from PCA of these rows that cannot be."""
    found = obstacle_on_gpu(settings, x)
    if settings.init == "pca" and found is not None:
        require_host(x, f"init='pca' with {found}")


def is_pca(settings: Settings, x: Matrix) -> bool:
    """Whether training starts from PCA, or under noise from the best linear map."""
    if settings.init == "auto":
        return settings.penalty is None and obstacle(settings) is None and obstacle_on_gpu(settings, x) is None
    return settings.init == "pca"


def is_optimum(settings: Settings, x: Matrix) -> bool:
    """Whether no network of these layers has a lower J than that start."""
    return is_pca(settings, x) and settings.is_squared_error_alone and not settings.hidden_layer_sizes


def trains_as_tanh(settings: Settings, x: Matrix) -> bool:
    """Whether a sigmoid is trained as the tanh that it is: J must not look at weights or code."""
    return is_pca(settings, x) and settings.alpha == 0 and settings.penalty is None


def initialise(
    network: Network,
    settings: Settings,
    data: TrainingData,
    units: Units,
    parameters: NDArray[Any],
    seed: int,
    n_threads: int,
) -> NDArray[Any] | None:
    """Set the initial parameters, for rows in the units of training; returns their scales, if they differ."""
    _core.initialise(network.config, seed, parameters)
    if is_pca(settings, data.x):
        linear_map = _best_linear_map(network, settings, data, units, n_threads)
        deviations, gain = _gain(network, linear_map, data, units, n_threads, parameters.dtype)
        _carry(network, linear_map, deviations, gain, parameters)
        return _scales(network, deviations, gain, parameters.dtype)
    if settings.init == "auto" and settings.loss == "binary_crossentropy":
        edge = 0.5 / data.n_rows
        network.unpack(parameters)[1][-1][...] = logit(np.clip(data.mean(), edge, 1 - edge))
    return None


def _best_linear_map(
    network: Network, settings: Settings, data: TrainingData, units: Units, n_threads: int
) -> LinearMap:
    of_x, narrowest = data.mean(), min(network.layer_sizes)
    mean = offset = units.of_values(of_x)
    is_noisy = settings.corruption in _NOISES and not network.tied_weights
    if is_noisy:
        x = require_host(data.x, "init='pca' under noise")
        rows = Deviations(x, data.shares, n_threads, of_x, units.factor)
        noise = exact.Noise.of(settings, data, units)
        variance = noise.mean_variance(x, data.shares, units)
        encoder, decoder = exact.solve(rows, narrowest, 0.0, noise.keep, variance)
        offset = noise.keep * mean + noise.shift
        variances = rows.covariances(encoder, decoder.T)  # what each coordinate explains, of any sum
        carried = exceed_rounding(variances)
    else:
        deviations = deviations_of(data.x, data.shares, n_threads, of_x, units.factor)
        variances, encoder = deviations.principal_components(narrowest)
        decoder = encoder.T
        carried = exceed_rounding(variances, deviations.eps)
    carried &= variances > np.finfo(data.x.dtype).tiny  # else no weight can have a square
    of_y = None if is_noisy else variances[carried]
    return LinearMap(offset, np.ascontiguousarray(encoder[:, carried]), decoder[carried], mean, of_y)


def _gain(
    network: Network,
    linear_map: LinearMap,
    data: TrainingData,
    units: Units,
    n_threads: int,
    dtype: np.dtype[Any],
) -> tuple[Array, float]:
    """The standard deviation of each coordinate, (r,), and what they are multiplied by in a unit that is not linear.

    The largest u is a tenth, or less: what bends, bend u^2 of u, costs at most a share of PCA's loss. Not less than
    where rounding costs as much as what bends.
    """
    if linear_map.variances is not None and set(network.activations[:-1]) == {"identity"}:
        return np.sqrt(linear_map.variances), 1.0
    n_coordinates = len(linear_map.decoder)
    squares, bent, largest, loss = np.zeros(n_coordinates), 0.0, 0.0, 0.0
    for shares, y, loss_of_rows in _coordinates(linear_map, data, units, n_threads):
        squares += np.einsum("i,ij,ij->j", shares, y, y)
        if (larger := float(np.abs(y).max(initial=0.0))) > largest:
            bent *= (largest / larger) ** 4
            largest = larger
        if largest > 0:
            bent += float(np.einsum("i,ij,ij->", shares, ((y / largest) ** 2) ** 2, y * y))
        loss += loss_of_rows
    bend = sum(_LINEAR_PARTS[activation].bend for activation in network.activations)
    largest_u = _LARGEST
    if bend > 0 and largest > 0:
        cost = bend**2 * bent  # where the largest u is 1
        allowed = max(_TOLERANCE * loss, _NOTHING * float(squares.sum()))
        largest_u = min(largest_u, (allowed / cost) ** 0.25)
        largest_u = max(largest_u, (float(np.finfo(dtype).eps) / bend) ** (1 / 3))
    return np.sqrt(squares), largest_u / largest if largest > 0 else 1.0


def _coordinates(
    linear_map: LinearMap, data: TrainingData, units: Units, n_threads: int
) -> Iterator[tuple[Array, Array, float]]:
    """Of some rows after the other: their shares, coordinates, (n, r), and share of the loss."""
    weighed = np.flatnonzero(data.shares)
    if isinstance(data.x, DeviceArray):
        layers = _layers(linear_map, units, data.x.dtype)
        y = np.asarray(_core.forward(layers[:1], data.x, n_threads, data.x.device, to_host=True))
        errors = _core.squared_errors(layers, data.x, n_threads, data.x.device)
        unit = 1.0 if units.factor is None else float(units.factor[0].astype(np.float64) ** 2)
        for batch in gen_batches(len(weighed), _BLOCK):
            rows = weighed[batch]
            shares = data.shares[rows]
            yield shares, y[rows].astype(np.float64), unit * float(np.einsum("i,i->", shares, errors[rows]))
        return
    for batch in gen_batches(len(weighed), _BLOCK):
        rows = weighed[batch]
        shares = data.shares[rows]
        z = units.of_values(data.x[rows].astype(np.float64))
        y = product(z - linear_map.offset, linear_map.encoder, n_threads)
        errors = z - linear_map.mean - product(y, linear_map.decoder, n_threads)
        yield shares, y, float(np.einsum("i,ij,ij->", shares, errors, errors))


def _layers(linear_map: LinearMap, units: Units, dtype: np.dtype[Any]) -> list[Layer]:
    """The map and back, for rows as they are given: `Units.fold` in float64."""
    encoder, decoder = linear_map.encoder, linear_map.decoder
    offset, mean = linear_map.offset, linear_map.mean
    if units.center is not None and units.factor is not None:
        factor, center = units.factor.astype(np.float64), units.center.astype(np.float64)
        encoder, decoder = factor[:, np.newaxis] * encoder, decoder / factor
        offset, mean = offset / factor + center, mean / factor + center
    coefs, intercepts = [encoder, decoder], [-np.einsum("j,jk->k", offset, encoder), mean]
    return layers_of(coefs, intercepts, ("identity", "identity"), (0, 0), dtype)


def _carry(network: Network, linear_map: LinearMap, deviations: Array, gain: float, parameters: NDArray[Any]) -> None:
    """Let the first units of each layer carry the coordinates, in place.

    Further ones read them as if they had the variance 1. Those of the code are as small as what is carried, so that
    what reads codes sees the coordinates.
    """
    coefs, intercepts = network.unpack(parameters)
    n_coordinates = len(deviations)
    carried, others = slice(n_coordinates), slice(n_coordinates, None)
    slope = 1.0  # of a coordinate in the layer before
    heights, values = np.ones(network.layer_sizes[0]), np.zeros(network.layer_sizes[0])  # of its units
    for layer, activation in enumerate(network.activations[:-1]):
        part, factor = _LINEAR_PARTS[activation], _factor(activation, gain)
        weights, bias = coefs[layer], intercepts[layer]
        is_code = layer == network.code_layer
        weights[:, others] *= _width(part, factor, deviations, is_code) / heights[:, np.newaxis]
        bias[others] = (part.point if is_code else 0.0) - np.einsum("j,jk->k", values, weights[:, others])
        if layer == 0:
            weights[:, carried] = factor * linear_map.encoder
            bias[carried] = part.point - factor * np.einsum("j,jk->k", linear_map.offset, linear_map.encoder)
        else:
            weights[:, carried] = 0
            np.fill_diagonal(weights[carried, carried], factor / slope)
            bias[carried] = part.point - factor / slope * values[carried]
        slope = part.slope * factor
        heights, values = np.ones(len(bias)), np.zeros(len(bias))
        heights[carried], values[carried] = slope * deviations, part.value
        if is_code:
            heights[others], values[others] = part.slope * _width(part, factor, deviations, is_code), part.value
    coefs[-1][carried] = linear_map.decoder / slope
    coefs[-1][others] = 0
    intercepts[-1][...] = linear_map.mean - np.einsum("j,jk->k", values[carried], coefs[-1][carried])


def _scales(network: Network, deviations: Array, gain: float, dtype: np.dtype[Any]) -> NDArray[Any]:
    """In which a step changes all units alike: a weight's is the width of the unit that it feeds over the height of the
    one that it reads, and over the number of these (Yang & Hu 2021, "Tensor programs IV").

    Units that carry a coordinate have small inputs, and large weights read them: a step that does little to another
    weight would change all that they carry.
    """
    scales = np.empty(network.n_parameters, dtype)
    coefs, intercepts = network.unpack(scales)
    heights = np.ones(network.layer_sizes[0])
    for layer, activation in enumerate(network.activations):
        part, n_units = _LINEAR_PARTS[activation], network.layer_sizes[layer + 1]
        widths, is_small = np.full(n_units, part.width), np.arange(n_units) < len(deviations)
        if layer == len(coefs) - 1:
            is_small[:] = False
        elif layer == network.code_layer:
            is_small[:] = True
        widths[is_small] = _width(part, _factor(activation, gain), deviations, True)
        coefs[layer][...] = _FAN_IN / len(heights) * widths / heights[:, np.newaxis]
        intercepts[layer][...] = _FAN_IN * widths
        heights = np.where(is_small, part.slope * widths, part.height)
    return scales


def _factor(activation: str, gain: float) -> float:
    """Of a coordinate, in the unit that carries it."""
    return 1.0 if activation == "identity" else gain


def _width(part: LinearPart, factor: float, deviations: Array, is_small: bool) -> float:
    """The deviation of a unit's input that nothing or, if it is to be small, the largest coordinate sets."""
    return factor * float(deviations.max()) if is_small and len(deviations) > 0 else part.width
