"""Data as the core takes it: C-contiguous, float32 or float64, finite; and the checks that refuse anything else."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from scipy import sparse
from sklearn import config_context
from sklearn.utils import assert_all_finite, check_array
from sklearn.utils.validation import validate_data

from .. import _core
from .._core import DeviceArray
from .device import Matrix, check_finite, column_extremes_of, device_array, lies_on_gpu

Rows: TypeAlias = NDArray[np.int64]
Weights: TypeAlias = NDArray[np.float64]
Labels: TypeAlias = NDArray[np.int64]
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


def without_dispatch() -> Any:
    """Where scikit-learn makes NumPy arrays of those of other libraries, whatever ``array_api_dispatch`` says."""
    return config_context(array_api_dispatch=False)


def check_features(
    estimator: Any,
    X: ArrayLike,
    *,
    reset: bool,
    dtype: DTypeLike | None = None,
    all_finite: bool = True,
    device: str = "cpu",
) -> Matrix:
    """X, (n_samples, n_features), with the estimator's features, which ``reset`` makes it take from X."""
    if lies_on_gpu(X):
        x = device_array(X, device, dtype)
        validate_data(estimator, x, reset=reset, skip_check_array=True)
        if all_finite:
            check_finite(x, "X")
        return x
    _refuse_containers(X, "X")
    with without_dispatch():
        array = validate_data(estimator, X, reset=reset, dtype=_columns_dtype(X), ensure_all_finite=all_finite)
    return _as_floats(array, dtype, "X")


def check_validation_data(estimator: Any, X_val: ArrayLike, dtype: DTypeLike, device: str) -> Matrix:
    """X_val, with the same features as X."""
    try:
        return check_features(estimator, X_val, reset=False, dtype=dtype, device=device)
    except TypeError as error:
        raise TypeError(f"X_val: {error}") from error
    except ValueError as error:
        raise ValueError(f"X_val: {error}") from error


def check_codes(codes: ArrayLike, n_components: int, dtype: DTypeLike, device: str) -> Matrix:
    """Codes, (n_samples, n_components)."""
    array: Matrix
    if lies_on_gpu(codes):
        array = device_array(codes, device, dtype)
    else:
        _refuse_containers(codes, "X")
        with without_dispatch():
            checked = check_array(codes, dtype="numeric", ensure_all_finite=False)
        array = _as_floats(checked, dtype, "X")
    if array.shape[1] != n_components:
        raise ValueError(f"X has {array.shape[1]} columns, but the code has {n_components} units: pass codes")
    return array


def check_unit_interval(x: Matrix, name: str) -> None:
    """Refuse what no sigmoid output can reproduce and no cross-entropy can measure."""
    values = column_extremes_of(x) if isinstance(x, DeviceArray) else x
    low, high = values.min(), values.max()
    if low < 0 or high > 1:
        raise ValueError(
            f"loss='binary_crossentropy' needs {name} in [0, 1], found values from {low:g} to {high:g}: scale {name}, "
            "for example by MinMaxScaler(clip=True), or use loss='squared_error'"
        )


def check_sample_weight(sample_weight: ArrayLike | None, n_samples: int) -> Weights | None:
    """Weights, (n_samples,), none negative and not all zero."""
    if sample_weight is None:
        return None
    _refuse_containers(sample_weight, "sample_weight")
    with without_dispatch():
        array = check_array(sample_weight, ensure_2d=False, dtype="numeric", input_name="sample_weight")
    weights: Weights = _as_floats(array, np.float64, "sample_weight")
    if weights.shape != (n_samples,):
        raise ValueError(f"sample_weight has shape {weights.shape}, X has {n_samples} rows: give one weight a row")
    if (weights < 0).any():
        raise ValueError(f"sample_weight must not be negative, found {weights.min():g}")
    return mean_one(weights, slice(None), "every row")


@dataclass(frozen=True)
class TrainingData:
    """The rows that train and those that validate, as the core names them; weights have mean 1 over their rows.

    Labels are the classes of all rows of x, and of x_validation.
    """

    x: Matrix
    rows: Rows | None = None
    weights: Weights | None = None
    x_validation: Matrix | None = None
    validation_rows: Rows | None = None
    validation_weights: Weights | None = None
    labels: Labels | None = None
    validation_labels: Labels | None = None

    @classmethod
    def split(
        cls, x: Matrix, weights: Weights | None, labels: Labels | None, n_validation: int, seed: int
    ) -> "TrainingData":
        """Set some of the rows of x apart, drawn by the seed."""
        order = _core.permutation(len(x), seed)
        rows, validation_rows = np.sort(order[n_validation:]), np.sort(order[:n_validation])
        return cls(
            x,
            rows,
            mean_one(weights, rows, "every row that trains"),
            x,
            validation_rows,
            mean_one(weights, validation_rows, "every row set apart for validation"),
            labels,
            labels,
        )

    @property
    def n_rows(self) -> int:
        """How many rows train."""
        return len(self.x) if self.rows is None else len(self.rows)

    @property
    def shares(self) -> Weights:
        """s_i / m of each row of x, 0 where it does not train."""
        return _shares(len(self.x), self.rows, self.weights)

    @property
    def validation_shares(self) -> Weights:
        """The same of x_validation, for the rows that validate."""
        n_samples = 0 if self.x_validation is None else len(self.x_validation)
        return _shares(n_samples, self.validation_rows, self.validation_weights)

    def column_extremes(self, seen: NDArray[Any] | None) -> NDArray[Any]:
        """The extremes that the rows that train have, or had before."""
        trains = np.zeros(len(self.x), bool)
        trains[slice(None) if self.rows is None else self.rows] = True
        if self.weights is not None:
            trains &= self.weights > 0
        if isinstance(self.x, DeviceArray):
            extremes = column_extremes_of(self.x)
        else:
            extremes = column_extremes(self.x, trains[:, np.newaxis])
        if seen is None:
            return extremes
        return np.stack([np.minimum(extremes[0], seen[0]), np.maximum(extremes[1], seen[1])])


def count_validation_rows(n_samples: int, validation_fraction: float) -> int:
    """How many rows a split sets apart; ValueError where none would be left."""
    n_validation = ceil(validation_fraction * n_samples)
    if n_validation == n_samples:
        raise ValueError(
            f"validation_fraction={validation_fraction:g} leaves no row to train on, found n_samples={n_samples}: give "
            "more rows, or X_val"
        )
    return n_validation


def check_extremes(x: Matrix, weights: Weights | None, n_validation: int) -> None:
    """Refuse rows on a GPU that have column extremes, of which only some train."""
    if isinstance(x, DeviceArray) and (n_validation > 0 or (weights is not None and not weights.all())):
        raise ValueError(
            "corruption='salt_and_pepper' needs the extremes of the rows that train, which for X on a GPU are those of "
            "all: give X_val and no weights of zero, or pass X on the host"
        )


def _shares(n_samples: int, rows: Rows | None, weights: Weights | None) -> Weights:
    chosen = slice(None) if rows is None else rows
    shares = np.zeros(n_samples)
    shares[chosen] = 1 if weights is None else weights[chosen]
    return shares / (n_samples if rows is None else len(rows))


def mean_one(weights: Weights | None, rows: Rows | slice, which: str) -> Weights | None:
    """Weights scaled to mean 1 over some of their rows."""
    if weights is None:
        return None
    largest = weights[rows].max()
    if largest == 0:
        raise ValueError(f"sample_weight is zero in {which}: give at least one of them a positive weight")
    scaled = weights / largest  # so that no sum overflows
    return np.asarray(scaled / scaled[rows].mean())


def column_extremes(x: NDArray[Any], where: NDArray[np.bool_] | bool = True) -> NDArray[Any]:
    """Minima, then maxima of the columns of x, (2, n_features), over the rows where ``where``, (n_samples, 1)."""
    return np.stack([x.min(axis=0, initial=np.inf, where=where), x.max(axis=0, initial=-np.inf, where=where)])


def _refuse_containers(X: object, name: str) -> None:
    if np.ma.isMaskedArray(X):
        raise ValueError(
            f"{name} is a masked array, whose mask would be ignored: fill it in, such as by {name}.filled(0)"
        )
    if sparse.issparse(X):
        raise ValueError(
            "sparse matrices are not available yet; available now: dense arrays, such as X.toarray() or the output of "
            "sklearn.decomposition.TruncatedSVD"
        )


def _columns_dtype(X: object) -> DTypeLike:
    """float32 where each column of a DataFrame is, be it in a type of pandas' own; else what the array will have."""
    dtypes = getattr(X, "dtypes", ())
    columns = [getattr(dtype, "numpy_dtype", dtype) for dtype in dtypes] if isinstance(dtypes, Iterable) else []
    return np.float32 if columns and all(column == np.float32 for column in columns) else "numeric"


def _as_floats(x: NDArray[Any], dtype: DTypeLike | None, name: str) -> NDArray[Any]:
    if x.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold real numbers, found dtype {x.dtype}")
    if dtype is None:
        native = x.dtype.newbyteorder("=")
        dtype = native if native in (np.float32, np.float64) else np.dtype(np.float64)
    with np.errstate(over="ignore"):
        floats = np.require(x, dtype, ["C_CONTIGUOUS", "ALIGNED"])
    if not np.can_cast(x.dtype, floats.dtype):
        assert_all_finite(floats, input_name=name)
    return floats
