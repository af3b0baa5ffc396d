"""What the cells say together, beside the bounds that the defaults are to keep."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

LOSS, GAIN = -0.005, 0.02
NEARLY_ALL = 0.97  # explained by PCA: little is left to gain
FEW_ENTRIES = 1_000_000


@dataclass(frozen=True)
class Cell:
    """Shares of the variance of held-out rows that are explained, means of the splits; times of a fit, their medians.

    The network of scikit-learn is fitted to the first split alone, and not to large tables; that with a hidden layer
    not to codes that this layer is too narrow for.
    """

    data: str
    n_samples: int
    n_features: int
    scaling: str
    n_components: int
    pca: float
    linear_minus_pca: float
    hidden_minus_pca: float | None
    mlp_of_first_split: float | None
    pca_seconds: float
    linear_seconds: float
    hidden_seconds: float | None
    linear_over_pca: float
    hidden_over_pca: float | None

    @property
    def name(self) -> str:
        return f"{self.data}, {self.scaling}, {self.n_components}"

    @property
    def n_entries(self) -> int:
        return self.n_samples * self.n_features


@dataclass(frozen=True)
class Figure:
    """What some cells say together, and its bound if it has one; if it is that of one cell, which."""

    figure: str
    found: float
    target: str = ""
    cell: str = ""


def summary(cells: Sequence[Cell]) -> list[Figure]:
    """Of the linear network, of that with a hidden layer, and of the wall times; only of cells that there are."""
    linear = {cell.name: cell.linear_minus_pca for cell in cells}
    hidden = {cell.name: cell.hidden_minus_pca for cell in cells if cell.hidden_minus_pca is not None}
    losses = [difference for difference in linear.values() if difference < LOSS]
    hidden_losses = [difference for difference in hidden.values() if difference < LOSS]
    gains = [hidden[cell.name] for cell in cells if cell.name in hidden and cell.pca < NEARLY_ALL]
    linear_time = {cell.name: cell.linear_seconds / (2 * cell.pca_seconds + 0.02) for cell in cells}
    hidden_time = {cell: cell.hidden_seconds for cell in cells if cell.hidden_seconds is not None}
    few = {cell.name: seconds for cell, seconds in hidden_time.items() if cell.n_entries <= FEW_ENTRIES}
    many = {
        cell.name: seconds / max(10 * cell.pca_seconds, 5.0)
        for cell, seconds in hidden_time.items()
        if cell.n_entries > FEW_ENTRIES
    }
    return [
        *worst("linear minus pca, worst", linear, min, f"at least {LOSS}"),
        *mean("linear minus pca, mean", list(linear.values()), "at least -0.0005"),
        Figure(f"linear minus pca, cells of {len(cells)} below {LOSS}", len(losses), "0"),
        *worst("hidden minus pca, worst", hidden, min, f"at least {LOSS}"),
        Figure(f"hidden minus pca, cells of {len(hidden)} below {LOSS}", len(hidden_losses), "0"),
        *mean(f"hidden minus pca, mean where pca < {NEARLY_ALL}", gains, "at least 0.03"),
        *mean(
            f"share of these {len(gains)} cells with at least +{GAIN}", [gain >= GAIN for gain in gains], "at least 0.4"
        ),
        *worst("linear, s over 2 pca + 0.02 s, worst", linear_time, max, "at most 1"),
        *worst("hidden, s where entries <= 1e6, worst", few, max, "at most 3"),
        *worst("hidden, s over max(10 pca, 5 s) where more, worst", many, max, "at most 1"),
    ]


def worst(figure: str, values: Mapping[str, float], choose: Callable[..., str], target: str = "") -> Iterator[Figure]:
    if values:
        cell = choose(values, key=values.__getitem__)
        yield Figure(figure, values[cell], target, cell)


def mean(figure: str, values: Sequence[float], target: str) -> Iterator[Figure]:
    if values:
        yield Figure(figure, float(np.mean(values)), target)
