"""What all others are compared with."""

from dataclasses import asdict
from typing import Any

from eigencoder import Autoencoder

from ..workloads import OPTIMIZER, SEED, Workload
from .peer import Peer


class EigencoderFit(Peer):
    """The public estimator, its validation of the data and its own initial weights and shuffles included."""

    name = "eigencoder"
    own_noise = False

    def __init__(self, workload: Workload, n_jobs: int | None = None) -> None:
        super().__init__(workload)
        settings: dict[str, Any] = asdict(workload.objective)
        for name in ("penalty", "corruption"):
            settings[name] = None if settings[name] == "none" else settings[name]
        self.autoencoder = Autoencoder(
            n_components=workload.layer_sizes[workload.code],
            hidden_layer_sizes=workload.layer_sizes[1 : workload.code],
            activation="sigmoid",
            output_activation="identity",
            **settings,
            scale=None,
            init="glorot",
            solver=OPTIMIZER.solver,
            learning_rate_init=OPTIMIZER.learning_rate_init,
            beta_1=OPTIMIZER.beta_1,
            beta_2=OPTIMIZER.beta_2,
            epsilon=OPTIMIZER.epsilon,
            batch_size=workload.batch_size,
            max_iter=workload.n_epochs,
            tol=0.0,
            n_iter_no_change=workload.n_epochs + 1,  # never stops early
            random_state=SEED,
            n_jobs=n_jobs,
            device=self.device,
        )

    def fit(self) -> list[float]:
        return self.autoencoder.fit(self.workload.x).loss_curve_
