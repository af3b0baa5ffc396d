"""Rows in files: .npy, .npz, .csv and .parquet, the last two with the names of their columns."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .._file.atomic import atomic_write

if TYPE_CHECKING:
    from pandas import DataFrame

    Table: TypeAlias = NDArray[Any] | DataFrame


def read_table(path: Path, array: str | None = None, *, has_header: bool = True) -> "Table":
    """Rows of numbers; a DataFrame where the columns have names."""
    if path.suffix == ".npy":
        return np.asarray(_loaded(path, mmap_mode="r"))
    if path.suffix == ".npz":
        return _array_of(path, array)
    frame = _frame_of(path, has_header)
    if not has_header:
        return np.asarray(frame.to_numpy())
    if path.suffix == ".csv" and all(_is_number(name) for name in frame.columns):
        raise ValueError(f"the first line of {path} holds numbers in place of names: add --no-header")
    return frame


def write_table(path: Path, array: NDArray[Any], names: list[str]) -> None:
    """Rows, (n, n_columns), or one number a row, (n,); columns have names where the file can hold them."""
    buffer = io.BytesIO()
    if path.suffix == ".npy":
        np.save(buffer, array, allow_pickle=False)
    elif path.suffix == ".npz":
        np.savez(buffer, array=array)
    else:
        import pandas

        frame = pandas.DataFrame(array, columns=names)
        frame.to_csv(buffer, index=False) if path.suffix == ".csv" else frame.to_parquet(buffer, index=False)
    atomic_write(path, [buffer.getbuffer()])


def _loaded(path: Path, **options: Any) -> Any:
    try:
        return np.load(path, allow_pickle=False, **options)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{path} holds no array of numbers that NumPy can read, {error}") from error


def _array_of(path: Path, name: str | None) -> NDArray[Any]:
    arrays = _loaded(path)
    if isinstance(arrays, np.ndarray):
        raise ValueError(f"{path} holds one array, as a .npy file does: rename it")
    with arrays:
        names = ", ".join(arrays.files)
        if name is None and len(arrays.files) != 1:
            raise ValueError(f"{path} holds the arrays {names}: say which by --array")
        if name is not None and name not in arrays.files:
            raise ValueError(f"{path} has no array {name!r}, but {names}")
        try:
            return np.asarray(arrays[name or arrays.files[0]])
        except ValueError as error:
            raise ValueError(f"{path} holds no array of numbers that NumPy can read, {error}") from error


def _frame_of(path: Path, has_header: bool) -> "DataFrame":
    from pyarrow import csv, parquet

    try:
        if path.suffix == ".parquet":
            table = parquet.read_table(path)
        else:
            table = csv.read_csv(path, csv.ReadOptions(autogenerate_column_names=not has_header))
    except ValueError as error:
        raise ValueError(f"{path} is no table that pyarrow can read, {error}") from error
    for name in table.column_names:
        if table.column_names.count(name) > 1:
            raise ValueError(f"{path} has more than one column {name!r}: rename them")
    frame: DataFrame = table.to_pandas()
    for name, dtype in frame.dtypes.items():
        if dtype.kind not in "biuf":
            found = next((repr(value) for value in frame[name] if not _is_number(value)), f"the dtype {dtype}")
            raise ValueError(f"column {name!r} of {path} must hold numbers, found {found}: leave it out, or encode it")
    return frame


def _is_number(value: object) -> bool:
    try:
        float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return True
