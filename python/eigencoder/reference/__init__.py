"""What every formula means, in NumPy and float64: the oracle that the native core is checked against.

Read it like a textbook: formulas (one number), kernels (one batch), objective (J and its gradient), training (the
loop), random (where every random number comes from). It imports NumPy and the standard library only, and is slow on
purpose where that reads better.
"""

from .config import Dataset, Network, Objective, Optimizer, Schedule, TrainingState
from .estimator import loss_and_gradients
from .training import FitResult, fit

__all__ = [
    "Dataset",
    "FitResult",
    "Network",
    "Objective",
    "Optimizer",
    "Schedule",
    "TrainingState",
    "fit",
    "loss_and_gradients",
]
