"""Fit both defaults beside PCA: a cell is a table, raw or standardised, with one size of the code."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from scipy.linalg import svdvals
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import ShuffleSplit
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler

from eigencoder import Autoencoder

from ..timing import Timed
from .data import DataSet, Table
from .summary import Cell, summary

N_SPLITS = 5
SIZES, SHARE = (2, 8), 0.9
N_HIDDEN = 64
QUICK_ENTRIES = 10_000  # of a table, at most
MLP_ENTRIES = 20_000  # it takes longer than all others together

Splits: TypeAlias = Sequence[tuple[Table, Table]]


class Fit(NamedTuple):
    """The share of the variance of the held-out rows that it explains, and its wall time."""

    score: float
    seconds: float


def measure(data_sets: Sequence[DataSet], *, quick: bool, report: Callable[[str], None]) -> dict[str, Sequence[Any]]:
    """The tables, by their titles; ``report`` is given a line after each data set. Nothing of a missing package."""
    fit(Autoencoder(1), np.eye(4), np.eye(4))  # whatever a first fit loads
    cells: list[Cell] = []
    for data_set in data_sets:
        try:
            table = data_set.table()
        except ImportError as error:
            report(f"{data_set.name}: left out: {error}")
            continue
        if not quick or table.size <= QUICK_ENTRIES:
            cells += cells_of(data_set.name, table, 1 if quick else N_SPLITS)
            report(f"{data_set.name}: measured")
    return {"defaults": cells, "summary": summary(cells)} if cells else {}


def cells_of(name: str, table: Table, n_splits: int) -> Iterator[Cell]:
    shuffled = ShuffleSplit(n_splits, test_size=0.25, random_state=0).split(table)
    raw = [(table[train], table[test]) for train, test in shuffled]
    for scaling, splits in (("raw", raw), ("standardised", [standardised(*split) for split in raw])):
        for n_components in sizes(splits[0][0]):
            yield cell(name, table, scaling, splits, n_components)


def standardised(train: Table, test: Table) -> tuple[Table, Table]:
    scaler = StandardScaler().fit(train)
    return scaler.transform(train), scaler.transform(test)


def sizes(train: Table) -> list[int]:
    """SIZES and that by which PCA explains SHARE of these rows, as far as they are below the rank of the rows."""
    singular_values = svdvals(train - train.mean(axis=0))
    rank = np.sum(singular_values > singular_values[0] * max(train.shape) * np.finfo(np.float64).eps)
    shares = np.cumsum(singular_values**2) / np.sum(singular_values**2)
    return [size for size in sorted({*SIZES, int(np.searchsorted(shares, SHARE)) + 1}) if size < rank]


def cell(name: str, table: Table, scaling: str, splits: Splits, n_components: int) -> Cell:
    pca = fits(partial(PCA, n_components), splits)
    linear = fits(partial(Autoencoder, n_components), splits)
    is_passed_on = n_components <= N_HIDDEN  # a narrower layer could carry no more coordinates than it has units
    hidden = fits(partial(Autoencoder, n_components, hidden_layer_sizes=(N_HIDDEN,)), splits) if is_passed_on else None
    n_samples, n_features = table.shape
    return Cell(
        data=name,
        n_samples=n_samples,
        n_features=n_features,
        scaling=scaling,
        n_components=n_components,
        pca=pca.score,
        linear_minus_pca=linear.score - pca.score,
        hidden_minus_pca=hidden.score - pca.score if hidden else None,
        mlp_of_first_split=mlp_score(n_components, *splits[0]) if table.size <= MLP_ENTRIES else None,
        pca_seconds=pca.seconds,
        linear_seconds=linear.seconds,
        hidden_seconds=hidden.seconds if hidden else None,
        linear_over_pca=linear.seconds / pca.seconds,
        hidden_over_pca=hidden.seconds / pca.seconds if hidden else None,
    )


def fits(estimator: Callable[..., Any], splits: Splits) -> Fit:
    """The mean score and the median time."""
    scores, seconds = zip(*(fit(estimator(random_state=i), *split) for i, split in enumerate(splits)), strict=True)
    return Fit(float(np.mean(scores)), float(np.median(seconds)))


def fit(estimator: Any, train: Table, test: Table) -> Fit:
    timed = Timed(partial(estimator.fit, train))
    timed.take_turn(0.0)
    return Fit(explained(test, estimator.inverse_transform(estimator.transform(test))), timed.seconds)


def mlp_score(n_components: int, train: Table, test: Table) -> float:
    """Of scikit-learn's network of the same layers, trained to answer X with X."""
    mlp = MLPRegressor(hidden_layer_sizes=(N_HIDDEN, n_components, N_HIDDEN), random_state=0)
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        mlp.fit(train, train)
    return explained(test, mlp.predict(test))


def explained(test: Table, reconstruction: Table) -> float:
    """1 - sum ||x - h||^2 / sum ||x - mean||^2."""
    return float(1 - np.sum((test - reconstruction) ** 2) / np.sum((test - test.mean(axis=0)) ** 2))
