"""The classes of rows: what y may be, and what a class weighs."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils import check_array, column_or_1d

from .arrays import Labels, Weights, without_dispatch


def check_targets(y: Any, name: str, n_samples: int | None = None) -> NDArray[Any]:
    """Labels, one a row, where it is known of how many rows."""
    if np.ma.isMaskedArray(y):
        raise ValueError(
            f"{name} is a masked array, whose mask would be ignored: leave out what is masked, such as by "
            f"{name}.compressed(), and the rows that belong to it"
        )
    if sparse.issparse(y):
        raise ValueError(f"{name} is a sparse matrix, expected one label a row: pass {name}.toarray().ravel()")
    with without_dispatch():
        targets: NDArray[Any] = check_array(
            y, ensure_2d=False, allow_nd=True, ensure_min_samples=0, dtype=None, input_name=name
        )
    if targets.ndim == 2 and targets.shape[1] == 1:
        targets = column_or_1d(targets, warn=True)
    if targets.ndim != 1 or len(targets) == 0:
        raise ValueError(f"{name} must hold one label a row, found an array of the shape {targets.shape}")
    if n_samples is not None and len(targets) != n_samples:
        raise ValueError(f"{name} has {len(targets)} labels for {n_samples} rows: give one label a row")
    return targets


def number(targets: NDArray[Any], classes: NDArray[Any], name: str) -> Labels:
    """The position of each label among the classes."""
    labels, numbers = np.unique(targets, return_inverse=True)
    positions = {label: position for position, label in enumerate(classes.tolist())}
    unknown = [label for label in labels.tolist() if label not in positions]
    if unknown:
        raise ValueError(
            f"{name} has the labels {listed(unknown)}, which are not among the classes {listed(classes.tolist())}: "
            "leave their rows out, or fit afresh with all classes"
        )
    return np.array([positions[label] for label in labels.tolist()], np.int64)[numbers]


def weights_of_classes(
    class_weight: dict[Any, float] | str | None, classes: NDArray[Any], labels: Labels, weights: Weights | None
) -> Weights | None:
    """What each class weighs, (n_classes,): with "balanced" the rows of all have the same sum."""
    if class_weight is None:
        return None
    if isinstance(class_weight, str):
        sums = np.bincount(labels, weights, minlength=len(classes))
        balanced: Weights = np.divide(sums.sum() / len(classes), sums, out=np.zeros(len(classes)), where=sums > 0)
        return balanced
    known = classes.tolist()
    unknown = [label for label in class_weight if label not in known]
    unweighted = [label for label in known if label not in class_weight]
    if unknown and unweighted:
        raise ValueError(
            f"class_weight gives a weight to {listed(unknown)}, not among the classes {listed(known)}, and none to "
            f"{listed(unweighted)}: name the classes as y does"
        )
    return np.array([class_weight.get(label, 1.0) for label in known])


def weigh_by_class(weights: Weights | None, of_classes: Weights, labels: Labels) -> Weights:
    """The weight of each row times that of its class."""
    weighed = of_classes[labels] if weights is None else weights * of_classes[labels]
    if not weighed.any():
        raise ValueError("sample_weight times class_weight is zero in every row: give at least one a positive weight")
    return weighed


def listed(labels: list[Any]) -> str:
    """Labels as a message shows them."""
    return str(labels) if len(labels) <= 10 else f"{str(labels[:10])[:-1]}, ...]"
