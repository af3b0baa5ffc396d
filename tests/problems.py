"""Small networks with data that lies away from the kinks of the activations, for gradients by differences."""

from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eigencoder.reference import Dataset, Network, Objective, training
from eigencoder.reference.formulas import ACTIVATIONS, ACTIVITIES, LOSSES
from eigencoder.reference.kernels import CORRUPTIONS, Noise, dense_forward, gather_corrupt
from eigencoder.reference.objective import PENALTIES
from tolerances import KINK_MARGIN

Array = NDArray[np.float64]
NOISE_SEED = 0
LAYER_SIZES = {1: (4, 3, 4), 3: (3, 3, 2, 2, 2, 3, 3)}  # by depth

# Everything that can be combined.
CASES = [
    (depth, activation, loss, penalty, corruption, tied)
    for depth, activation, loss, penalty, corruption, tied in product(
        LAYER_SIZES, ACTIVATIONS, LOSSES, PENALTIES, CORRUPTIONS, (False, True)
    )
    if penalty != "kl" or activation in ACTIVITIES
]


class Problem(NamedTuple):
    network: Network
    objective: Objective
    parameters: Array
    x: Array
    sample_weight: Array

    def loss_and_gradients(self, parameters: Array) -> tuple[float, Array]:
        return training.loss_and_gradients(
            self.network,
            self.objective,
            parameters,
            self.x,
            sample_weight=self.sample_weight,
            noise_seed=NOISE_SEED,
        )

    def distance_to_kink(self) -> float:
        """The least |z| of any layer."""
        data = Dataset.of(self.x)
        noise = Noise(self.objective.corruption, self.objective.corruption_level, NOISE_SEED)
        _, a = gather_corrupt(data, data.rows, noise)
        least = np.inf
        for layer, activation in zip(self.network.layers(self.parameters), self.network.activations, strict=True):
            least = min(least, np.abs(dense_forward(a, *layer, "identity")).min())
            a = dense_forward(a, *layer, activation)
        return float(least)


def network_of(depth: int, activation: str, code: str, output: str, *, tied: bool) -> Network:
    hidden = (activation,) * (depth - 1)
    return Network(LAYER_SIZES[depth], (*hidden, code, *hidden, output), tied)


def problem_away_from_kinks(network: Network, objective: Objective) -> Problem:
    for seed in range(1000):
        rng = np.random.default_rng(seed)
        parameters = training.initialise(network, seed) + rng.normal(scale=0.3, size=network.n_parameters)
        x = rng.uniform(size=(4, network.layer_sizes[0]))
        problem = Problem(network, objective, parameters, x, sample_weight=np.array([0.5, 2.0, 0.0, 1.0]))
        if problem.distance_to_kink() > KINK_MARGIN:
            return problem
    raise AssertionError("no data away from the kinks: enlarge the search")


def problem_of(depth: int, activation: str, loss: str, penalty: str, corruption: str, tied: bool) -> Problem:
    output = "sigmoid" if LOSSES[loss].from_logits else activation
    return problem_away_from_kinks(
        network_of(depth, activation, activation, output, tied=tied),
        Objective(loss, 0.1, penalty, sparsity=0.2, sparsity_weight=0.7, corruption=corruption),
    )
