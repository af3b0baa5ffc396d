"""scikit-learn's network, told to reconstruct its input."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from ..workloads import OPTIMIZER, PLAIN, Workload
from .peer import Peer


class GivenOrders(np.random.RandomState):
    """Shuffles row numbers, time after time, so that they end up in the given orders, one after the other."""

    def __init__(self, orders: list[NDArray[np.int64]]) -> None:
        super().__init__()
        before = np.arange(len(orders[0]))
        self._moves = []
        for order in orders:
            self._moves.append(np.argsort(before)[order])  # before[moves] is order
            before = order
        self._turn = 0

    def shuffle(self, x: Any) -> None:
        x[:] = self._moves[self._turn]
        self._turn = (self._turn + 1) % len(self._moves)


class SklearnMlp(Peer):
    """MLPRegressor. Its loss is ours over 2 n_features, so that Adam's epsilon is halved to make the same steps."""

    name = "scikit-learn MLPRegressor"

    def __init__(self, workload: Workload) -> None:
        super().__init__(workload)
        self._layers = workload.initial_layers
        self._network = MLPRegressor(
            hidden_layer_sizes=workload.layer_sizes[1:-1],
            activation="logistic",
            solver="adam",
            alpha=0.0,
            batch_size=workload.batch_size,
            learning_rate_init=OPTIMIZER.learning_rate_init,
            beta_1=OPTIMIZER.beta_1,
            beta_2=OPTIMIZER.beta_2,
            epsilon=OPTIMIZER.epsilon / 2,
            max_iter=workload.n_epochs,
            tol=0.0,
            n_iter_no_change=np.inf,  # a warm start goes on counting
            warm_start=True,  # from the weights that fit sets
            random_state=GivenOrders(workload.orders),
        )
        self._run()  # sets everything that a warm start needs

    @classmethod
    def supports(cls, workload: Workload) -> bool:
        # Its last batch has the rows that are left.
        return workload.objective == PLAIN and workload.n_samples % workload.batch_size == 0

    def fit(self) -> list[float]:
        self._network.coefs_ = [weights.copy() for weights, _ in self._layers]
        self._network.intercepts_ = [bias.copy() for _, bias in self._layers]
        self._network.loss_curve_ = []
        self._run()
        scale = 2 * self.workload.layer_sizes[0]
        return [scale * loss for loss in self._network.loss_curve_]

    def _run(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # max_iter is the budget here
            self._network.fit(self.workload.x, self.workload.x)
