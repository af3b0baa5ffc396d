"""What a file says in JSON, taken key by key: nothing of it is trusted, and nothing is left over."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

from ..exceptions import ModelFormatError

_T = TypeVar("_T")
_BOUND = 2**1024
_NOT_FINITE = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}


def malformed(finding: str) -> ModelFormatError:
    """The error of a file that is whole, but not what save_model of this version writes."""
    return ModelFormatError(f"{finding}: save the model anew, or upgrade eigencoder if a later version wrote it")


class Fields:
    """An object of a file. ``name`` says where it stands."""

    def __init__(self, value: object, name: str) -> None:
        if not isinstance(value, dict):
            raise _unexpected(name, "an object", value)
        self._left: dict[str, Any] = dict(value)
        self.name = name

    @classmethod
    def parse(cls, text: bytes, name: str) -> "Fields":
        """Of JSON in UTF-8."""
        try:
            value = json.loads(text.decode(), object_pairs_hook=_unique, parse_constant=_refused)
        except (ValueError, RecursionError) as error:
            raise malformed(f"{name} is no JSON ({error})") from error
        return cls(value, name)

    def __contains__(self, key: str) -> bool:
        return key in self._left

    def take(self, key: str, convert: Callable[[Any], _T]) -> _T:
        """A value, converted. The function says in a ValueError what it expects."""
        if key not in self._left:
            raise malformed(f"{self.name} lacks {key!r}")
        value = self._left.pop(key)
        try:
            return convert(value)
        except ModelFormatError:
            raise
        except ValueError as error:
            raise _unexpected(f"{key!r} of {self.name}", str(error), value) from error

    def take_if(self, key: str, convert: Callable[[Any], _T], default: _T) -> _T:
        """The same, or the default where there is no such key."""
        return self.take(key, convert) if key in self else default

    def items(self) -> list[tuple[str, "Fields"]]:
        """All that is left, each an object."""
        left, self._left = self._left, {}
        return [(key, Fields(value, f"{key!r} of {self.name}")) for key, value in left.items()]

    def end(self) -> None:
        """Refuse what has not been taken."""
        for key in self._left:
            raise malformed(f"{self.name} has the unknown key {key!r}")


def fields_of(name: str) -> Callable[[Any], Fields]:
    """An object, under the name by which it is spoken of."""
    return lambda value: Fields(value, name)


def text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a string")
    return value


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise ValueError("an integer in 0 .. 2**63 - 1")
    return value


def key(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**64:
        raise ValueError("an integer in 0 .. 2**64 - 1")
    return value


def real(value: object) -> float:
    if isinstance(value, str) and value in _NOT_FINITE:
        return _NOT_FINITE[value]
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not -_BOUND < value < _BOUND:
        raise ValueError('a number of 64 bits, "nan", "inf" or "-inf"')
    return float(value)


def of_real(value: float) -> float | str:
    """A number as `real` reads it."""
    value = float(value)
    return value if abs(value) < float("inf") else str(value)


def one_of(*options: Any) -> Callable[[Any], Any]:
    def convert(value: object) -> Any:
        if value not in options:
            raise ValueError(f"one of {', '.join(map(repr, options))}")
        return value

    return convert


def list_of(convert: Callable[[Any], _T]) -> Callable[[Any], list[_T]]:
    def convert_each(value: object) -> list[_T]:
        if not isinstance(value, list):
            raise ValueError("a list")
        return [convert(each) for each in value]

    return convert_each


def or_none(convert: Callable[[Any], _T]) -> Callable[[Any], _T | None]:
    return lambda value: None if value is None else convert(value)


def _unexpected(name: str, expected: str, found: object) -> ModelFormatError:
    shown = repr(found)
    shown = shown if len(shown) <= 60 else f"{shown[:60]}..."
    return malformed(f"{name} must be {expected}, found {shown}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")
