"""What of the arguments cannot be used is told before any work."""

import ast
import inspect
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SUFFIXES = (".npy", ".npz", ".csv", ".parquet")  # of tables
_NEEDS = {".csv": ("pandas", "pyarrow"), ".parquet": ("pandas", "pyarrow")}


class UsageError(Exception):
    """The arguments cannot be used."""


def check_data(path: Path, array: str | None, *, has_header: bool) -> None:
    """Refuse a file that is no table by its name, and options that such a file has not."""
    _check_suffix("data", path, SUFFIXES)
    if array is not None and path.suffix != ".npz":
        raise UsageError(f"--array names an array of a .npz file, found {path}: leave it out")
    if not has_header and path.suffix != ".csv":
        raise UsageError(f"--no-header is said of a .csv file, found {path}: leave it out")


def check_out(path: Path, suffixes: Sequence[str], *, force: bool) -> None:
    """Refuse a file that cannot be written, or is not to be replaced; of any name without ``suffixes``."""
    _check_suffix("--out", path, suffixes)
    if path.exists() and not force:
        raise UsageError(f"{path} is there already: give another --out, or --force to replace it")
    if not path.parent.is_dir():
        raise UsageError(f"--out lies in {path.parent}, which is no folder: make it, or give another")


def parameter(word: str, make: Callable[..., Any]) -> tuple[str, Any]:
    """NAME=VALUE, the value as Python writes it or else as it stands."""
    name, equals, text = word.partition("=")
    names = list(inspect.signature(make).parameters)
    if not equals or name not in names:
        raise UsageError(f"--set takes NAME=VALUE with one of the names {', '.join(names)}, found {word!r}")
    try:
        return name, ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return name, text


def require(packages: Sequence[str], need: str, extra: str) -> None:
    """Refuse what is not installed."""
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise UsageError(f'{need} needs {" and ".join(missing)}: pip install "eigencoder[{extra}]"')


def _check_suffix(name: str, path: Path, suffixes: Sequence[str]) -> None:
    if suffixes and path.suffix not in suffixes:
        raise UsageError(f"{name} must end in {' or '.join(suffixes)}, found {path}")
    require(_NEEDS.get(path.suffix, ()), f"a {path.suffix} file", "cli")
