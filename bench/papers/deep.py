"""The deep autoencoder of MNIST, 784-1000-500-250-30-250-500-1000-784, and its squared error.

Hinton & Salakhutdinov (2006), "Reducing the dimensionality of data with neural networks", Science 313: 3.00; 2.65 by a
later network with batch normalisation. Metric: squared error summed over the pixels of a test picture, the mean of the
test pictures; and the seconds to 3.00 and 2.65 beside JAX with the same recipe, weights and order of rows. Training and
the loss of the held-out rows are inside the clock, the test error is not.

The recipe: ELU, a linear code, a sigmoid output trained on its cross-entropy, AdamW with a cosine schedule; the bias of
the output starts at the logit of the mean picture.
"""

import time
from typing import Any, NamedTuple

import numpy as np

from eigencoder import Autoencoder
from eigencoder.demo.data import squared_error

from ..agreement import DisagreementError
from . import data
from .result import Finding, Result, installed, median, ratio, text_of

N_EPOCHS = 60
HELD_OUT = "the weights kept are those of the epoch with the lowest loss on them"
ERROR = 2.55
MILESTONES = (3.00, 2.65)
TIMES_FASTER = 1.15
AGREEMENT = 1e-4


class Split(NamedTuple):
    """Pictures, (n_pictures, 784) in [0, 1]."""

    train: data.Rows
    validation: data.Rows
    test: data.Rows


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


def split_of_mnist(*, quick: bool) -> Split:
    digits = data.mnist()
    train, validation = np.split(digits.train, [len(digits.train) * 11 // 12])
    n_rows = 500 if quick else None
    return Split(train[:n_rows], validation[:n_rows], digits.test)


def text_of_split(split: Split) -> str:
    return f"MNIST, {len(split.train):,} train, {len(split.validation):,} held out, {len(split.test):,} test"


def deep_autoencoder(seed: int, n_epochs: int) -> Autoencoder:
    return Autoencoder(
        30,
        hidden_layer_sizes=(1000, 500, 250),
        activation="elu",
        code_activation="identity",
        output_activation="sigmoid",
        loss="binary_crossentropy",
        solver="adamw",
        alpha=0.1,
        learning_rate_init=3e-3,
        learning_rate="cosine",
        warmup_epochs=0.05 * n_epochs,
        batch_size=128,
        max_iter=n_epochs,
        tol=0.0,
        n_iter_no_change=n_epochs,
        early_stopping=True,
        warm_start=True,
        random_state=seed,
    )


def started(seed: int, split: Split, *, quick: bool) -> Autoencoder:
    """With its initial weights, and an output that is the mean picture."""
    n_epochs = 2 if quick else N_EPOCHS
    autoencoder = deep_autoencoder(seed, n_epochs)
    autoencoder.set_params(max_iter=0).fit(split.train, X_val=split.validation)
    autoencoder.set_params(max_iter=n_epochs)
    mean = (split.train.sum(axis=0, dtype=np.float64) + 0.5) / (len(split.train) + 1)  # never 0 or 1
    autoencoder.intercepts_[-1][...] = np.log(mean / (1 - mean))
    return autoencoder


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
