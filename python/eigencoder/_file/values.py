"""The values of constructors' parameters in JSON, from which they come back with their types.

A tuple is {"tuple": [...]}, a dict {"dict": [[key, value], ...]}, and {"string": "nan"} the string, where "nan" is the
number that JSON lacks. Estimators are for the caller to write.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from .fields import Fields, list_of, of_real, real, text

_NOT_FINITE = ("nan", "inf", "-inf")


def describe(value: object, name: str, estimator: Callable[[BaseEstimator, str], Any]) -> Any:
    """In JSON; ValueError for what it cannot hold."""
    if value is None or isinstance(value, (bool, np.bool_)):
        return None if value is None else bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return of_real(float(value))
    if isinstance(value, str):
        return {"string": str(value)} if value in _NOT_FINITE else string(value, name)
    if isinstance(value, tuple):
        return {"tuple": [describe(item, name, estimator) for item in value]}
    if isinstance(value, (list, range, np.ndarray)):
        return [describe(item, name, estimator) for item in value]
    if isinstance(value, dict):
        return {"dict": [[describe(item, name, estimator) for item in pair] for pair in value.items()]}
    if isinstance(value, BaseEstimator):
        return estimator(value, name)
    raise ValueError(
        f"{name} holds {value!r} of type {type(value).__name__}, and a model file only numbers, strings, lists, tuples "
        "and dicts of them, and estimators of eigencoder: change it, or pickle the estimator"
    )


def string(value: str, name: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{name} holds {value!r}, which UTF-8 cannot write: rename it") from error
    return str(value)


def read(value: Any, estimator: Callable[[Fields], Any]) -> Any:
    """From JSON."""
    if isinstance(value, str) and value in _NOT_FINITE:
        return real(value)
    if isinstance(value, list):
        return [read(item, estimator) for item in value]
    if not isinstance(value, dict):
        return value
    fields = Fields(value, "a value")
    if "string" in fields:
        found: Any = fields.take("string", text)
    elif "tuple" in fields:
        found = tuple(read(item, estimator) for item in fields.take("tuple", list_of(lambda item: item)))
    elif "dict" in fields:
        found = fields.take("dict", lambda pairs: _dict(read(pairs, estimator)))
    else:
        found = estimator(fields)
    fields.end()
    return found


def _dict(pairs: Any) -> dict[Any, Any]:
    try:
        return dict(pairs)
    except TypeError as error:
        raise ValueError("a list of pairs of a key and its value") from error
