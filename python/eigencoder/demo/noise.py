"""Part (d): where an autoencoder fails. In pure noise no feature tells anything about another."""

from dataclasses import dataclass

import numpy as np

from .._progress import TrainingProgress
from . import data
from .codes import N_COMPONENTS, deep_autoencoder
from .findings import Finding

N_TRAIN, N_TEST = 4_000, 10_000


@dataclass(frozen=True)
class Noise:
    """What part (d) measured: shares of variance explained, `score` of an estimator.

    Attributes
    ----------
    explained : on rows of noise not trained on
    explained_of_digits : by the same network, trained on digits, on test pictures
    train_curve, test_curve, digits_curve : the same after each epoch
    """

    explained: float
    explained_of_digits: float
    train_curve: list[float]
    test_curve: list[float]
    digits_curve: list[float]

    @property
    def limit(self) -> float:
        """k/d: what k of d independent features of equal variance hold."""
        return N_COMPONENTS / data.N_PIXELS

    def findings(self) -> list[Finding]:
        return [
            Finding(
                "(d) variance explained of noise",
                f"{self.explained:.1%}",
                f"at most k/d = {self.limit:.1%}",
                self.explained <= self.limit,
            ),
            Finding("    of digits, same network", f"{self.explained_of_digits:.1%}", ""),
        ]


def measure(progress: TrainingProgress, *, max_iter: int = 60) -> Noise:
    rows = np.random.default_rng(0).standard_normal((N_TRAIN + N_TEST, data.N_PIXELS), dtype=np.float32)
    train, test = rows[:N_TRAIN], rows[N_TRAIN:]
    digits = data.digits()
    on_noise, on_digits = deep_autoencoder(max_iter), deep_autoencoder(max_iter)
    with progress.step("(d) pure noise", on_noise):
        on_noise.fit(train, X_val=test)
    with progress.step("    the same network on digits", on_digits):
        on_digits.fit(digits.train, X_val=digits.test)
    return Noise(
        explained=on_noise.score(test),
        explained_of_digits=on_digits.score(digits.test),
        train_curve=_explained(on_noise.loss_curve_, train),
        test_curve=_explained(on_noise.validation_loss_curve_, test),
        digits_curve=_explained(on_digits.validation_loss_curve_, digits.test),
    )


def _explained(errors: list[float], rows: data.Rows) -> list[float]:
    variance = float(rows.var(axis=0, dtype=np.float64).sum())
    return [1 - error / variance for error in errors]
