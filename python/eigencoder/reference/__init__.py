"""What every formula means, in NumPy and float64: the oracle that the native core is checked against.

Read it like a textbook: formulas (one number), kernels (one batch), objective (J and its gradient), training (the
loop), random (where every random number comes from); and beside them scaling (the units of a training), start (weights
that are PCA) and exact (solutions in closed form). It imports NumPy and the standard library only, and is slow on
purpose where that reads better.
"""

from .config import Dataset, Network, Objective, Optimizer, Schedule, TrainingState, Units
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
    "Units",
    "fit",
    "loss_and_gradients",
]
