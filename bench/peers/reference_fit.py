"""The oracle of the tests, which says here what all peers must compute."""

import numpy as np

from eigencoder import reference

from ..workloads import OPTIMIZER, SEED, Workload
from .peer import Peer


class ReferenceFit(Peer):
    """eigencoder.reference: float64 and written to be read. It fits few rows, so that it stays quick."""

    name = "NumPy reference"
    dtype = "float64"
    fit_limit = (1024, 2)
    own_noise = False

    def __init__(self, workload: Workload) -> None:
        super().__init__(workload)
        self._data = reference.Dataset.of(workload.x)
        zeros = np.zeros_like(workload.initial_parameters)
        self._state = reference.TrainingState(workload.initial_parameters, zeros, zeros)
        self._schedule = reference.Schedule(
            batch_size=workload.batch_size, max_iter=workload.n_epochs, n_iter_no_change=workload.n_epochs + 1
        )

    def fit(self) -> list[float]:
        result = reference.fit(
            self.workload.network,
            self.workload.objective,
            OPTIMIZER,
            self._schedule,
            self._data,
            seed=SEED,
            state=self._state,
        )
        return result.loss_curve
