"""A network and its weights: what every reader of a model file needs."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _core
from .._training.network import Network
from .container import Tensors
from .fields import Fields, count, flag, list_of, malformed, of_real, one_of, real, text


class Weights(NamedTuple):
    """A network and what it has learnt; ``coefs`` and ``intercepts`` as those of an estimator."""

    network: Network
    dtype: str
    coefs: list[NDArray[Any]]
    intercepts: list[NDArray[Any]]


def describe(weights: Weights, objective: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """What a file says of it, and its tensors; tied weights stand there once."""
    network, dtype, coefs, intercepts = weights
    n_matrices = len(coefs) // 2 if network.tied_weights else len(coefs)
    tensors = {f"layers.{i}.weights": np.asarray(w, dtype) for i, w in enumerate(coefs[:n_matrices])}
    tensors |= {f"layers.{i}.bias": np.asarray(b, dtype) for i, b in enumerate(intercepts)}
    configuration = {
        "layer_sizes": list(network.layer_sizes),
        "activations": list(network.activations),
        "tied_weights": network.tied_weights,
        "n_active": network.n_active,
        "n_encoder_layers": network.n_encoder_layers,
    }
    terms = {name: of_real(term) if isinstance(term, float) else term for name, term in objective.items()}
    return {"dtype": dtype, "network": configuration, "objective": terms}, tensors


def read(fields: Fields, tensors: Tensors) -> Weights:
    dtype = fields.take("dtype", one_of("float32", "float64"))
    of_network = fields.take("network", lambda value: Fields(value, "network"))
    network = Network(
        layer_sizes=tuple(of_network.take("layer_sizes", list_of(count))),
        activations=tuple(of_network.take("activations", list_of(text))),
        tied_weights=of_network.take("tied_weights", flag),
        n_active=of_network.take("n_active", count),
        n_encoder_layers=of_network.take("n_encoder_layers", count),
    )
    of_network.end()
    _check(network, fields.take("objective", _objective))
    n_layers = len(network.activations)
    coefs: list[NDArray[Any]] = []
    for layer, shape in enumerate(network.weight_shapes):
        if network.tied_weights and layer >= n_layers // 2:
            coefs.append(coefs[n_layers - 1 - layer].T)
        else:
            coefs.append(tensors.take(f"layers.{layer}.weights", dtype, shape))
    intercepts = [tensors.take(f"layers.{layer}.bias", dtype, (n,)) for layer, n in enumerate(network.layer_sizes[1:])]
    return Weights(network, dtype, coefs, intercepts)


def _objective(value: object) -> dict[str, Any]:
    fields = Fields(value, "objective")
    found: dict[str, Any] = {name: fields.take(name, text) for name in ("loss", "penalty", "corruption")}
    found |= {
        name: fields.take(name, real)
        for name in ("alpha", "sparsity", "sparsity_weight", "sparsity_momentum", "corruption_level")
    }
    fields.end()
    return found


def _check(network: Network, objective: dict[str, Any]) -> None:
    try:
        _core.check(network.config, _core.ObjectiveConfig(**objective))
    except ValueError as error:
        raise malformed(f"of network and objective, {error}") from error
