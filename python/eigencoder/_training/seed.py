"""The key of every random number of a training, and what its drawing does to the user's generator."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np
from sklearn.utils import check_random_state

from .checks import RandomState

_Generator: TypeAlias = np.random.RandomState | np.random.Generator


class Draw:
    """A key: an integer random_state itself, else the kept one, else 64 bits drawn from the generator."""

    def __init__(self, random_state: RandomState, kept: int | None) -> None:
        self._generator: _Generator | None = None
        if isinstance(random_state, int):
            self.key = random_state
        elif kept is not None:
            self.key = kept
        else:
            self._generator = (
                random_state if isinstance(random_state, np.random.Generator) else check_random_state(random_state)
            )
            self._before = _state(self._generator)
            self.key = _draw(self._generator)

    @contextmanager
    def undone_on_error(self) -> Iterator[None]:
        """Put the generator back where the body fails, unless others have drawn from it too."""
        try:
            yield
        except BaseException:
            if self._generator is not None and self._was_last_of(self._generator):
                _set_state(self._generator, self._before)
            raise

    def _was_last_of(self, generator: _Generator) -> bool:
        replica = copy.deepcopy(generator)
        _set_state(replica, self._before)
        return _draw(replica) == self.key and _equal(_state(replica), _state(generator))


def next_key(generator: _Generator) -> int:
    """The key that it would give; it stays as it is."""
    return _draw(copy.deepcopy(generator))


def _draw(generator: _Generator) -> int:
    integers = generator.integers if isinstance(generator, np.random.Generator) else generator.randint
    return int(integers(2**64, dtype=np.uint64))


def _state(generator: _Generator) -> Any:
    if isinstance(generator, np.random.Generator):
        return generator.bit_generator.state
    return generator.get_state(legacy=False)


def _set_state(generator: _Generator, state: Any) -> None:
    if isinstance(generator, np.random.Generator):
        generator.bit_generator.state = state
    else:
        generator.set_state(state)


def _equal(state: Any, other: Any) -> bool:
    if isinstance(state, dict):
        return state.keys() == other.keys() and all(_equal(state[name], other[name]) for name in state)
    return np.array_equal(state, other)
