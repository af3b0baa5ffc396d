"""The nodes of a network, for whatever holds them: a model of ours, or one that skl2onnx makes."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import numpy_helper

from .activations import activate
from .labels import labels_of
from .network import Part

OLDEST_OPSET, NEWEST_OPSET = 13, 28  # between them the operators below mean the same


class Graph(ABC):
    """Where nodes and constants are put; values are known by their names."""

    def add(self, op: str, *inputs: str, **attributes: Any) -> str:
        """A node with one output."""
        return self.add_node(op, inputs, 1, attributes)[0]

    @abstractmethod
    def add_node(self, op: str, inputs: Sequence[str], n_outputs: int, attributes: dict[str, Any]) -> list[str]: ...

    @abstractmethod
    def constant(self, stem: str, values: NDArray[Any]) -> str: ...


def add_layers(graph: Graph, x: str, part: Part) -> str:
    """The network, from its input on; a matrix that two layers share is stored once."""
    stored: dict[tuple[int, tuple[int, ...]], str] = {}
    for number, (weights, bias, activation, n_active) in enumerate(part.layers):
        is_transposed = not weights.flags.c_contiguous
        matrix = weights.T if is_transposed else weights
        place = (matrix.ctypes.data, matrix.shape)
        if place not in stored:
            stored[place] = graph.constant(f"layers.{number}.weights", matrix)
        b = graph.constant(f"layers.{number}.bias", bias)
        z = graph.add("Gemm", x, stored[place], b, **({"transB": 1} if is_transposed else {}))
        x = activate(graph, z, activation, part.dtype)
        if 0 < n_active < len(bias):
            x = keep_largest(graph, x, n_active, part.dtype)
    return x


def keep_largest(graph: Graph, code: str, n_active: int, dtype: np.dtype[Any]) -> str:
    """Of each row the largest stay, of equal ones the first: so TopK orders them too."""
    k = graph.constant("n_active", np.array([n_active]))
    values, columns = graph.add_node("TopK", [code, k], 2, {"axis": 1})
    zero = numpy_helper.from_array(np.zeros(1, dtype))
    zeros = graph.add("ConstantOfShape", graph.add("Shape", code), value=zero)
    return graph.add("ScatterElements", zeros, columns, values, axis=1)


def add_classes(graph: Graph, logits: str, classes: NDArray[Any]) -> tuple[str, str]:
    """The most probable class of each row, of equal ones the first, and the probabilities of all."""
    most_probable = graph.add("ArgMax", logits, axis=1, keepdims=0)
    label = graph.add("Gather", graph.constant("classes", labels_of(classes)), most_probable)
    return label, graph.add("Softmax", logits, axis=1)
