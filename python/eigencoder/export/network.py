"""What of an estimator is exported: layers, one after the other, whatever they were trained as."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from .. import Autoencoder, EncoderClassifier, StackedAutoencoder

Layer: TypeAlias = tuple[NDArray[Any], NDArray[Any], str, int]  # weights, bias, activation, how many outputs stay

AUTOENCODER_PARTS = ("encoder", "decoder", "autoencoder")
CLASSIFIER_PARTS = ("classifier", "encoder")


@dataclass(frozen=True)
class Part:
    """Layers that follow each other, what they read and what they give; ``classes`` where a softmax follows."""

    of: str
    name: str
    layers: list[Layer]
    classes: NDArray[Any] | None = None

    @property
    def input_name(self) -> str:
        return "codes" if self.name == "decoder" else "X"

    @property
    def output_name(self) -> str:
        return "codes" if self.name == "encoder" else "reconstruction"

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.layers[0][0].dtype

    @property
    def layer_sizes(self) -> list[int]:
        return [len(self.layers[0][0]), *(len(bias) for _, bias, _, _ in self.layers)]

    def astype(self, dtype: np.dtype[Any]) -> "Part":
        """The same in another dtype; weights that two layers share are then two arrays."""
        if dtype == self.dtype:
            return self
        layers = [(w.astype(dtype), b.astype(dtype), activation, n) for w, b, activation, n in self.layers]
        return Part(self.of, self.name, layers, self.classes)


def part_of(estimator: object, name: str | None) -> Part:
    """A part of a fitted estimator; None is what ``transform`` or ``predict_proba`` computes."""
    if not isinstance(estimator, (Autoencoder, StackedAutoencoder, EncoderClassifier)):
        raise TypeError(
            f"expected an estimator of eigencoder, such as a fitted Autoencoder, found {type(estimator).__name__}: "
            "pass one; a Pipeline is converted by skl2onnx, after register_skl2onnx()"
        )
    is_classifier = isinstance(estimator, EncoderClassifier)
    parts = CLASSIFIER_PARTS if is_classifier else AUTOENCODER_PARTS
    if name is None:
        name = parts[0]
    if name not in parts:
        known = ", ".join(map(repr, parts))
        raise ValueError(f"part of {type(estimator).__name__} must be one of {known}, found {name!r}")
    check_is_fitted(estimator, "coefs_")
    layers = estimator._layers()
    n_encoder_layers = len(layers) - 1 if is_classifier else len(layers) // 2
    if name == "encoder":
        layers = layers[:n_encoder_layers]
    elif name == "decoder":
        layers = layers[n_encoder_layers:]
    classes = estimator.classes_ if name == "classifier" else None
    return Part(type(estimator).__name__, name, layers, classes)
