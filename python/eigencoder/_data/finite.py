"""Data where a result is not finite: NaN and infinity in them, or numbers too large to be squared."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.utils import assert_all_finite

from .._core import DeviceArray
from .device import Matrix, column_extremes_of


def require_finite(array: NDArray[Any], name: str, estimator_name: str | None = None) -> None:
    """Refuse NaN and infinity, also where scikit-learn is told to assume that there are none."""
    with config_context(assume_finite=False):
        assert_all_finite(array, estimator_name=estimator_name, input_name=name)


def require_finite_data(estimator: Any, x: Matrix, x_val: Matrix | None) -> None:
    """The same of X and X_val, saying where; of what lies on a GPU it is known already."""
    for name, array in _named(x, x_val):
        if isinstance(array, np.ndarray):
            try:
                require_finite(array, name, type(estimator).__name__)
            except ValueError as error:
                value, place = largest_entry(estimator, array)
                raise ValueError(f"{error}\n{name} has {value:g} in {place}") from None


def check_squares(estimator: Any, x: Matrix, x_val: Matrix | None) -> None:
    """Refuse X and X_val whose squares overflow."""
    found = overflowing_squares(estimator, x, x_val)
    if found is not None:
        require_finite_data(estimator, x, x_val)
        raise ValueError(found)


def overflowing_squares(estimator: Any, x: Matrix, x_val: Matrix | None) -> str | None:
    """What to say of the largest entry of X or X_val where its dtype cannot sum up such squares."""
    for name, array in _named(x, x_val):
        value, place = largest_entry(estimator, array)
        if not abs(value) <= np.sqrt(np.finfo(array.dtype).max / (4 * np.prod(array.shape))):
            return (
                f"{name} has entries up to {value:g}, in {place}, whose squares {array.dtype} cannot sum up: "
                f"scale {name}"
            )
    return None


def overflow_of(estimator: Any, x: Matrix, what: str, row: int | None = None) -> ValueError:
    """The error where something computed of X, or of one row of it, is beyond all numbers."""
    value, place = largest_entry(estimator, x, row)
    return ValueError(f"{what} is not finite, where X has {value:g} in {place}: scale X")


def largest_entry(estimator: Any, x: Matrix, row: int | None = None) -> tuple[float, str]:
    """What is farthest from 0, in all rows or in one, and where it stands; NaN where there is one."""
    rows = slice(None) if row is None else slice(row, row + 1)
    values = column_extremes_of(x) if isinstance(x, DeviceArray) else x[rows]
    index = max(values.argmax(), values.argmin(), key=lambda i: abs(values.flat[i]))
    found_row, column = divmod(int(index), values.shape[1])
    names = getattr(estimator, "feature_names_in_", None)
    place = f"column {column if names is None else repr(str(names[column]))}"
    if isinstance(x, np.ndarray):
        place = f"row {found_row + (row or 0)}, {place}"
    return float(values.flat[index]), place


def _named(x: Matrix, x_val: Matrix | None) -> Iterator[tuple[str, Matrix]]:
    yield "X", x
    if x_val is not None and x_val is not x:  # as it is where rows of X are set apart
        yield "X_val", x_val
