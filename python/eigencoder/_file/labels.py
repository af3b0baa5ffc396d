"""The names of features and the classes: strings in JSON, numbers as a tensor."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .container import Tensors
from .fields import Fields, list_of, malformed, or_none, text
from .values import string


def describe_names(names: NDArray[Any] | None) -> list[str] | None:
    return None if names is None else [string(name, "feature_names_in_") for name in names]


def read_names(fields: Fields, n_features: int) -> dict[str, NDArray[Any]]:
    """The attribute, where there is one."""
    names = fields.take("feature_names", or_none(list_of(text)))
    if names is None:
        return {}
    if len(names) != n_features:
        raise malformed(f"it has {len(names)} feature names, expected {n_features}")
    return {"feature_names_in_": np.array(names, dtype=object)}


def describe_classes(classes: NDArray[Any]) -> tuple[list[str] | str, dict[str, NDArray[Any]]]:
    """What JSON says, and the tensor of classes that are numbers."""
    if classes.dtype.kind in "biuf" and classes.dtype.itemsize <= 8:
        return "tensor", {"classes": classes.astype(classes.dtype.newbyteorder("="))}
    if classes.dtype.kind in "UO" and all(isinstance(label, str) for label in classes):
        return [string(label, "classes_") for label in classes], {}
    raise ValueError(
        f"classes_ holds {classes[0]!r} of type {type(classes[0]).__name__}, and a model file only numbers of a NumPy "
        "dtype, or strings: fit with such a y, or pickle the estimator"
    )


def read_classes(fields: Fields, tensors: Tensors, as_objects: bool, n_classes: int) -> NDArray[Any]:
    """In ascending order, as fit has found them."""
    found = fields.take("classes", _classes)
    if isinstance(found, str):
        classes = tensors.take("classes", None, (n_classes,))
    else:
        classes = np.array(found, dtype=object if as_objects else str)
    if len(classes) != n_classes or not (classes[:-1] < classes[1:]).all():
        raise malformed(f"its classes must be {n_classes} in ascending order, found {classes}")
    return classes


def _classes(value: object) -> list[str] | str:
    if value == "tensor":
        return "tensor"
    if not isinstance(value, list):
        raise ValueError('a list of strings, or "tensor"')
    return list_of(text)(value)
