"""The share of the variance that a reconstruction explains."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import gen_batches


def squared_deviation(x: NDArray[Any], weights: NDArray[np.float64]) -> float:
    """sum_i s_i ||x_i - mean||^2, exactly 0 where all rows of x that have a weight are equal."""
    origin = x[weights.argmax()].astype(np.float64)  # differences from it are exactly 0 for equal rows
    batches = list(gen_batches(len(x), 1024))
    mean = sum(weights[rows] @ (x[rows] - origin) for rows in batches) / weights.sum()
    return float(sum(weights[rows] @ ((x[rows] - origin - mean) ** 2).sum(axis=1) for rows in batches))


def explained(error: float, deviation: float) -> float:
    """1 - error / deviation; where there is no variance 1 for an exact reconstruction and else 0."""
    return float(error == 0) if deviation == 0 else float(1 - error / deviation)
