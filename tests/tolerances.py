"""The one table of numeric tolerances. A test names an entry, never a number.

Keys are (backend, dtype); the backend "reference" is NumPy, "cpu" every native engine of a CPU level, "cuda" that of a
GPU, emulated or not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

_T = TypeVar("_T", float, np.ndarray[Any, np.dtype[np.float64]])


@dataclass(frozen=True)
class Tolerance:
    """|actual - expected| <= relative (|expected| + floor max|expected|), entry by entry."""

    relative: float
    floor: float = 0.0

    def assert_close(self, actual: ArrayLike, expected: ArrayLike) -> None:
        actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
        absolute = self.relative * self.floor * np.abs(expected).max(initial=0.0)
        np.testing.assert_allclose(actual, expected, rtol=self.relative, atol=absolute)


@dataclass(frozen=True)
class Differences(Tolerance):
    """A tolerance of gradients against fourth-order central differences, and the step of these."""

    step: float = 1e-3

    def derivative(self, function: Callable[[float], _T]) -> _T:
        """Of a function of a displacement, at displacement 0."""
        near = function(self.step) - function(-self.step)
        far = function(2 * self.step) - function(-2 * self.step)
        return (8 * near - far) / (12 * self.step)


# One formula on the same numbers.
FORMULA = {
    ("reference", "float64"): Tolerance(1e-11),
    ("cpu", "float64"): Tolerance(1e-11, floor=1e-3),
    ("cpu", "float32"): Tolerance(1e-5, floor=1e-2),
    ("cuda", "float64"): Tolerance(1e-11, floor=1e-3),
    ("cuda", "float32"): Tolerance(1e-5, floor=1e-2),
}

# Values far below the largest, relative to themselves.
SMALL_VALUES = {
    ("cpu", "float64"): Tolerance(1e-11),
    ("cpu", "float32"): Tolerance(1e-5),
    ("cuda", "float64"): Tolerance(1e-11),
    ("cuda", "float32"): Tolerance(1e-5),
}

# Gradients against differences of J in float64, on data with no |z| within KINK_MARGIN of a kink.
GRADIENT = Differences(5e-6, floor=1e-3, step=1e-3)
KINK_MARGIN = 0.01

# J, gradients and outputs of the native core against the reference. In float32 PyTorch's gradients lie within 1.4e-4
# (floor 1e-3) of the reference on networks of 6 features; wider ones sum more roundings.
NATIVE_OVER_REFERENCE = {
    ("cpu", "float64"): Tolerance(1e-10, floor=1e-3),
    ("cpu", "float32"): Tolerance(1e-3, floor=1e-2),
    ("cuda", "float64"): Tolerance(1e-10, floor=1e-3),
    ("cuda", "float32"): Tolerance(1e-3, floor=1e-2),
}

# Parameters and curves after twenty steps of training.
TRAINING = {
    ("cpu", "float64"): Tolerance(1e-9, floor=1e-3),
    ("cpu", "float32"): Tolerance(1e-3, floor=1e-2),
    ("cuda", "float64"): Tolerance(1e-9, floor=1e-3),
    ("cuda", "float32"): Tolerance(1e-3, floor=1e-2),
}

# Two ways to the same result in float64, such as sample weights and repeated rows.
EQUIVALENCE = Tolerance(1e-10, floor=1e-3)

# Codes and losses of rows in other units, as a share of the largest: offsets of 1e3 spreads in float32, 1e5 in float64.
OTHER_UNITS = {"float32": 1e-4, "float64": 1e-9}

# The first loss of a network that starts from PCA, over PCA's.
PCA_START = Tolerance(1e-4)

# The least cost that another library's optimiser finds.
OPTIMUM_OF_ANOTHER = Tolerance(1e-4)

# The cost that two line searches reach in as many iterations.
LINE_SEARCH = Tolerance(0.01)

# The gradient at an exact solution, as a share of that beside it.
AT_OPTIMUM = 1e-12

# How far the training error of a linear autoencoder may stay above PCA's.
PCA_GAP = 0.01

# A statistic of random draws lies within this many of its standard deviations.
N_SIGMA = 5.0

# Figures that the documents show: results of whole trainings, rounded, perhaps measured on another kind of processor.
DOCUMENTED = Tolerance(0.02, floor=0.1)

# An exported network in another runtime: onnxruntime's float32 sigmoid is off by up to 5e-7.
OTHER_RUNTIME = {"float32": Tolerance(2e-6, floor=1.0), "float64": Tolerance(1e-14, floor=1.0)}

# A pipeline that skl2onnx converted, with its scaler and logistic regression; "far from zero": columns near 1.7e9.
CONVERTED = {
    "float32": Tolerance(5e-6, floor=1.0),
    "float64": Tolerance(1e-13, floor=1.0),
    "far from zero": Tolerance(1e-7, floor=1.0),
}
