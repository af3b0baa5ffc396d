"""The rows that train and those that validate."""

from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _core
from .._core import DeviceArray
from .arrays import Labels, Rows, Weights, column_extremes, mean_one
from .device import Matrix, column_extremes_of
from .moments import weighted_mean


@dataclass(frozen=True)
class TrainingData:
    """The rows that train and those that validate, as the core names them.

    Weights have mean 1 over their rows, before ``partial_fit`` multiplies them with those of classes. Labels are the
    classes of all rows of x, and of x_validation.
    """

    x: Matrix
    rows: Rows | None = None
    weights: Weights | None = None
    x_validation: Matrix | None = None
    validation_rows: Rows | None = None
    validation_weights: Weights | None = None
    labels: Labels | None = None
    validation_labels: Labels | None = None

    @classmethod
    def split(
        cls, x: Matrix, weights: Weights | None, labels: Labels | None, n_validation: int, seed: int
    ) -> "TrainingData":
        """Set some of the rows of x apart, drawn by the seed; where there are labels, of each class its share."""
        order = _core.permutation(len(x), seed)
        drawn = order[:n_validation] if labels is None else _draw_of_classes(order, weights, labels, n_validation)
        rows, validation_rows = np.setdiff1d(order, drawn), np.sort(drawn)
        return cls(
            x,
            rows,
            mean_one(weights, rows, "every row that trains"),
            x,
            validation_rows,
            mean_one(weights, validation_rows, "every row set apart for validation"),
            labels,
            labels,
        )

    @property
    def n_rows(self) -> int:
        """How many rows train."""
        return len(self.x) if self.rows is None else len(self.rows)

    @property
    def shares(self) -> Weights:
        """s_i / m of each row of x, 0 where it does not train."""
        return _shares(len(self.x), self.rows, self.weights)

    @property
    def validation_shares(self) -> Weights:
        """The same of x_validation, for the rows that validate."""
        n_samples = 0 if self.x_validation is None else len(self.x_validation)
        return _shares(n_samples, self.validation_rows, self.validation_weights)

    @property
    def weighed_rows(self) -> Rows:
        """Those of x that train and have weight."""
        rows = np.arange(len(self.x)) if self.rows is None else self.rows
        return rows if self.weights is None else rows[self.weights[rows] > 0]

    def draw(self, rows: Rows, n_drawn: int, seed: int) -> Rows:
        """So many of these rows, by the seed; where there are labels, of each class its share."""
        order = rows[_core.permutation(len(rows), seed)]
        if self.labels is None:
            return order[:n_drawn]
        return _draw_of_classes(order, self.weights, self.labels, min(n_drawn, len(rows) - len(np.unique(self.labels))))

    def part(self, rows: Rows, apart: Rows | None = None) -> "TrainingData":
        """Of these rows of x alone, validated by those that are set apart."""
        weights = mean_one(self.weights, rows, "every row that trains")
        if apart is None:
            return TrainingData(self.x, rows, weights, labels=self.labels)
        apart = np.sort(apart)
        validation_weights = mean_one(self.weights, apart, "every row set apart for validation")
        return TrainingData(self.x, rows, weights, self.x, apart, validation_weights, self.labels, self.labels)

    def validating(self, trains: "TrainingData") -> "TrainingData":
        """Rows of x, validated by what validates these."""
        return replace(
            trains,
            x_validation=self.x_validation,
            validation_rows=self.validation_rows,
            validation_weights=self.validation_weights,
            validation_labels=self.validation_labels,
        )

    @property
    def judges(self) -> "TrainingData":
        """The rows that validate, as those that train."""
        assert self.x_validation is not None
        return TrainingData(
            self.x_validation, self.validation_rows, self.validation_weights, labels=self.validation_labels
        )

    def mean(self) -> NDArray[np.float64]:
        """The weighted mean of the rows that train, (n_features,)."""
        return weighted_mean(self.x, self.shares)

    def column_extremes(self, seen: NDArray[Any] | None) -> NDArray[Any]:
        """The extremes that the rows that train have, or had before."""
        trains = np.zeros(len(self.x), bool)
        trains[slice(None) if self.rows is None else self.rows] = True
        if self.weights is not None:
            trains &= self.weights > 0
        if isinstance(self.x, DeviceArray):
            extremes = column_extremes_of(self.x)
        else:
            extremes = column_extremes(self.x, trains[:, np.newaxis])
        if seen is None:
            return extremes
        return np.stack([np.minimum(extremes[0], seen[0]), np.maximum(extremes[1], seen[1])])


def count_validation_rows(n_samples: int, validation_fraction: float) -> int:
    """How many rows a split sets apart; ValueError where none would be left."""
    n_validation = ceil(validation_fraction * n_samples)
    if n_validation == n_samples:
        raise ValueError(
            f"validation_fraction={validation_fraction:g} leaves no row to train on, found n_samples={n_samples}: give "
            "more rows, or X_val"
        )
    return n_validation


def count_validation_rows_of_classes(n_samples: int, n_classes: int, validation_fraction: float) -> int:
    """The same where a row of each class trains; ValueError where none would be set apart."""
    n_validation = min(ceil(validation_fraction * n_samples), n_samples - n_classes)
    if n_validation == 0:
        raise ValueError(
            f"early_stopping sets rows apart, but a row of each of the {n_classes} classes trains, which leaves none, "
            f"found n_samples={n_samples}: give more rows, or X_val and y_val"
        )
    return n_validation


def check_extremes(x: Matrix, weights: Weights | None, n_validation: int) -> None:
    """Refuse rows on a GPU that have column extremes, of which only some train."""
    if isinstance(x, DeviceArray) and (n_validation > 0 or (weights is not None and not weights.all())):
        raise ValueError(
            "corruption='salt_and_pepper' needs the extremes of the rows that train, which for X on a GPU are those of "
            "all: give X_val and no weights of zero, or pass X on the host"
        )


def _draw_of_classes(order: Rows, weights: Weights | None, labels: Labels, n_drawn: int) -> Rows:
    """Rows at equal distances, after they were sorted by class and otherwise left in the given order.

    A row of each class is left out before: one that has weight, where any of the class has.
    """
    weightless = np.zeros(len(order), bool) if weights is None else weights == 0
    by_class = order[np.lexsort((weightless[order], labels[order]))]
    _, first_of_class = np.unique(labels[by_class], return_index=True)
    others = np.delete(by_class, first_of_class)
    start = order[0] * len(others) // len(order)  # uniform, so that no class is always missed
    return np.asarray(others[(np.arange(n_drawn) * len(others) + start) // n_drawn])


def _shares(n_samples: int, rows: Rows | None, weights: Weights | None) -> Weights:
    chosen = slice(None) if rows is None else rows
    shares = np.zeros(n_samples)
    shares[chosen] = 1 if weights is None else weights[chosen]
    return shares / (n_samples if rows is None else len(rows))
