"""The classes of a classifier as ONNX can give them: int64 or strings."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def labels_of(classes: NDArray[Any]) -> NDArray[Any]:
    """int64, also of booleans and whole floats as skl2onnx has them, or an object array of str."""
    if all(isinstance(label, str) for label in classes.tolist()):
        return classes.astype(object)
    if classes.dtype.kind in "biuf":
        with np.errstate(invalid="ignore"):
            labels = classes.astype(np.int64)
        if labels.tolist() == classes.tolist():
            return labels
    raise ValueError(
        f"labels in ONNX are of int64 or strings, found classes_ of {classes.dtype} such as {classes[-1]!r}: fit with "
        "strings or small integers as y"
    )
