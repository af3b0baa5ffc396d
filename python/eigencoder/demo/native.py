"""The last rows of the table: how fast the native core is, and how exact."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from .. import reference
from .._progress import TrainingProgress
from ..autoencoder import Autoencoder
from ..denoising import DenoisingAutoencoder
from ..gradients import check_gradients
from ..sparse import SparseAutoencoder
from . import data
from .codes import BATCH_SIZE, HIDDEN_LAYER_SIZES, LEARNING_RATE, N_COMPONENTS, deep_autoencoder
from .findings import Finding

N_RUNS = 3
ALLOWED_LOSS_GAP = {"float32": 1e-4, "float64": 1e-9}


@dataclass(frozen=True)
class Speed:
    """A training in the native core over the same one in `eigencoder.reference`, one thread each.

    Attributes
    ----------
    dtype : of the native run; NumPy computes in float64
    ratio : samples a second, the native core's over NumPy's
    loss_gap : the largest relative difference between the two loss curves
    """

    dtype: str
    ratio: float
    loss_gap: float

    def finding(self) -> Finding:
        allowed = ALLOWED_LOSS_GAP[self.dtype]
        return Finding(
            f"C++ over NumPy, {self.dtype}",
            f"{self.ratio:.1f}x",
            f"loss gap {self.loss_gap:.0e} < {allowed:.0e}",
            self.loss_gap < allowed,
        )


@dataclass(frozen=True)
class Native:
    """Speeds, and the worst error that `check_gradients` found."""

    speeds: list[Speed]
    gradient_error: float
    gradients_agree: bool

    def findings(self) -> list[Finding]:
        return [
            *(speed.finding() for speed in self.speeds),
            Finding("worst gradient error", f"{self.gradient_error:.0e}", "against differences", self.gradients_agree),
        ]


def measure(progress: TrainingProgress, *, max_iter: int = 20) -> Native:
    digits = data.digits()
    with progress.step("    C++ and NumPy"):
        speeds = _speeds(digits.train, max_iter)
    with progress.step("    gradients"):
        reports = [
            check_gradients(autoencoder.set_params(random_state=0, n_jobs=1), digits.train[:10])
            for autoencoder in (
                Autoencoder(8, hidden_layer_sizes=(16,), activation="tanh"),
                SparseAutoencoder(16),
                DenoisingAutoencoder(16),
            )
        ]
    return Native(
        speeds,
        gradient_error=max(max(report.native_reference, report.native_differences) for report in reports),
        gradients_agree=all(report.ok for report in reports),
    )


def _speeds(rows: data.Rows, max_iter: int) -> list[Speed]:
    with threadpool_limits(1):
        numpy_seconds, expected = _fastest(lambda: _numpy_loss_curve(rows, max_iter))
    speeds = []
    for dtype in ALLOWED_LOSS_GAP:
        seconds, found = _fastest(partial(_native_loss_curve, rows.astype(dtype), max_iter))
        loss_gap = float(np.max(np.abs(np.divide(found, expected) - 1)))
        speeds.append(Speed(dtype, numpy_seconds / seconds, loss_gap))
    return speeds


def _fastest(run: Callable[[], list[float]]) -> tuple[float, list[float]]:
    """The shortest time of some runs, in seconds, and what they return."""
    times = []
    for _ in range(N_RUNS):
        start = perf_counter()
        result = run()
        times.append(perf_counter() - start)
    return min(times), result


def _native_loss_curve(rows: NDArray[Any], max_iter: int) -> list[float]:
    return deep_autoencoder(max_iter).fit(rows).loss_curve_


def _numpy_loss_curve(rows: NDArray[Any], max_iter: int) -> list[float]:
    return reference.fit(
        reference.Network(
            (data.N_PIXELS, *HIDDEN_LAYER_SIZES, N_COMPONENTS, *HIDDEN_LAYER_SIZES, data.N_PIXELS),
            ("tanh", "identity", "tanh", "identity"),
        ),
        reference.Objective(),
        reference.Optimizer(learning_rate_init=LEARNING_RATE),
        reference.Schedule(batch_size=BATCH_SIZE, max_iter=max_iter, n_iter_no_change=max_iter),
        reference.Dataset.of(rows),
        seed=0,
    ).loss_curve
