"""Full batch minimisation by L-BFGS: Nocedal & Wright (2006), Algorithms 7.5, 3.5 and 3.6; csrc/model/lbfgs.cpp."""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .config import Array

N_CORRECTIONS = 10
SUFFICIENT_DECREASE = 1e-4
SUFFICIENT_FLATNESS = 0.9
MOST_TRIALS = 20
RESOLUTION = float(np.finfo(np.float64).eps)


class Trial(NamedTuple):
    """A point on the search line."""

    step: float
    value: float
    slope: float
    x: Array
    gradient: Array


class Lbfgs:
    """Minimises ``function``, which answers with its value and its gradient, from x on."""

    def __init__(self, function: Callable[[Array], tuple[float, Array]], x: Array) -> None:
        self._function = function
        self._corrections: deque[tuple[Array, Array]] = deque(maxlen=N_CORRECTIONS)
        self.x = x
        self.value, self._gradient = function(x)

    def iterate(self) -> bool:
        """Move x to a lower value; False where none is found."""
        if not np.isfinite(self.value):
            return False
        trial = self._search()
        if trial is None and self._corrections:  # what is remembered misleads
            self._corrections.clear()
            trial = self._search()
        if trial is None:
            return False
        step, change = trial.x - self.x, trial.gradient - self._gradient
        if step @ change > RESOLUTION * np.linalg.norm(step) * np.linalg.norm(change):
            self._corrections.append((step, change))
        self.x, self.value, self._gradient = trial.x, trial.value, trial.gradient
        return True

    def _direction(self) -> Array:
        """-H gradient, H made of the corrections (Algorithm 7.4)."""
        direction = -self._gradient
        factors = []
        for step, change in reversed(self._corrections):
            factors.append(step @ direction / (step @ change))
            direction = direction - factors[-1] * change
        if self._corrections:
            step, change = self._corrections[-1]
            direction = step @ change / (change @ change) * direction
        else:
            direction = direction / max(1.0, float(np.linalg.norm(direction)))
        for step, change in self._corrections:
            direction = direction + (factors.pop() - change @ direction / (step @ change)) * step
        return direction

    def _search(self) -> Trial | None:
        """A step that meets the strong Wolfe conditions (Algorithm 3.5)."""
        direction = self._direction()
        start = Trial(0.0, self.value, float(self._gradient @ direction), self.x, self._gradient)
        if not start.slope < 0:
            return None
        previous, step = start, 1.0
        for i in range(MOST_TRIALS):
            trial = self._try(direction, step)
            too_high = not trial.value <= start.value + SUFFICIENT_DECREASE * step * start.slope
            if too_high or (i > 0 and trial.value >= previous.value):
                return self._zoom(direction, start, previous, trial)
            if abs(trial.slope) <= -SUFFICIENT_FLATNESS * start.slope:
                return trial
            if trial.slope >= 0:
                return self._zoom(direction, start, trial, previous)
            previous, step = trial, 2 * step
        return None

    def _zoom(self, direction: Array, start: Trial, low: Trial, high: Trial) -> Trial | None:
        """The same between two steps, of which ``low`` has the lower value (Algorithm 3.6)."""
        for _ in range(MOST_TRIALS):
            if -start.slope * abs(high.step - low.step) <= RESOLUTION * abs(start.value):
                break
            trial = self._try(direction, minimum_of_cubic(low, high))
            too_high = not trial.value <= start.value + SUFFICIENT_DECREASE * trial.step * start.slope
            if too_high or trial.value >= low.value:
                high = trial
                continue
            if abs(trial.slope) <= -SUFFICIENT_FLATNESS * start.slope:
                return trial
            if trial.slope * (high.step - low.step) >= 0:
                high = low
            low = trial
        return low if low.step != 0 else None  # lower, if not as flat as asked for

    def _try(self, direction: Array, step: float) -> Trial:
        x = self.x + step * direction
        value, gradient = self._function(x)
        return Trial(step, value, float(gradient @ direction), x, gradient)


@np.errstate(invalid="ignore", divide="ignore", over="ignore")
def minimum_of_cubic(a: Trial, b: Trial) -> float:
    """Where the cubic through both values and slopes is lowest, not too near to either end (equation 3.59)."""
    width = b.step - a.step
    d1 = a.slope + b.slope - 3 * (np.float64(b.value) - a.value) / width
    d2 = np.copysign(np.sqrt(d1 * d1 - a.slope * b.slope), width)
    share = 1 - (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2)
    return float(a.step + width * (np.clip(share, 0.1, 0.9) if np.isfinite(share) else 0.5))
