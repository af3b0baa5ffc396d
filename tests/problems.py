"""Small networks with data that lies away from the kinks of the activations, for gradients by differences."""

from functools import partial
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eigencoder.reference import Dataset, Network, Objective, training
from eigencoder.reference.formulas import ACTIVATIONS, ACTIVITIES, LOSSES
from eigencoder.reference.kernels import CORRUPTIONS, Noise, dense_forward, gather_corrupt, largest
from eigencoder.reference.objective import PENALTIES, value_and_gradients
from tolerances import GRADIENT, KINK_MARGIN

Array = NDArray[np.float64]
NOISE_SEED = 0
RECONSTRUCTION_LOSSES = [loss for loss in LOSSES if loss != "softmax_crossentropy"]
LAYER_SIZES = {1: (4, 3, 4), 3: (3, 3, 2, 2, 2, 3, 3)}  # by depth


class Case(NamedTuple):
    depth: int
    activation: str
    loss: str
    penalty: str
    corruption: str
    tied: bool
    n_active: int = 0

    @property
    def is_possible(self) -> bool:
        if self.penalty == "contractive":
            return self.depth == 1 and not self.n_active
        return self.penalty != "kl" or self.activation in ACTIVITIES


# Everything that can be combined.
CASES = [
    Case(*case)
    for case in product(LAYER_SIZES, ACTIVATIONS, RECONSTRUCTION_LOSSES, PENALTIES, CORRUPTIONS, (False, True), (0, 1))
    if Case(*case).is_possible
]


# What a classifier may have: one softmax layer, or two layers, on encoders of both depths.
CLASSIFIERS = [
    (Network((*sizes, 3), (*(activation,) * (len(sizes) - 1), "identity"), False, n_active, n_encoder), penalty)
    for sizes, n_encoder in (((4, 3), 1), ((4, 3, 2), 2), ((4, 2, 3), 1))
    for activation in ACTIVATIONS
    for n_active in (0, 1)
    for penalty in PENALTIES
    if Case(n_encoder, activation, "", penalty, "", False, n_active).is_possible
]


class Problem(NamedTuple):
    network: Network
    objective: Objective
    parameters: Array
    x: Array
    sample_weight: Array
    labels: NDArray[np.int64] | None = None

    def loss_and_gradients(self, parameters: Array) -> tuple[float, Array]:
        return training.loss_and_gradients(
            self.network,
            self.objective,
            parameters,
            self.x,
            sample_weight=self.sample_weight,
            noise_seed=NOISE_SEED,
            labels=self.labels,
        )

    def differences(self) -> Array:
        """The gradient by differences of J, whose noise is drawn once."""
        data = Dataset.of(
            self.x, weights=self.sample_weight, labels=self.labels, n_classes=self.network.layer_sizes[-1]
        )
        noise = Noise(self.objective.corruption, self.objective.corruption_level, NOISE_SEED)
        x, inputs = gather_corrupt(data, data.rows, noise)

        def loss(moved: int, displacement: float) -> float:
            parameters = self.parameters.copy()
            parameters[moved] += displacement
            return value_and_gradients(self.network, self.objective, parameters, x, inputs, data.weights)[0]

        return np.array([GRADIENT.derivative(partial(loss, which)) for which in range(len(self.parameters))])

    def distance_to_kink(self) -> float:
        """The least |z| of any layer, or the least distance of a code unit that stays to one that does not."""
        data = Dataset.of(self.x)
        noise = Noise(self.objective.corruption, self.objective.corruption_level, NOISE_SEED)
        _, a = gather_corrupt(data, data.rows, noise)
        least = np.inf
        n_active = self.network.n_active
        for layer, (weights, bias) in enumerate(self.network.layers(self.parameters)):
            least = min(least, np.abs(dense_forward(a, weights, bias, "identity")).min())
            a = dense_forward(a, weights, bias, self.network.activations[layer])
            if layer == self.network.code_layer and n_active:
                ordered = -np.sort(-a, axis=1)
                least = min(least, (ordered[:, n_active - 1] - ordered[:, n_active]).min())
                a = np.where(largest(a, n_active), a, 0.0)
        return float(least)


def network_of(depth: int, activation: str, code: str, output: str, *, tied: bool, n_active: int = 0) -> Network:
    hidden = (activation,) * (depth - 1)
    return Network(LAYER_SIZES[depth], (*hidden, code, *hidden, output), tied, n_active)


def problem_away_from_kinks(network: Network, objective: Objective) -> Problem:
    for seed in range(1000):
        rng = np.random.default_rng(seed)
        parameters = training.initialise(network, seed) + rng.normal(scale=0.3, size=network.n_parameters)
        x = rng.uniform(size=(4, network.layer_sizes[0]))
        labels = np.array([0, 2, 1, 2]) if network.n_encoder_layers else None
        problem = Problem(network, objective, parameters, x, np.array([0.5, 2.0, 0.0, 1.0]), labels)
        if problem.distance_to_kink() > KINK_MARGIN:
            return problem
    raise AssertionError("no data away from the kinks: enlarge the search")


def classifier_problem(network: Network, penalty: str) -> Problem:
    objective = Objective("softmax_crossentropy", 0.1, penalty, sparsity=0.2, sparsity_weight=0.7, corruption="masking")
    return problem_away_from_kinks(network, objective)


def problem_of(case: Case) -> Problem:
    output = "sigmoid" if LOSSES[case.loss].from_logits else case.activation
    return problem_away_from_kinks(
        network_of(case.depth, case.activation, case.activation, output, tied=case.tied, n_active=case.n_active),
        Objective(case.loss, 0.1, case.penalty, sparsity=0.2, sparsity_weight=0.7, corruption=case.corruption),
    )
