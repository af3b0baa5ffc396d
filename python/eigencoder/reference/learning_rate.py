"""The learning rate of each update of a fit."""

import numpy as np

from .config import Optimizer

LEARNING_RATES = ("constant", "invscaling", "adaptive", "cosine")


class LearningRateSchedule:
    """What ``learning_rate`` makes of ``learning_rate_init``, as the fit goes on."""

    lowest = 1e-6  # of "adaptive"

    def __init__(self, optimizer: Optimizer, n_batches: int, n_epochs: int) -> None:
        if optimizer.learning_rate not in LEARNING_RATES:
            raise ValueError(f"found {optimizer.learning_rate!r}, expected one of {list(LEARNING_RATES)}")
        self._optimizer = optimizer
        self._n_warmup = optimizer.warmup_epochs * n_batches
        self._n_updates = n_batches * n_epochs
        self._rate = optimizer.learning_rate_init

    def begin_epoch(self, rows_seen: int) -> None:
        """ "invscaling": learning_rate_init / (rows seen in the epochs before + 1)^power_t, as in scikit-learn."""
        if self._optimizer.learning_rate == "invscaling":
            self._rate = self._optimizer.learning_rate_init / (rows_seen + 1) ** self._optimizer.power_t

    def __call__(self, update: int, age: int, n_warmup_updates: int) -> float:
        """The rate of update 0, 1, ... of this fit, where the moments have seen ``age`` updates.

        It grows linearly in ``warmup_epochs``, and while the moments are younger than ``n_warmup_updates``.

        "cosine" then falls to 0 at the last update: rate (1 + cos(pi progress)) / 2 (Loshchilov & Hutter 2017).
        """
        rate = self._rate * min(1.0, (update + 1) / max(self._n_warmup, 1.0))
        rate *= min(1.0, (age + 1) / max(n_warmup_updates, 1))
        if self._optimizer.learning_rate == "cosine":
            progress = max(0.0, update - self._n_warmup) / max(self._n_updates - self._n_warmup, 1.0)
            rate *= (1 + np.cos(np.pi * min(progress, 1.0))) / 2
        return float(rate)

    def lower(self) -> bool:
        """Where progress has stopped: whether to go on, with a fifth of the rate ("adaptive", as in scikit-learn)."""
        if self._optimizer.learning_rate != "adaptive" or self._rate <= self.lowest:
            return False
        self._rate /= 5
        return True
