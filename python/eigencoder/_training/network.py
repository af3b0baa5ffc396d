"""The layers of a network and the flat vector that holds their parameters."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import _core

Layer: TypeAlias = tuple[NDArray[Any], NDArray[Any], str, int]


def mirrored_activations(n_layers: int, hidden: str, code: str, output: str) -> tuple[str, ...]:
    """The activation of each layer; the code is the output of the middle one."""
    n_hidden = n_layers // 2 - 1
    return (*[hidden] * n_hidden, code, *[hidden] * n_hidden, output)


@dataclass(frozen=True)
class Network:
    """Layer l maps ``layer_sizes[l]`` inputs to ``layer_sizes[l + 1]`` outputs through ``activations[l]``.

    Of a row's code the ``n_active`` largest activations stay, with 0 all. ``n_encoder_layers`` makes a classifier,
    whose further layers map codes to classes; with 0 it is an autoencoder.
    """

    layer_sizes: tuple[int, ...]
    activations: tuple[str, ...]
    tied_weights: bool
    n_active: int = 0
    n_encoder_layers: int = 0

    @property
    def config(self) -> _core.NetworkConfig:
        return _core.NetworkConfig(
            self.layer_sizes, self.activations, self.tied_weights, self.n_active, self.n_encoder_layers
        )

    @property
    def code_layer(self) -> int:
        return (self.n_encoder_layers or len(self.activations) // 2) - 1

    @property
    def n_active_outputs(self) -> tuple[int, ...]:
        """How many outputs of each layer stay; 0: all."""
        return tuple(self.n_active if layer == self.code_layer else 0 for layer in range(len(self.activations)))

    @property
    def n_components(self) -> int:
        return self.layer_sizes[self.code_layer + 1]

    @property
    def weight_shapes(self) -> list[tuple[int, int]]:
        return list(pairwise(self.layer_sizes))

    @property
    def n_parameters(self) -> int:
        n_weights = sum(n_in * n_out for n_in, n_out in self.weight_shapes)
        return (n_weights // 2 if self.tied_weights else n_weights) + sum(self.layer_sizes[1:])

    def check_memory(self, itemsize: int, n_arrays: int, n_batch: int) -> None:
        """Refuse what this machine's memory cannot hold: so many arrays of parameters, and batches of so many rows."""
        n_activations = 2 * self.layer_sizes[0] + 2 * sum(self.layer_sizes[1:])  # clean and noisy row, outputs, deltas
        needed = itemsize * (n_arrays * self.n_parameters + n_batch * n_activations)
        check_memory(
            needed,
            f"layers of {', '.join(map(str, self.layer_sizes))} units need {needed} bytes to train in batches of "
            f"{n_batch} rows",
            "lower n_components, hidden_layer_sizes or batch_size",
        )

    def unpack(self, parameters: NDArray[Any]) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
        """Weights, (n_in, n_out) each, and biases, (n_out,), as views into the flat parameters or their gradients.

        The vector holds W, row by row, then b, layer after layer. A tied decoder layer has only its b there; its
        weights are the transpose of those of the encoder layer that it mirrors.
        """
        weights: list[NDArray[Any]] = []
        biases: list[NDArray[Any]] = []
        n_layers = len(self.activations)
        start = 0
        for layer, (n_in, n_out) in enumerate(self.weight_shapes):
            if self.tied_weights and layer >= n_layers // 2:
                weights.append(weights[n_layers - 1 - layer].T)
            else:
                weights.append(parameters[start : start + n_in * n_out].reshape(n_in, n_out))
                start += n_in * n_out
            biases.append(parameters[start : start + n_out])
            start += n_out
        return weights, biases

    def pack(self, coefs: Sequence[NDArray[Any]], intercepts: Sequence[NDArray[Any]], dtype: DTypeLike) -> NDArray[Any]:
        """A new flat vector with the weights and biases of a fitted estimator."""
        check_shapes(
            coefs,
            intercepts,
            self.layer_sizes,
            "fit afresh with warm_start=False, or restore n_components and hidden_layer_sizes",
        )
        if self.tied_weights and not all(np.array_equal(w, mirror.T) for w, mirror in _mirrored_pairs(coefs)):
            raise ValueError(
                "tied_weights=True, but the decoder's coefs_ are not the transposes of the encoder's: set "
                "tied_weights=False, or make them so"
            )
        parameters = np.empty(self.n_parameters, dtype)
        weights, biases = self.unpack(parameters)
        for target, source in zip([*weights, *biases], [*coefs, *intercepts], strict=True):
            target[...] = source
        return parameters


def check_memory(needed: int, need: str, advice: str) -> None:
    """Refuse what takes more bytes than this machine has."""
    available = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > available:
        raise ValueError(f"{need}, this machine has {available}: {advice}")


def check_shapes(
    coefs: Sequence[NDArray[Any]], intercepts: Sequence[NDArray[Any]], layer_sizes: Sequence[int], advice: str
) -> None:
    """Refuse what are not the weights and biases of a network of these sizes."""
    for name, arrays, expected in (
        ("coefs_", coefs, list(pairwise(layer_sizes))),
        ("intercepts_", intercepts, [(n_out,) for n_out in layer_sizes[1:]]),
    ):
        found = [np.shape(array) for array in arrays]
        if found != expected:
            raise ValueError(f"{name} has arrays of the shapes {found}, expected {expected}: {advice}")


def layers_of(
    coefs: Sequence[NDArray[Any]],
    intercepts: Sequence[NDArray[Any]],
    activations: Sequence[str],
    n_active: Sequence[int],
    dtype: DTypeLike,
) -> list[Layer]:
    """What the core needs for inference: a transposed matrix stays a view, anything else unusual is copied."""
    return [
        (_core_order(w, dtype), np.require(b, dtype, ["C", "A"]), activation, n)
        for w, b, activation, n in zip(coefs, intercepts, activations, n_active, strict=True)
    ]


def is_tied(coefs: Sequence[NDArray[Any]]) -> bool:
    """Whether each decoder matrix lies in the same memory as the encoder matrix that it mirrors."""
    return all(np.may_share_memory(w, mirror) and np.array_equal(w, mirror.T) for w, mirror in _mirrored_pairs(coefs))


def _mirrored_pairs(coefs: Sequence[NDArray[Any]]) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    return zip(coefs[: len(coefs) // 2], reversed(coefs), strict=False)


def _core_order(weights: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
    weights = np.asarray(weights)
    if weights.flags.f_contiguous and not weights.flags.c_contiguous:
        return np.require(weights.T, dtype, ["C", "A"]).T
    return np.require(weights, dtype, ["C", "A"])
