"""Who is timed. A peer is one class, listed in PEERS; eigencoder comes first, since ratios are taken against it."""

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eigencoder import Autoencoder, reference
from eigencoder.reference import kernels

from .numpy_loop import NumpyLoop
from .peer import Peer
from .workloads import OPTIMIZER, SEED, Workload


class Eigencoder(Peer):
    """The public estimator, its validation of the data and its own initial weights and shuffles included."""

    name = "eigencoder"

    def __init__(self, workload: Workload) -> None:
        super().__init__(workload)
        sizes = workload.layer_sizes
        code = len(sizes) // 2
        self._autoencoder = Autoencoder(
            n_components=sizes[code],
            hidden_layer_sizes=sizes[1:code],
            activation="sigmoid",
            output_activation="identity",
            loss="squared_error",
            **asdict(OPTIMIZER),
            batch_size=workload.batch_size,
            max_iter=0,  # initial weights only
            tol=0.0,
            n_iter_no_change=workload.n_epochs + 1,  # never stops early
            random_state=SEED,
        ).fit(workload.x)
        self._autoencoder.set_params(max_iter=workload.n_epochs)

    def fit(self) -> list[float]:
        return self._autoencoder.fit(self.workload.x).loss_curve_

    def transform(self) -> NDArray[Any]:
        return self._autoencoder.transform(self.workload.x)


class Reference(Peer):
    """eigencoder.reference: float64 and written to be read. It fits few rows, so that it stays quick."""

    name = "eigencoder.reference"
    dtype = "float64"
    fit_limit = (1000, 3)

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
            reference.Objective(loss="squared_error"),
            OPTIMIZER,
            self._schedule,
            self._data,
            seed=SEED,
            state=self._state,
        )
        return result.loss_curve

    def transform(self) -> NDArray[Any]:
        network = self.workload.network
        layers = network.layers(self._state.parameters)[: network.code_layer + 1]
        code = self._data.x
        for (weights, bias), activation in zip(layers, network.activations, strict=False):
            code = kernels.dense_forward(code, weights, bias, activation)
        return code


PEERS: tuple[type[Peer], ...] = (Eigencoder, NumpyLoop, Reference)
