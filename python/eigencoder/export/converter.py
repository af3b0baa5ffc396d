"""Converters for skl2onnx: what it asks for an estimator inside a pipeline."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import update_registered_converter
from skl2onnx.common.data_types import (
    DoubleTensorType,
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
)
from skl2onnx.common.utils_classifier import get_label_classes

from .. import Autoencoder, DenoisingAutoencoder, EncoderClassifier, SparseAutoencoder, StackedAutoencoder
from .graph import OLDEST_OPSET, Graph, add_classes, add_layers
from .labels import labels_of
from .network import part_of

_AUTOENCODERS = (Autoencoder, DenoisingAutoencoder, SparseAutoencoder, StackedAutoencoder)


def register() -> None:
    for estimator in _AUTOENCODERS:
        update_registered_converter(
            estimator, _alias(estimator), _shape_of_codes, _convert_autoencoder, parser=_parse_autoencoder
        )
    update_registered_converter(
        EncoderClassifier,
        _alias(EncoderClassifier),
        _shape_of_classes,
        _convert_classifier,
        options={"zipmap": [True, False, "columns"], "nocl": [True, False]},
    )


class _Container(Graph):
    """Nodes and constants of the pipeline's graph."""

    def __init__(self, scope: Any, container: Any) -> None:
        if container.target_opset_onnx < OLDEST_OPSET:
            raise ValueError(
                f"target_opset must be at least {OLDEST_OPSET} for estimators of eigencoder, found "
                f"{container.target_opset_onnx}: pass a newer one to skl2onnx"
            )
        self.scope = scope
        self.container = container

    def add_node(self, op: str, inputs: Sequence[str], n_outputs: int, attributes: dict[str, Any]) -> list[str]:
        outputs = [self.scope.get_unique_variable_name(op.lower()) for _ in range(n_outputs)]
        name = self.scope.get_unique_operator_name(op)
        self.container.add_node(op, list(inputs), outputs, name=name, **attributes)
        return outputs

    def constant(self, stem: str, values: NDArray[Any]) -> str:
        name: str = self.scope.get_unique_variable_name(stem)
        if values.dtype == object:  # of a tensor that is given whole, skl2onnx loses the strings
            labels = [label.encode() for label in values]
            self.container.add_initializer(name, TensorProto.STRING, values.shape, labels)
        else:
            self.container.add_initializer(name, None, None, numpy_helper.from_array(values, name))
        return name

    def rename(self, value: str, variable: Any) -> None:
        """skl2onnx has chosen the name, and drops the node again."""
        name = self.scope.get_unique_operator_name("Identity")
        self.container.add_node("Identity", [value], [variable.full_name], name=name)


def _alias(estimator: type) -> str:
    return f"Eigencoder{estimator.__name__}"


def _parse_autoencoder(scope: Any, model: Any, inputs: list[Any], custom_parsers: Any = None) -> list[Any]:
    """The default one takes the output's type from the first input alone, and steps behind this one rely on it."""
    operator = scope.declare_local_operator(_alias(type(model)), model)
    operator.inputs = inputs
    operator.outputs.append(scope.declare_local_variable("variable", _type_of(inputs)()))
    outputs: list[Any] = operator.outputs
    return outputs


def _type_of(inputs: list[Any]) -> Any:
    return (
        DoubleTensorType if any(isinstance(variable.type, DoubleTensorType) for variable in inputs) else FloatTensorType
    )


def _dtype_of(inputs: list[Any]) -> np.dtype[Any]:
    return np.dtype(np.float64 if _type_of(inputs) is DoubleTensorType else np.float32)


def _shape_of_codes(operator: Any) -> None:
    n_rows = _checked_rows(operator)
    operator.outputs[0].type = _type_of(operator.inputs)([n_rows, operator.raw_operator.n_components_])


def _shape_of_classes(operator: Any) -> None:
    n_rows = _checked_rows(operator)
    classes = get_label_classes(operator.scope_inst, operator.raw_operator)
    of_label = Int64TensorType if labels_of(classes).dtype == np.int64 else StringTensorType
    operator.outputs[0].type = of_label([n_rows])
    operator.outputs[1].type = _type_of(operator.inputs)([n_rows, len(classes)])


def _checked_rows(operator: Any) -> Any:
    """The number of rows, None if it is free, of inputs that have the estimator's columns."""
    name = type(operator.raw_operator).__name__
    for variable in operator.inputs:
        if isinstance(variable.type, StringTensorType):
            raise TypeError(f"{name} needs numbers, found the input {variable.raw_name!r} of strings: encode it before")
    columns = [variable.type.shape[1] for variable in operator.inputs]
    expected = operator.raw_operator.n_features_in_
    if all(columns) and sum(columns) != expected:
        raise ValueError(
            f"{name} was fitted on {expected} columns, its inputs in the ONNX graph have {sum(columns)}: give "
            "initial_types, or rows, of the data that it was fitted on"
        )
    return operator.inputs[0].get_first_dimension()


def _convert_autoencoder(scope: Any, operator: Any, container: Any) -> None:
    graph = _Container(scope, container)
    graph.rename(_add_network(graph, operator, "encoder"), operator.outputs[0])


def _convert_classifier(scope: Any, operator: Any, container: Any) -> None:
    graph = _Container(scope, container)
    classes = get_label_classes(scope, operator.raw_operator)  # their numbers, with the option "nocl"
    values = add_classes(graph, _add_network(graph, operator, "classifier"), classes)
    for value, variable in zip(values, operator.outputs, strict=True):
        graph.rename(value, variable)


def _add_network(graph: Graph, operator: Any, name: str) -> str:
    """The layers behind the inputs, which are brought to one type and side by side."""
    dtype = _dtype_of(operator.inputs)
    element = helper.np_dtype_to_tensor_dtype(dtype)
    columns = [graph.add("Cast", variable.full_name, to=element) for variable in operator.inputs]
    x = columns[0] if len(columns) == 1 else graph.add("Concat", *columns, axis=1)
    return add_layers(graph, x, part_of(operator.raw_operator, name).astype(dtype))
