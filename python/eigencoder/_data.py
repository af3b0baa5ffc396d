"""Data as the core takes it: C-contiguous, float32 or float64, finite; and the checks that refuse anything else."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from scipy import sparse
from sklearn.utils import assert_all_finite, check_array
from sklearn.utils.validation import validate_data

from . import _core

Rows: TypeAlias = NDArray[np.int64]
Weights: TypeAlias = NDArray[np.float64]
_FEATURE_ATTRIBUTES = ("n_features_in_", "feature_names_in_")


@contextmanager
def features_kept_on_error(estimator: Any) -> Iterator[None]:
    """Put back what validate_data changes in an estimator before it looks at the values."""
    before = {name: getattr(estimator, name) for name in _FEATURE_ATTRIBUTES if hasattr(estimator, name)}
    try:
        yield
    except BaseException:
        for name in _FEATURE_ATTRIBUTES:
            vars(estimator).pop(name, None)
        vars(estimator).update(before)
        raise


def check_features(estimator: Any, X: ArrayLike, *, reset: bool, dtype: DTypeLike | None = None) -> NDArray[Any]:
    """X, (n_samples, n_features), with the estimator's features, which ``reset`` makes it take from X."""
    _refuse_sparse(X)
    return _as_floats(validate_data(estimator, X, reset=reset, dtype="numeric"), dtype)


def check_validation_data(estimator: Any, X_val: ArrayLike, dtype: DTypeLike) -> NDArray[Any]:
    """X_val, with the same features as X."""
    try:
        return check_features(estimator, X_val, reset=False, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise type(error)(f"X_val: {error}") from error


def check_codes(codes: ArrayLike, n_components: int, dtype: DTypeLike) -> NDArray[Any]:
    """Codes, (n_samples, n_components)."""
    _refuse_sparse(codes)
    array = _as_floats(check_array(codes, dtype="numeric"), dtype)
    if array.shape[1] != n_components:
        raise ValueError(f"X has {array.shape[1]} columns, but the code has {n_components} units: pass codes")
    return array


def check_unit_interval(x: NDArray[Any], name: str) -> None:
    """Refuse what no sigmoid output can reproduce and no cross-entropy can measure."""
    low, high = x.min(), x.max()
    if low < 0 or high > 1:
        raise ValueError(
            f"loss='binary_crossentropy' needs {name} in [0, 1], found values from {low:g} to {high:g}: scale {name}, "
            "for example by MinMaxScaler(clip=True), or use loss='squared_error'"
        )


def check_sample_weight(sample_weight: ArrayLike | None, n_samples: int) -> Weights | None:
    """Weights, (n_samples,), none negative and not all zero."""
    if sample_weight is None:
        return None
    weights: Weights = check_array(sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight")
    if weights.shape != (n_samples,):
        raise ValueError(f"sample_weight has shape {weights.shape}, X has {n_samples} rows: give one weight a row")
    if (weights < 0).any():
        raise ValueError(f"sample_weight must not be negative, found {weights.min():g}")
    return mean_one(weights, slice(None), "every row")


@dataclass(frozen=True)
class TrainingData:
    """The rows that train and those that validate, as the core names them; weights have mean 1 over their rows."""

    x: NDArray[Any]
    rows: Rows | None = None
    weights: Weights | None = None
    x_validation: NDArray[Any] | None = None
    validation_rows: Rows | None = None
    validation_weights: Weights | None = None

    @classmethod
    def split(cls, x: NDArray[Any], weights: Weights | None, validation_fraction: float, seed: int) -> "TrainingData":
        """Set a share of the rows of x apart, drawn by the seed."""
        n_samples = len(x)
        n_validation = ceil(validation_fraction * n_samples)
        if n_validation == n_samples:
            raise ValueError(
                f"early_stopping with validation_fraction={validation_fraction:g} leaves no row to train on, found "
                f"n_samples={n_samples}: give more rows, or X_val"
            )
        order = _core.permutation(n_samples, seed)
        rows, validation_rows = np.sort(order[n_validation:]), np.sort(order[:n_validation])
        return cls(
            x,
            rows,
            mean_one(weights, rows, "every row that trains"),
            x,
            validation_rows,
            mean_one(weights, validation_rows, "every row set apart for validation"),
        )


def mean_one(weights: Weights | None, rows: Rows | slice, which: str) -> Weights | None:
    """Weights scaled to mean 1 over some of their rows."""
    if weights is None:
        return None
    largest = weights[rows].max()
    if largest == 0:
        raise ValueError(f"sample_weight is zero in {which}: give at least one of them a positive weight")
    scaled = weights / largest  # so that no sum overflows
    return np.asarray(scaled / scaled[rows].mean())


def column_extremes(x: NDArray[Any], seen: NDArray[Any] | None) -> NDArray[Any]:
    """Minima, then maxima of the columns of x and of what was seen before, (2, n_features)."""
    minima, maxima = x.min(axis=0), x.max(axis=0)
    if seen is not None:
        minima, maxima = np.minimum(minima, seen[0]), np.maximum(maxima, seen[1])
    return np.stack([minima, maxima])


def _refuse_sparse(X: object) -> None:
    if sparse.issparse(X):
        raise ValueError(
            "sparse matrices are not available yet; available now: dense arrays, such as X.toarray() or the output of "
            "sklearn.decomposition.TruncatedSVD"
        )


def _as_floats(x: NDArray[Any], dtype: DTypeLike | None) -> NDArray[Any]:
    if x.dtype.kind not in "biuf":
        raise TypeError(f"X must hold real numbers, found dtype {x.dtype}")
    if dtype is None:
        native = x.dtype.newbyteorder("=")
        dtype = native if native in (np.float32, np.float64) else np.dtype(np.float64)
    with np.errstate(over="ignore"):
        floats = np.require(x, dtype, ["C_CONTIGUOUS", "ALIGNED"])
    if not np.can_cast(x.dtype, floats.dtype):
        assert_all_finite(floats, input_name="X")
    return floats
