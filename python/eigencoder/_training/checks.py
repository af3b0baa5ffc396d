"""What a constructor's parameter may be: each function takes its name and a value, and gives it as the core takes it.

A wrong type is a TypeError, a wrong value a ValueError; both say what was found and what is expected.
"""

import re
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any, TypeAlias

import numpy as np

RandomState: TypeAlias = int | np.random.RandomState | np.random.Generator | None


def _found(value: object) -> str:
    return f"found {value!r} of type {type(value).__name__}"


def unbounded_integer(name: str, value: object, expected: str = "an integer") -> int:
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"{name} must be {expected}, {_found(value)}")
    return int(value)


def integer(name: str, value: object, bits: int = 64) -> int:
    number = unbounded_integer(name, value)
    if not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
        raise ValueError(f"{name} must fit into {bits} bits, found {number}")
    return number


def real(name: str, value: object) -> float:
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name} must be a real number, {_found(value)}")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{name} must fit into 64 bits, found a number beyond 1e308") from None


def strength(name: str, value: object) -> float:
    number = real(name, value)
    if not 0 <= number < np.inf:
        raise ValueError(f"{name} must be finite and >= 0, found {value}")
    return number


def boolean(name: str, value: object) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, {_found(value)}")
    return bool(value)


def n_units(name: str, value: object) -> int:
    number = unbounded_integer(name, value, "an integer number of units")
    if number < 1:
        raise ValueError(f"{name} must be at least 1, found {number}")
    return number


def is_share(n_components: object) -> bool:
    """Whether it is not the number of code units, but the share of the variance that they are to explain."""
    return isinstance(n_components, Real) and not isinstance(n_components, Integral)


def n_components(name: str, value: object) -> int | float:
    if not is_share(value):
        return n_units(name, value)
    share = real(name, value)
    if not 0 < share < 1:
        raise ValueError(
            f"{name} must be an integer number of units, or lie between 0 and 1, both excluded: the share of the "
            f"variance to explain; found {value}"
        )
    return share


def n_active(name: str, value: object) -> int | None:
    return None if value is None else n_units(name, value)


def positive_or_none(name: str, value: object) -> float | None:
    if value is None:
        return None
    number = real(name, value)
    if not number > 0:
        raise ValueError(f"{name} must be greater than 0, or None, found {value}")
    return number


def fraction_or_none(name: str, value: object) -> float | None:
    return None if value is None else fraction(name, value)


def hidden_layer_sizes(name: str, value: object) -> tuple[int, ...]:
    if not isinstance(value, (Sequence, np.ndarray)) or isinstance(value, (str, bytes)) or np.ndim(value) != 1:
        raise TypeError(f"{name} must be a sequence of integers such as (1000, 500), {_found(value)}")
    return tuple(n_units(f"each of {name}", size) for size in value)


def fraction(name: str, value: object) -> float:
    number = real(name, value)
    if not 0 < number < 1:
        raise ValueError(f"{name} must lie between 0 and 1, both excluded, found {value}")
    return number


def verbose(name: str, value: object) -> int:
    level = int(value) if isinstance(value, (bool, np.bool_)) else integer(name, value)
    if level < 0:
        raise ValueError(f"{name} must be 0 (silent) or 1 (a line an epoch), found {value}")
    return level


def class_weight(name: str, value: object) -> dict[Any, float] | str | None:
    if value is None or (isinstance(value, str) and value == "balanced"):
        return value
    expected = "None, 'balanced' or a dict such as {0: 1.0, 1: 5.0}, from classes to weights"
    if isinstance(value, str):
        raise ValueError(f"{name} must be {expected}, found {value!r}")
    if not isinstance(value, dict):
        raise TypeError(f"{name} must be {expected}, {_found(value)}")
    weights = {label: real(f"{name}[{label!r}]", weight) for label, weight in value.items()}
    for label, weight in weights.items():
        if not 0 <= weight < np.inf:
            raise ValueError(f"{name}[{label!r}] must be finite and not negative, found {weight}")
    return weights


def n_jobs(name: str, value: object) -> int | None:
    """A number of jobs as `n_threads` takes it."""
    return None if value is None else integer(name, value, bits=32)


def device(name: str, value: object) -> str:
    """The name of a device, whether or not this machine has it."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string such as 'cpu' or 'cuda', {_found(value)}")
    if not re.fullmatch("cpu|auto|cuda(:[0-9]{1,4})?", value):
        raise ValueError(f"{name} must be one of 'cpu', 'cuda', 'cuda:0', 'cuda:1', ..., 'auto', found {value!r}")
    return str(value)


def corruption_fill(name: str, value: object) -> float | str:
    if isinstance(value, str):
        if value not in ("auto", "mean"):
            raise ValueError(f"{name} must be 'auto', 'mean' or a number, found {value!r}")
        return str(value)
    number = real(name, value)
    if not np.isfinite(number):
        raise ValueError(f"{name} must be 'auto', 'mean' or a finite number, found {value}")
    return number


def key(name: str, value: object) -> int:
    """A key of random numbers, 64 bits."""
    number = unbounded_integer(name, value, "an integer in 0 .. 2**64 - 1")
    if not 0 <= number < 2**64:
        raise ValueError(f"{name} must lie in 0 .. 2**64 - 1, found {number}")
    return number


def random_state(name: str, value: object) -> RandomState:
    if value is None or isinstance(value, (np.random.RandomState, np.random.Generator)):
        return value
    if not isinstance(value, Integral):
        raise TypeError(
            f"{name} must be None, an integer, a numpy.random.RandomState or a numpy.random.Generator, {_found(value)}"
        )
    return key(name, value)


def or_auto(check: Callable[[str, object], Any]) -> Callable[[str, object], Any]:
    """Also "auto", which `effort` replaces before training."""

    def convert(name: str, value: object) -> Any:
        return value if isinstance(value, str) and value == "auto" else check(name, value)

    return convert


def one_of(options: Sequence[str], none: bool = False) -> Callable[[str, object], Any]:
    names = [*(["None"] if none else []), *map(repr, options)]

    def convert(name: str, value: object) -> str | None:
        if value is None and none:
            return None
        if not isinstance(value, str):
            raise TypeError(f"{name} must be one of {', '.join(names)}, {_found(value)}")
        if value not in options:
            raise ValueError(f"{name} must be one of {', '.join(names)}, found {value!r}")
        return str(value)

    return convert
