"""Turns: everything that is compared runs A B C A B C, so that a change of the machine's speed meets all of it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Protocol

PAUSE_SECONDS = 0.1  # before a turn: the threads of whoever ran before spin for a while, then sleep


@dataclass(frozen=True)
class Turns:
    """How often each takes its turn, and how long a turn is at least."""

    n_rounds: int
    seconds: float


class TakesTurns(Protocol):
    def take_turn(self, seconds: float) -> None: ...


@dataclass
class Timed:
    """Something to run again and again, and the seconds of its fastest run."""

    run: Callable[[], object]
    seconds: float = inf

    def take_turn(self, seconds: float) -> None:
        """Run at least once, and again until the turn is over."""
        start = time.perf_counter()
        end = start + seconds
        while True:
            self.run()
            now = time.perf_counter()
            self.seconds = min(self.seconds, now - start)
            if now >= end:
                return
            start = now


def best_seconds(runs: Sequence[Callable[[], object]], turns: Turns, peak: TakesTurns) -> list[float]:
    """Seconds of the fastest run of each; the peak takes its turns among them."""
    timed = [Timed(run) for run in runs]
    for _ in range(turns.n_rounds):
        for each in (*timed, peak):
            time.sleep(PAUSE_SECONDS)
            each.take_turn(turns.seconds)
    return [each.seconds for each in timed]
