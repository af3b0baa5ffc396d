"""Native gradients against differences and against the reference."""

import numpy as np
import pytest

from eigencoder import Autoencoder, _core, check_gradients
from eigencoder.reference import Network, Objective, training
from problems import CASES, NOISE_SEED, Problem, problem_of
from tolerances import GRADIENT, NATIVE_OVER_REFERENCE


def estimator_of(problem: Problem) -> Autoencoder:
    """An estimator with the problem's network, objective and weights."""
    network, objective = problem.network, problem.objective
    n_encoder = network.n_layers // 2
    estimator = Autoencoder(
        network.layer_sizes[n_encoder],
        hidden_layer_sizes=network.layer_sizes[1:n_encoder],
        activation=network.activations[0],
        code_activation=network.activations[network.code_layer],
        output_activation=network.activations[-1],
        tied_weights=network.tied_weights,
        loss=objective.loss,
        alpha=objective.alpha,
        penalty=None if objective.penalty == "none" else objective.penalty,
        sparsity=objective.sparsity,
        sparsity_weight=objective.sparsity_weight,
        corruption=None if objective.corruption == "none" else objective.corruption,
        corruption_level=objective.corruption_level,
        max_iter=0,
    ).fit(problem.x)
    for layer, (weights, bias) in enumerate(network.layers(problem.parameters)):
        estimator.coefs_[layer][...] = weights
        estimator.intercepts_[layer][...] = bias
    return estimator


@pytest.mark.parametrize(("depth", "activation", "loss", "penalty", "corruption", "tied"), CASES)
def test_gradients_agree_over_the_full_product(
    depth: int, activation: str, loss: str, penalty: str, corruption: str, tied: bool
) -> None:
    problem = problem_of(depth, activation, loss, penalty, corruption, tied)
    report = check_gradients(estimator_of(problem), problem.x)
    assert report.ok, repr(report)
    assert report.native_differences <= GRADIENT.relative
    assert report.native_reference <= NATIVE_OVER_REFERENCE["cpu", "float64"].relative


def native_loss_and_gradients(
    network: Network, objective: Objective, parameters: np.ndarray, x: np.ndarray, weights: np.ndarray, n_threads: int
) -> tuple[float, np.ndarray]:
    gradients = np.full_like(parameters, np.nan)
    loss = _core.loss_and_gradients(
        _core.NetworkConfig(network.layer_sizes, network.activations, network.tied_weights),
        _core.ObjectiveConfig(**vars(objective)),
        x=x,
        weights=weights,
        column_extremes=np.stack([x.min(axis=0), x.max(axis=0)]),
        noise_seed=NOISE_SEED,
        parameters=parameters,
        gradients=gradients,
        n_threads=n_threads,
    )
    return loss, gradients


# Beyond each panel of the product and each block of a gradient, multiples of nothing, and one of everything.
SHAPES = {
    "beyond all": (1050, (1061, 35, 1061)),
    "wide": (530, (270, 410, 270)),
    "deep": (67, (33, 17, 5, 17, 33)),
    "one row": (1, (20, 7, 20)),
    "one feature": (9, (1, 3, 1)),
    "one unit": (37, (50, 1, 50)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("penalty", ["none", "kl", "l1"])
@pytest.mark.parametrize("shape", SHAPES)
def test_any_shape_agrees_with_the_reference(shape: str, penalty: str, tied: bool, dtype: str) -> None:
    n_samples, sizes = SHAPES[shape]
    network = Network(sizes, ("sigmoid",) * (len(sizes) - 2) + ("identity",), tied)
    objective = Objective(alpha=0.01, penalty=penalty, corruption="masking")
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(n_samples, sizes[0])).astype(dtype)
    weights = rng.uniform(0.5, 1.5, n_samples)
    weights /= weights.mean()
    parameters = training.initialise(network, 1).astype(dtype)
    loss, gradients = native_loss_and_gradients(network, objective, parameters, x, weights, n_threads=2)

    expected_loss, expected_gradients = training.loss_and_gradients(
        network, objective, parameters.astype(float), x, sample_weight=weights, noise_seed=NOISE_SEED
    )
    tolerance = NATIVE_OVER_REFERENCE["cpu", dtype]
    tolerance.assert_close(loss, expected_loss)
    tolerance.assert_close(gradients, expected_gradients)
