"""Training by need: cycles of a cosine, each twice as long as the one before, until longer ones gain nothing.

Where a network could learn its rows by heart others judge it: some that are set apart or, where they are few, each fold
in turn; then all rows train, for as many cycles as the folds have found. The start stays unless it is beaten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .. import _core
from .._data.training_data import TrainingData
from .callbacks import Reporter
from .exact import FitResult

_FEWEST_TO_SPLIT, _SHARE_APART = 500, 0.15
_N_FOLDS, _FEWEST_TO_FOLD = 5, 100


@dataclass
class Branch:
    """A network on its way; ``data`` train it, the rows that train of ``judges`` judge it."""

    data: TrainingData
    judges: TrainingData
    parameters: NDArray[Any]
    scales: NDArray[Any] | None


class Trainable(Protocol):
    """A training, as far as cycles need it."""

    data: TrainingData
    seed: int
    parameters: NDArray[Any]
    scales: NDArray[Any] | None

    @property
    def tol(self) -> float:
        """What a cycle must gain of the loss for a longer one to follow."""

    @property
    def starts_well(self) -> bool:
        """Whether the start is worth to be kept."""

    def cycle_lengths(self, n_rows: int, n_networks: int) -> tuple[int, ...]:
        """The epochs of each cycle, where so many networks are trained by so many rows each."""

    def cycle(
        self, branch: Branch, n_epochs: int, first_epoch: int, reporter: Reporter | None
    ) -> tuple[_core.FitResult, BaseException | None]:
        """Train the branch with a fresh optimizer, whose rate falls along a cosine."""

    def initial(self, data: TrainingData) -> tuple[NDArray[Any], NDArray[Any] | None]:
        """The initial parameters that these rows give, and their scales."""

    def loss(self, data: TrainingData, parameters: NDArray[Any]) -> float:
        """J of the rows that train."""

    def errors(self, data: TrainingData, parameters: NDArray[Any]) -> NDArray[np.float64] | None:
        """l of each row that trains, where J is its mean."""


class Judgement:
    """How good the branches are together: the error of each row that judges, or else J."""

    def __init__(self, training: Trainable, branches: Sequence[Branch]) -> None:
        self.shares = np.concatenate([branch.judges.shares[branch.judges.weighed_rows] for branch in branches])
        errors = [training.errors(branch.judges, branch.parameters) for branch in branches]
        known = [error for error in errors if error is not None]
        self.errors = np.concatenate(known) if known else None
        if self.errors is None:
            self.loss = float(np.mean([training.loss(branch.judges, branch.parameters) for branch in branches]))
        else:
            self.loss = float(np.sum(self.shares * self.errors)) / len(branches)

    def beats(self, start: "Judgement") -> bool:
        """By more than the standard error of the difference, where that is known."""
        if self.errors is None or start.errors is None:
            return self.loss < start.loss
        gains = start.errors - self.errors
        gain = np.sum(self.shares * gains)
        return bool(gain > np.sqrt(np.sum(np.square(self.shares * (gains - gain)))))


class Course:
    """What cycles have reported together."""

    def __init__(self) -> None:
        self.loss_curve: list[float] = []
        self.validation_loss_curve: list[float] = []
        self.rows_seen = 0

    @property
    def n_epochs(self) -> int:
        return len(self.loss_curve)

    def add(self, result: _core.FitResult) -> None:
        self.loss_curve += result.loss_curve
        self.validation_loss_curve += result.validation_loss_curve
        self.rows_seen += result.rows_seen

    def result(self, status: str, best_loss: float) -> FitResult:
        return FitResult(status, self.loss_curve, self.validation_loss_curve, best_loss, self.rows_seen)


def train(
    training: Trainable, reporter: Reporter, *, overfits: bool, can_restart: bool
) -> tuple[FitResult, BaseException | None]:
    """Train by need, and leave the best parameters in the training."""
    data, rows = training.data, training.data.weighed_rows
    judges = data.part(rows)
    trains = data.validating(judges)
    lengths = training.cycle_lengths(len(rows), 1)
    if overfits and data.x_validation is not None:
        judges = data.judges
    elif overfits and len(rows) >= _FEWEST_TO_SPLIT:
        apart = data.draw(rows, round(_SHARE_APART * len(rows)), training.seed)
        trains = data.part(np.setdiff1d(rows, apart), apart)
        judges = trains.judges
    elif overfits and len(rows) < _FEWEST_TO_FOLD:
        lengths = () if training.starts_well else lengths  # nothing could tell
    elif overfits and can_restart:
        lengths = training.cycle_lengths(len(rows), 1 + _N_FOLDS)
        n_cycles, failure = _count_by_folds(training, lengths, rows)
        if failure is not None:
            return failure
        lengths = lengths[:n_cycles]
    return _climb(training, Branch(trains, judges, training.parameters, training.scales), lengths, reporter)


def one_iteration(training: Trainable, reporter: Reporter) -> tuple[FitResult, BaseException | None]:
    """Count the start as an epoch, where there is nothing to gain."""
    data, result = training.data, FitResult("interrupted", [], [], np.inf, rows_seen=0)
    try:
        if reporter.on_epoch_begin is not None:
            reporter.on_epoch_begin(0)
        loss = training.loss(data, training.parameters)
        validation = [] if data.x_validation is None else [training.loss(data.judges, training.parameters)]
        result = FitResult("converged", [loss], validation, loss, rows_seen=data.n_rows)
        if reporter.on_epoch_end is not None:
            reporter.on_epoch_end(0, loss, *(validation or [np.nan]))
    except BaseException as exception:
        return result, exception
    return result, None


def _climb(
    training: Trainable, branch: Branch, lengths: Sequence[int], reporter: Reporter
) -> tuple[FitResult, BaseException | None]:
    course = Course()
    start = best = Judgement(training, [branch])
    initial, parameters = branch.parameters.copy(), branch.parameters.copy()
    before = np.inf
    for length in lengths:
        result, exception = training.cycle(branch, length, course.n_epochs, reporter)
        course.add(result)
        if exception is not None or result.status == "diverged":
            try:
                return course.result(result.status, best.loss), exception
            finally:
                del exception  # its traceback holds this frame: keeping it would make a cycle
        judgement = Judgement(training, [branch])
        if judgement.loss < best.loss:
            best = judgement
            parameters[...] = branch.parameters
        if judgement.loss >= (1 - training.tol) * before or result.status == "stopped":
            break
        before = judgement.loss
    if not best.beats(start):
        best, parameters = start, initial
    branch.parameters[...] = parameters
    if course.n_epochs == 0:
        return one_iteration(training, reporter)
    return course.result("converged", best.loss), None


def _count_by_folds(
    training: Trainable, lengths: Sequence[int], rows: NDArray[np.int64]
) -> tuple[int, tuple[FitResult, BaseException | None] | None]:
    """After how many cycles the rows are rebuilt best by networks that they do not train; the failure, if any."""
    order = training.data.draw(rows, len(rows), training.seed)
    branches = []
    for fold in range(_N_FOLDS):
        apart = np.sort(order[fold::_N_FOLDS])
        data = training.data.part(np.setdiff1d(rows, apart))
        branches.append(Branch(data, training.data.part(apart), *training.initial(data)))
    start = best = Judgement(training, branches)
    n_best, n_epochs, before = 0, 0, np.inf
    for n_cycles, length in enumerate(lengths, start=1):
        for branch in branches:
            result, exception = training.cycle(branch, length, n_epochs, None)
            if exception is not None or result.status == "diverged":
                try:
                    return 0, (Course().result(result.status, start.loss), exception)
                finally:
                    del exception  # as in `_climb`
        n_epochs += length
        judgement = Judgement(training, branches)
        if judgement.loss < best.loss:
            n_best, best = n_cycles, judgement
        if judgement.loss >= (1 - training.tol) * before:
            break
        before = judgement.loss
    return n_best if best.beats(start) else 0, None
