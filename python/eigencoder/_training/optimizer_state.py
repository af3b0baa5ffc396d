"""What a training leaves for partial_fit to go on from, besides the weights."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .network import Network
from .settings import TrainingSettings

# Moments that begin at 0 would make the first steps at trained weights as long as at random ones.
_N_WARMUP_UPDATES = 10


class OptimizerState(NamedTuple):
    """Of a solver that has moments.

    Where the weights of the estimator, ``packed``, are not the parameters that the optimizer moves, but an average of
    them or folded, these stand here. The rate grows over the first ``n_warmup_updates``.
    """

    solver: str
    first_moment: NDArray[Any]
    second_moment: NDArray[Any]
    average: NDArray[Any] | None
    parameters: NDArray[Any] | None
    packed: NDArray[Any] | None
    mean_activity: NDArray[np.float64] | None
    n_updates: int
    n_warmup_updates: int

    def kept(self, parameters: NDArray[Any], packed: NDArray[Any] | None, n_updates: int) -> "OptimizerState":
        """What the estimator keeps when the parameters have been moved; ``packed`` None: they are its weights."""
        if packed is None:
            return self._replace(n_updates=n_updates)
        average = None if self.average is None else self.average.copy()  # coefs_ may be changed in place
        return self._replace(average=average, parameters=parameters, packed=packed, n_updates=n_updates)

    def _continued(
        self, packed: NDArray[Any] | None, averages: bool
    ) -> tuple[NDArray[Any], NDArray[Any] | None] | None:
        """Parameters and average to go on from, unless coefs_ are not as they were left."""
        if self.packed is None or self.parameters is None or packed is None or (self.packed != packed).any():
            return None
        average = self.parameters if self.average is None else self.average
        return (self.parameters.copy(), average.copy()) if averages else (average.copy(), None)


def begin(
    kept: OptimizerState | None,
    settings: TrainingSettings,
    network: Network,
    parameters: NDArray[Any],
    *,
    packed: NDArray[Any] | None,
) -> tuple[OptimizerState, NDArray[Any]]:
    """The state of a training that begins at these parameters, and the parameters that it is to move.

    ``packed`` are the estimator's weights from which the optimizer goes on; None: it starts afresh.
    """
    if (
        kept is None
        or kept.solver != settings.solver
        or kept.first_moment.shape != parameters.shape  # where tied_weights has changed
    ):
        zeros = np.zeros(0 if settings.solver == "exact" else len(parameters), parameters.dtype)
        n_warmup_updates = 0 if packed is None else _N_WARMUP_UPDATES
        kept = OptimizerState(settings.solver, zeros, zeros, None, None, None, None, 0, n_warmup_updates)
    averages = settings.averaging is not None
    parameters, average = kept._continued(packed, averages) or (parameters, parameters.copy() if averages else None)
    mean_activity = None
    if settings.has_mean_activity:
        mean_activity = np.full(network.n_components, np.nan)
        if kept.mean_activity is not None and kept.mean_activity.shape == mean_activity.shape:
            mean_activity = kept.mean_activity.copy()
    # The core changes them in place, and a shallow copy of the estimator shares the kept ones.
    state = kept._replace(
        first_moment=kept.first_moment.copy(),
        second_moment=kept.second_moment.copy(),
        average=average,
        mean_activity=mean_activity,
    )
    return state, parameters
