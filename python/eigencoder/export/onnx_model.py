"""A model of ONNX, by onnx.helper."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, defs, helper, numpy_helper

from .. import __version__
from .graph import NEWEST_OPSET, OLDEST_OPSET, Graph, add_classes, add_layers
from .labels import labels_of
from .network import Part

LARGEST = 2**31 - 2**20  # bytes of weights: protobuf holds below 2 GiB, and the nodes need some


class _Model(Graph):
    """Nodes and constants of a model."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def add_node(self, op: str, inputs: Sequence[str], n_outputs: int, attributes: dict[str, Any]) -> list[str]:
        name = f"{op}.{len(self.nodes)}"
        outputs = [name] if n_outputs == 1 else [f"{name}.{number}" for number in range(n_outputs)]
        self.nodes.append(helper.make_node(op, inputs, outputs, name=name, **attributes))
        return outputs

    def constant(self, stem: str, values: NDArray[Any]) -> str:
        name = stem if stem not in {known.name for known in self.constants} else f"{stem}.{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(values, name))
        return name

    def rename(self, value: str, name: str) -> None:
        for node in self.nodes:
            for names in (node.input, node.output):
                names[:] = [name if known == value else known for known in names]


def make_model(part: Part, target_opset: int) -> ModelProto:
    """The model of a part; its bytes follow from the part and the opset alone."""
    _check_opset(target_opset)
    _check_size(part)
    opset = helper.make_opsetid("", int(target_opset))
    return helper.make_model(
        _graph_of(part),
        opset_imports=[opset],
        ir_version=helper.find_min_ir_version_for([opset]),
        producer_name="eigencoder",
        producer_version=__version__,
        doc_string=f"{part.name} of {part.of}, {'-'.join(map(str, part.layer_sizes))}",
    )


def _graph_of(part: Part) -> GraphProto:
    model = _Model()
    last = add_layers(model, part.input_name, part)
    element = helper.np_dtype_to_tensor_dtype(part.dtype)
    outputs = {}
    if part.classes is None:
        outputs[part.output_name] = last
        values = [_value(part.output_name, element, part.layer_sizes[-1])]
    else:
        outputs["label"], outputs["probabilities"] = add_classes(model, last, part.classes)
        of_label = TensorProto.INT64 if labels_of(part.classes).dtype == np.int64 else TensorProto.STRING
        values = [_value("label", of_label), _value("probabilities", element, len(part.classes))]
    for name, value in outputs.items():
        model.rename(value, name)
    inputs = [_value(part.input_name, element, part.layer_sizes[0])]
    return helper.make_graph(model.nodes, part.name, inputs, values, model.constants)


def _value(name: str, element: int, *sizes: int) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, element, ["n", *sizes])


def _check_opset(target_opset: int) -> None:
    newest = min(NEWEST_OPSET, defs.onnx_opset_version())
    if not isinstance(target_opset, Integral) or not OLDEST_OPSET <= target_opset <= newest:
        raise ValueError(
            f"target_opset must be an integer from {OLDEST_OPSET} to {newest}, found {target_opset!r}: 18 is the "
            "default, which runtimes read since 2022"
        )


def _check_size(part: Part) -> None:
    arrays = {weights.ctypes.data: weights.nbytes for weights, _, _, _ in part.layers}
    needed = sum(arrays.values()) + sum(bias.nbytes for _, bias, _, _ in part.layers)
    if needed > LARGEST:
        raise ValueError(
            f"an ONNX file holds at most 2 GiB, the weights of this {part.name} take {needed} bytes: fit on X of "
            "float32, export encoder and decoder apart, or use fewer units"
        )
