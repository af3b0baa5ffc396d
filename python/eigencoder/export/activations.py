"""Activations as nodes of ONNX: csrc/math/activation.h once more."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .graph import Graph

_SLOPE = 0.01

_NODES: dict[str, tuple[str, dict[str, float]]] = {
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": _SLOPE}),
    "elu": ("Elu", {"alpha": 1.0}),
    "softplus": ("Softplus", {}),
}


def activate(graph: "Graph", z: str, activation: str, dtype: np.dtype[Any]) -> str:
    if activation == "identity":
        return z
    if dtype == np.float64 and activation in _IN_FLOAT64:
        return _IN_FLOAT64[activation](graph, z)
    op, attributes = _NODES[activation]
    return graph.add(op, z, **attributes)


def _number(graph: "Graph", value: float) -> str:
    return graph.constant("number", np.array(value))


def _leaky_relu(graph: "Graph", z: str) -> str:
    return graph.add("Max", z, graph.add("Mul", z, _number(graph, _SLOPE)))


def _elu(graph: "Graph", z: str) -> str:
    zero = _number(graph, 0.0)
    below = graph.add("Sub", graph.add("Exp", graph.add("Min", z, zero)), _number(graph, 1.0))
    return graph.add("Add", graph.add("Max", z, zero), below)


def _softplus(graph: "Graph", z: str) -> str:
    decay = graph.add("Exp", graph.add("Neg", graph.add("Abs", z)))
    above = graph.add("Max", z, _number(graph, 0.0))
    return graph.add("Add", above, graph.add("Log", graph.add("Add", decay, _number(graph, 1.0))))


# onnxruntime has no kernels in float64 for these, but at a few opsets, and there alpha is rounded to float32.
_IN_FLOAT64: dict[str, Callable[["Graph", str], str]] = {
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "softplus": _softplus,
}
