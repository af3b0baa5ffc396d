"""What a stack adds to training: the unrolled network, and initial weights that are trained layer by layer."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils import Bunch

from .._data.device import Matrix, require_host
from ..exceptions import DivergenceError
from . import effort, start
from .checks import boolean
from .columns import Columns
from .estimators import AutoencoderEstimator, is_autoencoder, name_features
from .network import Network
from .parts import checked_network, read_by_others
from .settings import AutoencoderSettings, Settings
from .training import Training
from .units import fold_scales, unfold_scales

NamedLayer: TypeAlias = tuple[str, AutoencoderEstimator]
_T = TypeVar("_T")


def named_layers(layers: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The layers as pairs; one without a name is called by its position, layer1 first."""
    return [layer if isinstance(layer, tuple) else (f"layer{i}", layer) for i, layer in enumerate(layers, start=1)]


def unrolled(layers: Sequence[Sequence[_T]]) -> list[_T]:
    """What belongs to the encoders of networks, in order, then to their decoders, from the last network to the first.

    A network gives one thing, such as its weights, for each of its layers; the first half are its encoder's.
    """
    encoders = [item for layer in layers for item in layer[: len(layer) // 2]]
    decoders = [item for layer in reversed(layers) for item in layer[len(layer) // 2 :]]
    return encoders + decoders


def _check_layers(name: str, layers: object) -> tuple[NamedLayer, ...]:
    if not isinstance(layers, Sequence) or isinstance(layers, str):
        raise TypeError(f"{name} must be a list such as [Autoencoder(64), Autoencoder(16)], found {layers!r}")
    if not layers:
        raise ValueError(f"{name} must hold at least one autoencoder, found {layers!r}")
    for position, layer in enumerate(named_layers(layers), start=1):
        if len(layer) != 2 or not isinstance(layer[0], str) or not is_autoencoder(layer[1]):
            raise TypeError(
                f"each of {name} must be an autoencoder such as Autoencoder(64), or a pair (name, autoencoder), found "
                f"{layers[position - 1]!r} at position {position}"
            )
    *others, last = named_layers(layers)
    # From PCA's start codes would be small about a mean far from 0, and fine-tuning was seen to leave them so.
    read = [*((name, read_by_others(each, code_activation=None, init="glorot")) for name, each in others), last]
    return (read[0], *((name, _decoding(name, layer, below)) for below, (name, layer) in pairwise(read)))


def _decoding(name: str, layer: AutoencoderEstimator, below: NamedLayer) -> AutoencoderEstimator:
    """The layer with an output like the code that it rebuilds: with linear ones a stack could be no more than PCA."""
    settings, of_below = _settings_of(name, layer), _settings_of(*below)
    if not isinstance(settings, Settings) or not isinstance(of_below, Settings):
        return layer
    is_free = getattr(layer, "output_activation", None) == "auto" and settings.takes_any_row
    if not is_free or settings.init == "pca" or settings.solver == "exact":
        return layer
    decoding: AutoencoderEstimator = clone(layer).set_params(
        output_activation=of_below.code_activation, code_activation=settings.code_activation
    )
    return decoding


def _settings_of(name: str, layer: AutoencoderEstimator) -> AutoencoderSettings:
    with _naming(name):
        return layer._settings()


@dataclass(frozen=True, kw_only=True)
class StackSettings(AutoencoderSettings):
    """The parameters of `StackedAutoencoder`: its layers, and how they are trained together."""

    layers: Annotated[tuple[NamedLayer, ...], _check_layers]
    fine_tune: Annotated[bool, boolean]

    def __post_init__(self) -> None:
        if self.solver == "exact":
            raise ValueError("solver='exact' of the stack cannot fine-tune: use another one, it may be that of a layer")

    def network(self, n_features: int) -> Network:
        """The unrolled network; refuses the settings of a layer before any is trained."""
        networks: list[Network] = []
        for position, (name, layer) in enumerate(self.layers, start=1):
            with _naming(name):
                settings = layer._settings()
                network = checked_network(settings, networks[-1].n_components if networks else n_features)
                if network.n_active and position < len(self.layers):
                    raise ValueError(
                        f"n_active={network.n_active}, but only the top layer of a stack may have a k-sparse code: set "
                        "n_active=None"
                    )
                if self.tied_weights and not settings.tied_weights:
                    raise ValueError("tied_weights=True of the stack needs layers with tied_weights=True, found False")
            networks.append(network)
        sizes = [n_out for _, n_out in unrolled([network.weight_shapes for network in networks])]
        activations = unrolled([network.activations for network in networks])
        return Network((n_features, *sizes), tuple(activations), self.tied_weights, networks[-1].n_active)


class StackTraining(Training):
    """The fine-tuning, and before it the training of each layer on the codes of the one below."""

    settings: StackSettings
    layers: list[AutoencoderEstimator]

    def initialise(self) -> None:
        """Train the layers."""
        codes: Any = self.data.x
        validation_codes: Any = self.data.x_validation if self.data.validation_rows is None else None
        keys = np.random.SeedSequence(self.seed).generate_state(len(self.settings.layers), np.uint64)
        layers: list[AutoencoderEstimator] = []
        for name, layer in self.settings.layers:
            with _naming(name):
                if layer._settings().training_device == "cpu":
                    require_host(codes, f"device={layer.device!r}")
        for (name, given), key in zip(self.settings.layers, keys, strict=True):
            if layers:
                codes = layers[-1].transform(codes)
                validation_codes = None if validation_codes is None else layers[-1].transform(validation_codes)
            layer = clone(given)
            if layer.random_state is None:
                layer.set_params(random_state=int(key))
            with _naming(name):
                layer.fit(codes, sample_weight=self.sample_weight, X_val=validation_codes)
            layers.append(layer)
        name_features(layers[0], getattr(self.estimator, "feature_names_in_", None))
        coefs, intercepts = [layer.coefs_ for layer in layers], [layer.intercepts_ for layer in layers]
        packed = self.network.pack(unrolled(coefs), unrolled(intercepts), self.parameters.dtype)
        self.parameters[...] = self.units.unfold(self.network, packed)
        self.scales = self._scales_of(layers)
        self.layers = layers

    def start_of(self, x: Matrix) -> effort.Start:
        if self.settings.penalty == "kl":
            return "deep kl"
        return "good" if len(self.settings.layers) == 1 else "stack"

    def trains_as_tanh(self) -> bool:
        """Where a layer starts from PCA, and J does not look at weights or code."""
        settings = self.settings
        if settings.alpha != 0 or settings.penalty is not None or self.network.n_active:
            return False
        of_layers = [layer._settings() for _, layer in settings.layers]
        return any(isinstance(of_layer, Settings) and start.is_pca(of_layer, self.data.x) for of_layer in of_layers)

    def _scales_of(self, layers: Sequence[AutoencoderEstimator]) -> NDArray[Any] | None:
        """Those of the layers, if any has some."""
        if all(layer._scales is None for layer in layers):
            return None
        coefs: list[list[NDArray[Any]]] = []
        intercepts: list[list[NDArray[Any]]] = []
        for layer in layers:
            network = Network(layer._layer_sizes, layer._activations, layer._settings().tied_weights)
            ones = np.ones(network.n_parameters, self.parameters.dtype)
            scales = ones if layer._scales is None else fold_scales(layer._columns.units, network, layer._scales)
            of_layer = network.unpack(scales)
            coefs.append(of_layer[0])
            intercepts.append(of_layer[1])
        folded = self.network.pack(unrolled(coefs), unrolled(intercepts), self.parameters.dtype)
        return unfold_scales(self.units, self.network, folded)

    def model_attributes(self, parameters: NDArray[Any]) -> dict[str, Any]:
        attributes = super().model_attributes(parameters)
        if not self.resumes:
            names = [name for name, _ in self.settings.layers]
            attributes["layers_"] = self.layers
            attributes["named_layers_"] = Bunch(**dict(zip(names, self.layers, strict=True)))
        return attributes


def part_attributes(stack: Any, start: int, stop: int) -> dict[str, Any]:
    """The attributes of a stack of some of a fitted stack's layers, which has the same weights and no training."""
    depths = [len(layer.coefs_) // 2 for layer in stack.layers_]
    first, last, depth = sum(depths[:start]), sum(depths[:stop]), sum(depths)
    kept = [*range(first, last), *range(2 * depth - last, 2 * depth - first)]
    sizes = (stack._layer_sizes[first], *(stack._layer_sizes[layer + 1] for layer in kept))
    attributes = {
        "layers_": stack.layers_[start:stop],
        "named_layers_": Bunch(**dict(list(stack.named_layers_.items())[start:stop])),
        "coefs_": [stack.coefs_[layer] for layer in kept],
        "intercepts_": [stack.intercepts_[layer] for layer in kept],
        "loss_curve_": [],
        "validation_loss_curve_": [],
        "loss_": np.inf,
        "best_loss_": np.inf,
        "n_iter_": 0,
        "t_": 0,
        "n_features_in_": sizes[0],
        "_activations": tuple(stack._activations[layer] for layer in kept),
        "_layer_sizes": sizes,
        "_n_active": tuple(stack._n_active[layer] for layer in kept),
        "_dtype": stack._dtype,
        "_seed": stack._seed,
        "_columns": Columns(),
        "_scales": None,
        "_optimizer_state": None,
    }
    if start == 0 and hasattr(stack, "feature_names_in_"):
        attributes["feature_names_in_"] = stack.feature_names_in_
    return attributes


@contextmanager
def _naming(layer: str) -> Iterator[None]:
    """Say which layer an error comes from."""
    try:
        yield
    except DivergenceError as error:
        raise DivergenceError(f"{layer}: {error}; the stack stays as it was") from error
    except (RuntimeError, TypeError, ValueError) as error:
        raise type(error)(f"{layer}: {error}") from error
