"""Native gradients against differences and against the reference."""

import numpy as np
import pytest

from backend import BACKEND, DEVICE
from eigencoder import Autoencoder, _core, check_gradients
from eigencoder.reference import Network, Objective, training
from eigencoder.reference.objective import PENALTIES
from problems import CASES, NOISE_SEED, Case, Problem, problem_of
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
        n_active=network.n_active or None,
        corruption=None if objective.corruption == "none" else objective.corruption,
        corruption_level=objective.corruption_level,
        max_iter=0,
        device=DEVICE,
    ).fit(problem.x)
    for layer, (weights, bias) in enumerate(network.layers(problem.parameters)):
        estimator.coefs_[layer][...] = weights
        estimator.intercepts_[layer][...] = bias
    return estimator


@pytest.mark.skipif(BACKEND != "cpu", reason="differences of a loss that is slow to get")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradients_agree_over_the_full_product(case: Case) -> None:
    problem = problem_of(case)
    report = check_gradients(estimator_of(problem), problem.x)
    assert report.ok, repr(report)
    assert report.native_differences <= GRADIENT.relative
    assert report.native_reference <= NATIVE_OVER_REFERENCE[BACKEND, "float64"].relative


def native_loss_and_gradients(
    network: Network,
    objective: Objective,
    parameters: np.ndarray,
    x: np.ndarray,
    weights: np.ndarray,
    n_threads: int,
    mean_activity: np.ndarray | None = None,
    labels: np.ndarray | None = None,
) -> tuple[float, np.ndarray]:
    gradients = np.full_like(parameters, np.nan)
    loss = _core.loss_and_gradients(
        _core.NetworkConfig(*vars(network).values()),
        _core.ObjectiveConfig(**vars(objective)),
        x=x,
        weights=weights,
        labels=labels,
        column_extremes=np.stack([x.min(axis=0), x.max(axis=0)]),
        noise_seed=NOISE_SEED,
        mean_activity=mean_activity,
        parameters=parameters,
        gradients=gradients,
        n_threads=n_threads,
        device=DEVICE,
    )
    return loss, gradients


@pytest.mark.skipif(BACKEND == "cpu", reason="the report above compares with more")
class TestGradientsOverTheFullProduct:
    """A formula that CPU and GPU share cannot be checked by their agreement."""

    @pytest.mark.parametrize("case", CASES, ids=str)
    def test_are_those_of_the_reference(self, case: Case) -> None:
        problem = problem_of(case)
        close = NATIVE_OVER_REFERENCE[BACKEND, "float64"].assert_close
        for native, of_reference in zip(
            loss_and_gradients_of(problem), problem.loss_and_gradients(problem.parameters), strict=True
        ):
            close(native, of_reference)

    @pytest.mark.differences
    @pytest.mark.parametrize("case", CASES, ids=str)
    def test_are_those_of_the_cost_in_numpy_by_differences(self, case: Case) -> None:
        problem = problem_of(case)
        GRADIENT.assert_close(loss_and_gradients_of(problem)[1], problem.differences())


def loss_and_gradients_of(problem: Problem) -> tuple[float, np.ndarray]:
    weights = problem.sample_weight / problem.sample_weight.mean()
    return native_loss_and_gradients(
        problem.network, problem.objective, problem.parameters.copy(), problem.x, weights, n_threads=1
    )


# Beyond each panel of the product and each block of a gradient, multiples of nothing, one of everything, and more rows
# than any engine takes at once.
SHAPES = {
    "beyond all": (1050, (1061, 35, 1061)),
    "wide": (530, (270, 410, 270)),
    "deep": (67, (33, 17, 5, 17, 33)),
    "one row": (1, (20, 7, 20)),
    "one feature": (9, (1, 3, 1)),
    "one unit": (37, (50, 1, 50)),
    "blocks of rows": (17_001, (5, 3, 5)),
}
LARGE_SHAPES = ("beyond all", "wide", "blocks of rows")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize(
    "shape", [pytest.param(shape, marks=[pytest.mark.large] * (shape in LARGE_SHAPES)) for shape in SHAPES]
)
def test_any_shape_agrees_with_the_reference(shape: str, penalty: str, tied: bool, dtype: str) -> None:
    n_samples, sizes = SHAPES[shape]
    if penalty == "contractive" and len(sizes) > 3:
        pytest.skip("contractive takes an encoder of one layer")
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
    tolerance = NATIVE_OVER_REFERENCE[BACKEND, dtype]
    tolerance.assert_close(loss, expected_loss)
    tolerance.assert_close(gradients, expected_gradients)


@pytest.mark.parametrize("n_samples", [67, 1050])
def test_sparsity_momentum_agrees_with_the_reference(n_samples: int) -> None:
    network = Network((20, 17, 20), ("tanh", "identity"))
    objective = Objective(penalty="kl", sparsity_momentum=0.8)
    rng = np.random.default_rng(0)
    x, old = rng.uniform(size=(n_samples, 20)), rng.uniform(size=17)
    old[3] = np.nan
    parameters = training.initialise(network, 1)
    found = native_loss_and_gradients(network, objective, parameters, x, np.ones(n_samples), 2, mean_activity=old)
    expected = training.loss_and_gradients(network, objective, parameters, x, mean_activity=old)
    for native, of_reference in zip(found, expected, strict=True):
        NATIVE_OVER_REFERENCE[BACKEND, "float64"].assert_close(native, of_reference)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("n_active", [1, 6, 37])
def test_active_units_agree_with_the_reference(n_active: int, tied: bool) -> None:
    """On a relu code, half of which are equal, in blocks of rows."""
    network = Network((20, 37, 20), ("relu", "identity"), tied, n_active)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1050, 20))
    parameters = training.initialise(network, 1)
    objective = Objective(penalty="l1")
    found = native_loss_and_gradients(network, objective, parameters, x, np.ones(len(x)), 2)
    expected = training.loss_and_gradients(network, objective, parameters, x)
    for native, of_reference in zip(found, expected, strict=True):
        NATIVE_OVER_REFERENCE[BACKEND, "float64"].assert_close(native, of_reference)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_unit_that_is_hardly_read_agrees_with_the_reference(dtype: str, tied: bool) -> None:
    """Of no weights, and of weights by whose norm no float can be divided."""
    network, objective = Network((9, 5, 9), ("sigmoid", "identity"), tied), Objective(penalty="l1", sparsity_weight=1e4)
    x = np.random.default_rng(0).uniform(size=(7, 9)).astype(dtype)
    parameters = training.initialise(network, 1).astype(dtype)
    network.layers(parameters)[1].weights[:2] = [[0.0], [1e-37]]
    found = native_loss_and_gradients(network, objective, parameters, x, np.ones(len(x)), 2)
    expected = training.loss_and_gradients(network, objective, parameters.astype(float), x)
    for native, of_reference in zip(found, expected, strict=True):
        NATIVE_OVER_REFERENCE[BACKEND, dtype].assert_close(native, of_reference)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("n_samples", "sizes"), [(67, (20, 17, 10)), (1050, (30, 35, 20, 37)), (1, (5, 3, 1))])
def test_a_classifier_agrees_with_the_reference(n_samples: int, sizes: tuple[int, ...], dtype: str) -> None:
    network = Network(sizes, ("tanh",) * (len(sizes) - 2) + ("identity",), False, 2, len(sizes) - 2)
    objective = Objective("softmax_crossentropy", alpha=0.01, corruption="gaussian")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n_samples, sizes[0])).astype(dtype)
    weights = rng.uniform(0.5, 1.5, n_samples)
    weights /= weights.mean()
    labels = rng.integers(0, sizes[-1], n_samples)
    parameters = 3 * training.initialise(network, 1).astype(dtype)
    found = native_loss_and_gradients(network, objective, parameters, x, weights, 2, labels=labels)
    expected = training.loss_and_gradients(
        network, objective, parameters.astype(float), x, sample_weight=weights, noise_seed=NOISE_SEED, labels=labels
    )
    for native, of_reference in zip(found, expected, strict=True):
        NATIVE_OVER_REFERENCE[BACKEND, dtype].assert_close(native, of_reference)
