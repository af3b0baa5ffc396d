"""The deep autoencoder of MNIST, 784-1000-500-250-30-250-500-1000-784, and its squared error.

Hinton & Salakhutdinov (2006), "Reducing the dimensionality of data with neural networks", Science 313: 3.00; 2.65 by a
later network with batch normalisation. Metric: squared error summed over the pixels of a test picture, the mean of the
test pictures; and the seconds to 3.00 and 2.65 beside JAX with the same recipe, weights and order of rows. Training and
the loss of the held-out rows are inside the clock, the test error is not.

The recipe: ELU, a linear code, a sigmoid output trained on its cross-entropy, AdamW with a cosine schedule; the output's
bias starts at the logit of the mean picture.
"""

import time
from typing import Any, NamedTuple

import numpy as np

from eigencoder import Autoencoder
from eigencoder.demo.data import squared_error

from . import data
from .result import Finding, Result, installed, median, ratio, text_of

N_VALIDATION = 5_000
ERROR = 2.55
MILESTONES = (3.00, 2.65)
TIMES_FASTER = 1.15


class Split(NamedTuple):
    """Pictures, (n_pictures, 784) in [0, 1]."""

    train: data.Rows
    validation: data.Rows
    test: data.Rows


class Point(NamedTuple):
    """After an epoch: the seconds of training so far, and the test error."""

    seconds: float
    error: float


def measure(*, quick: bool) -> Result:
    split, n_seeds = split_of_mnist(quick=quick), 1 if quick else 3
    ours, fitted = [], []
    theirs: list[list[Point]] = []
    has_jax = installed("jax")
    for seed in range(n_seeds):
        autoencoder = deep_autoencoder(seed, n_epochs=2 if quick else 60)
        start(autoencoder, split)
        if has_jax:
            from .deep_jax import fit as fit_jax

            theirs.append(fit_jax(autoencoder, split, seed))
        curve = Curve(split)
        autoencoder.set_callbacks(curve)
        autoencoder.fit(split.train, X_val=split.validation)
        ours.append(curve.points)
        fitted.append(autoencoder)
    errors = [squared_error(split.test, autoencoder.reconstruct(split.test)) for autoencoder in fitted]
    findings = [
        Finding(
            what=f"test error, median of {n_seeds} seeds",
            found=median(errors),
            at_most=ERROR,
            seconds=median(points[-1].seconds for points in ours),
            peer="JAX" if has_jax else "",
            peer_found=median(points[-1].error for points in theirs),
            peer_seconds=median(points[-1].seconds for points in theirs),
        )
    ]
    for milestone in MILESTONES:
        seconds, jax_seconds = (
            median(seconds_to(points, milestone) for points in curves) for curves in (ours, theirs)
        )
        findings.append(
            Finding(
                what=f"times as fast as JAX to {milestone}",
                found=ratio(jax_seconds, seconds),
                at_least=TIMES_FASTER,
                seconds=seconds,
                peer_seconds=jax_seconds,
            )
        )
    return Result(
        publication="Hinton & Salakhutdinov 2006: 3.00",
        metric="squared error summed over the pixels of a test picture, pixels in [0, 1]",
        split=text_of_split(split),
        held_out="the weights kept are those of the epoch with the lowest loss on them",
        settings={"autoencoder": text_of(fitted[0])},
        findings=findings,
    )


def split_of_mnist(*, quick: bool) -> Split:
    digits = data.mnist()
    train, validation = digits.train[:-N_VALIDATION], digits.train[-N_VALIDATION:]
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


def start(autoencoder: Autoencoder, split: Split) -> None:
    """Give it its initial weights, and an output that is the mean picture."""
    n_epochs = autoencoder.max_iter
    autoencoder.set_params(max_iter=0).fit(split.train, X_val=split.validation).set_params(max_iter=n_epochs)
    mean = (split.train.sum(axis=0, dtype=np.float64) + 0.5) / (len(split.train) + 1)  # never 0 or 1
    autoencoder.intercepts_[-1][...] = np.log(mean / (1 - mean))


def seconds_to(points: list[Point], error: float) -> float | None:
    """Of training, until the first epoch that ends with a test error no larger."""
    return next((point.seconds for point in points if point.error <= error), None)


class Curve:
    """Follows scikit-learn's callback protocol: stops the clock after each epoch and measures the test error."""

    def __init__(self, split: Split) -> None:
        self.points: list[Point] = []
        self._test = split.test
        self._seconds = 0.0

    def setup(self, estimator: Any, context: Any) -> None: ...

    def teardown(self, estimator: Any, context: Any) -> None: ...

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        if context.parent is None:
            self._started = time.perf_counter()

    def on_fit_task_end(self, estimator: Any, context: Any, *, fitted_estimator: Any) -> None:
        if context.parent is not None:
            self._seconds += time.perf_counter() - self._started
            error = squared_error(self._test, fitted_estimator.reconstruct(self._test))
            self.points.append(Point(self._seconds, error))
            self._started = time.perf_counter()
