"""Data as the core takes it: C-contiguous, float32 or float64, finite; and the checks that refuse anything else."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from scipy import sparse
from sklearn import config_context
from sklearn.utils import assert_all_finite, check_array
from sklearn.utils.validation import validate_data

from .._core import DeviceArray
from .device import Matrix, check_finite, column_extremes_of, device_array, lies_on_gpu
from .finite import require_finite

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


def check_features_as(fitted: Any, estimator: Any, X: ArrayLike, *, device: str) -> Matrix:
    """X for an estimator that starts from a fitted one: as this one takes it, which refuses or warns as its own."""
    x = check_features(estimator, X, reset=True, dtype=fitted._dtype, device=device)
    validate_data(fitted, X if isinstance(x, np.ndarray) else x, reset=False, skip_check_array=True)
    return x


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
    if not np.isfinite(weights.max()):
        require_finite(weights, "sample_weight")
    if (weights < 0).any():
        raise ValueError(f"sample_weight must not be negative, found {weights.min():g}")
    return mean_one(weights, slice(None), "every row")


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
