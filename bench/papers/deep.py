"""The deep autoencoder of MNIST, 784-1000-500-250-30-250-500-1000-784, and its squared error.

Hinton & Salakhutdinov (2006), "Reducing the dimensionality of data with neural networks", Science 313: 3.00; 2.65 by a
later network with batch normalisation. Metric: squared error summed over the pixels of a test picture, the mean of the
test pictures; and the seconds to 3.00 and 2.65 beside JAX with the same recipe, weights and order of rows. Training and
the loss of the held-out rows are inside the clock, the test error is not. The recipe is in deep_recipe.py.
"""

import time
from typing import Any, NamedTuple

from eigencoder import Autoencoder
from eigencoder.demo.data import squared_error

from ..agreement import DisagreementError
from . import data
from .deep_recipe import HELD_OUT, Split, split_of_mnist, started, text_of_split
from .result import Finding, Result, installed, median, ratio, text_of

ERROR = 2.55
MILESTONES = (3.00, 2.65)
TIMES_FASTER = 1.15
AGREEMENT = 1e-4


class Point(NamedTuple):
    """After an epoch: the seconds of training so far, and the test error."""

    seconds: float
    error: float


class Run(NamedTuple):
    """A training; ``error`` is the test error of the weights that were kept, ``loss_curve`` that of the estimator."""

    points: list[Point]
    error: float
    loss_curve: list[float]

    @property
    def seconds(self) -> float:
        return self.points[-1].seconds

    def seconds_to(self, error: float) -> float | None:
        """Of training, until the first epoch that ends with a test error no larger."""
        return next((point.seconds for point in self.points if point.error <= error), None)


def measure(*, quick: bool) -> Result:
    split = split_of_mnist(quick=quick)
    autoencoders = [started(seed, split, quick=quick) for seed in range(1 if quick else 3)]
    ours: list[Run] = []
    theirs: list[Run] = []
    has_jax = installed("jax")
    for autoencoder in autoencoders:
        if has_jax:
            from .deep_jax import train as train_jax

            theirs.append(train_jax(autoencoder, split))
        ours.append(train(autoencoder, split))
        if has_jax:
            check_agreement(ours[-1], theirs[-1])
    findings = [
        Finding(
            what=f"test error, median of {len(ours)} seeds",
            found=median(run.error for run in ours),
            at_most=ERROR,
            seconds=median(run.seconds for run in ours),
            peer="JAX" if has_jax else "",
            peer_found=median(run.error for run in theirs),
            peer_seconds=median(run.seconds for run in theirs),
        )
    ]
    for milestone in MILESTONES:
        seconds, jax_seconds = (median(run.seconds_to(milestone) for run in runs) for runs in (ours, theirs))
        findings.append(
            Finding(
                what=f"times as fast as JAX to {milestone:.2f}",
                found=ratio(jax_seconds, seconds),
                at_least=TIMES_FASTER if has_jax else None,
                seconds=seconds,
                peer="JAX" if has_jax else "",
                peer_seconds=jax_seconds,
            )
        )
    return Result(
        publication="Hinton & Salakhutdinov 2006: 3.00",
        metric="squared error summed over the pixels of a test picture, pixels in [0, 1]",
        split=text_of_split(split),
        held_out=HELD_OUT,
        settings={"autoencoder": text_of(autoencoders[0])},
        findings=findings,
    )


def train(autoencoder: Autoencoder, split: Split) -> Run:
    curve = Curve(split.test)
    autoencoder.set_callbacks(curve)
    autoencoder.fit(split.train, X_val=split.validation)
    autoencoder.set_callbacks()
    error = squared_error(split.test, autoencoder.reconstruct(split.test))
    return Run(curve.points, error, autoencoder.loss_curve_)


def check_agreement(ours: Run, theirs: Run) -> None:
    """Raise DisagreementError if the first epochs, before roundings grow, have other losses."""
    difference = abs(theirs.loss_curve[0] / ours.loss_curve[0] - 1)
    if not difference <= AGREEMENT:
        raise DisagreementError(
            f"the losses of the first epoch are {ours.loss_curve[0]} and by JAX {theirs.loss_curve[0]}, expected a "
            f"relative difference of at most {AGREEMENT}: mend it, seconds mean nothing between different trainings"
        )


class Curve:
    """Follows scikit-learn's callback protocol: stops the clock after each epoch and measures the test error."""

    def __init__(self, test: data.Rows) -> None:
        self.points: list[Point] = []
        self._test = test
        self._seconds = 0.0
        self._started = time.perf_counter()

    def setup(self, estimator: Any, context: Any) -> None: ...

    def teardown(self, estimator: Any, context: Any) -> None: ...

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None: ...

    def on_fit_task_end(self, estimator: Any, context: Any, *, fitted_estimator: Any) -> None:
        if context.parent is not None:
            self._seconds += time.perf_counter() - self._started
            error = squared_error(self._test, fitted_estimator.reconstruct(self._test))
            self.points.append(Point(self._seconds, error))
            self._started = time.perf_counter()
