"""J and its gradient by every parameter, against differences of J, over the product of what can be combined."""

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from eigencoder.reference import Network, Objective, loss_and_gradients, training
from eigencoder.reference.formulas import ACTIVATIONS
from eigencoder.reference.objective import PENALTIES, CodeWeights, forward
from problems import (
    CASES,
    CLASSIFIERS,
    Array,
    Case,
    Problem,
    classifier_problem,
    network_of,
    problem_away_from_kinks,
    problem_of,
)
from tolerances import EQUIVALENCE, FORMULA, GRADIENT


def check_every_derivative(problem: Problem) -> None:
    _, gradients = problem.loss_and_gradients(problem.parameters)
    GRADIENT.assert_close(gradients, problem.differences())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradients_agree_with_differences(case: Case) -> None:
    check_every_derivative(problem_of(case))


@pytest.mark.parametrize(("network", "penalty"), CLASSIFIERS, ids=str)
def test_gradients_of_a_classifier_agree_with_differences(network: Network, penalty: str) -> None:
    check_every_derivative(classifier_problem(network, penalty))


def test_softmax_crossentropy_by_hand() -> None:
    """Logits 0 and log 3 are the probabilities 1/4 and 3/4; weights 3 and 1 are 1.5 and 0.5."""
    network = Network((1, 1, 2), ("identity", "identity"), n_encoder_layers=1)
    parameters = np.array([1.0, 0.0, 0.0, np.log(3), 0.0, 0.0])
    loss, _ = training.loss_and_gradients(
        network,
        Objective("softmax_crossentropy"),
        parameters,
        np.ones((2, 1)),
        sample_weight=[3.0, 1.0],
        labels=np.array([0, 1]),
    )
    FORMULA["reference", "float64"].assert_close(loss, (1.5 * np.log(4) + 0.5 * np.log(4 / 3)) / 2)


@pytest.mark.parametrize("penalty", [penalty for penalty in PENALTIES if penalty != "contractive"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_agree_with_differences_where_the_code_has_its_own_activation(activation: str, penalty: str) -> None:
    network = network_of(3, activation, "tanh", "identity", tied=False)
    check_every_derivative(problem_away_from_kinks(network, Objective(penalty=penalty, sparsity_weight=0.7)))


def test_loss_by_hand() -> None:
    network = Network((2, 1, 2), ("identity", "identity"))
    parameters = np.array([1.0, 2.0, 0.5, 1.0, -1.0, 0.0, 1.0])  # W (1, 2), b 0.5; W (1, -1), b (0, 1)
    x = np.array([[1.0, 0.0], [0.0, 1.0]])
    # Codes 1.5 and 2.5, read with the norm sqrt(2); outputs (1.5, -0.5) and (2.5, -1.5); errors 0.5 and 12.5.
    objective = Objective(alpha=0.2, penalty="l1", sparsity_weight=3.0)
    loss, _ = training.loss_and_gradients(network, objective, parameters, x)
    close = FORMULA["reference", "float64"]
    close.assert_close(loss, (0.5 + 12.5) / 2 + 0.1 * (1 + 4 + 1 + 1) + 3 * (1.5 + 2.5) / 2 * 2**0.5)
    weighted, _ = training.loss_and_gradients(network, objective, parameters, x, sample_weight=[3.0, 1.0])
    close.assert_close(weighted, (1.5 * 0.5 + 0.5 * 12.5) / 2 + 0.7 + 3 * (1.5 * 1.5 + 0.5 * 2.5) / 2 * 2**0.5)


def test_l1_penalty_by_hand() -> None:
    """Units of mean magnitudes 3/4 and 5/2; the first one's weights have the norm 5, the second one has none."""
    network, objective = Network((1, 2, 2), ("identity", "identity")), Objective(penalty="l1", sparsity_weight=2.0)
    weights = CodeWeights(np.ones((1, 2)), np.array([[3.0, -4.0], [0.0, 0.0]]))
    code, row_weights = np.array([[-1.0, 2.0], [0.0, -4.0]]), np.array([1.5, 0.5])
    penalty = PENALTIES["l1"](network, objective, weights, code, row_weights, None)
    close = FORMULA["reference", "float64"].assert_close
    close(penalty.value, 2 * 0.75 * 5)
    close(penalty.d_code, [[-1.5 * 5, 0], [0, 0]])
    close(penalty.d_incoming, 0)
    close(penalty.d_outgoing, [[2 * 0.75 * 3 / 5, -2 * 0.75 * 4 / 5], [0, 0]])


def test_kl_penalty_by_hand() -> None:
    """Codes of 1/4 and 3/4 with weights 3 and 1 have the mean 3/8; a tanh code's activity is (a + 1) / 2."""
    x = np.array([[-np.log(3)], [np.log(3)]])
    objective = Objective(penalty="kl", sparsity=0.25, sparsity_weight=2.0)
    rho, mean = 0.25, 0.375
    penalty = 2 * (rho * np.log(rho / mean) + (1 - rho) * np.log((1 - rho) / (1 - mean)))
    for activation, weight in (("sigmoid", 1.0), ("tanh", 0.5)):
        network = Network((1, 1, 1), (activation, "identity"))
        parameters = np.array([weight, 0.0, 0.0, 0.0])
        with_penalty, _ = training.loss_and_gradients(network, objective, parameters, x, sample_weight=[3.0, 1.0])
        without, _ = training.loss_and_gradients(network, Objective(), parameters, x, sample_weight=[3.0, 1.0])
        EQUIVALENCE.assert_close(with_penalty - without, penalty)


def test_contractive_penalty_is_the_squared_norm_of_the_jacobian() -> None:
    problem = problem_away_from_kinks(
        network_of(1, "tanh", "tanh", "identity", tied=False), Objective(penalty="contractive", sparsity_weight=0.7)
    )
    with_penalty, _ = problem.loss_and_gradients(problem.parameters)
    without, _ = problem._replace(objective=Objective()).loss_and_gradients(problem.parameters)

    def code(by: Array) -> Array:
        return forward(problem.network, problem.objective, problem.parameters, problem.x + by).outputs[1]

    directions = np.eye(problem.x.shape[1])
    squares = sum(GRADIENT.derivative(lambda by, d=d: code(by * d)) ** 2 for d in directions)
    GRADIENT.assert_close(with_penalty - without, 0.7 * (problem.sample_weight @ squares.sum(axis=1)) / 3.5)


@pytest.mark.parametrize("code", ["sigmoid", "tanh"])
def test_gradients_agree_with_differences_under_sparsity_momentum(code: str) -> None:
    network = network_of(3, "tanh", code, "identity", tied=False)
    objective = Objective(penalty="kl", sparsity=0.2, sparsity_weight=0.7, sparsity_momentum=0.9)
    old = np.array([0.3, np.nan])
    problem = problem_away_from_kinks(network, objective)

    def loss_and_gradients_at(parameters: Array) -> tuple[float, Array]:
        return training.loss_and_gradients(network, objective, parameters, problem.x, mean_activity=old)

    _, gradients = loss_and_gradients_at(problem.parameters)
    for i, direction in enumerate(np.eye(len(gradients))):
        difference = GRADIENT.derivative(lambda by, d=direction: loss_and_gradients_at(problem.parameters + by * d)[0])
        GRADIENT.assert_close([gradients[i], np.abs(gradients).max()], [difference, np.abs(gradients).max()])


def test_a_batch_divides_by_its_rows_and_the_mean_activity_by_its_weight() -> None:
    network = network_of(1, "sigmoid", "sigmoid", "identity", tied=False)
    code = np.random.default_rng(0).uniform(size=(5, 3))
    weights = np.array([0.5, 2.0, 0.0, 1.0, 3.0])
    code_weights = CodeWeights(*np.random.default_rng(1).normal(size=(2, 3, 3)))
    for penalty, factor in (("kl", 1.0), ("l1", 2.0), ("contractive", 2.0)):
        once, twice = (
            PENALTIES[penalty](network, Objective(penalty=penalty), code_weights, code, times * weights, None)
            for times in (1, 2)
        )
        for of_once, of_twice in zip(once, twice, strict=True):
            EQUIVALENCE.assert_close(of_twice, factor * np.asarray(of_once))


def test_tying_changes_no_term_of_the_loss() -> None:
    tied = network_of(3, "tanh", "sigmoid", "identity", tied=True)
    free = network_of(3, "tanh", "sigmoid", "identity", tied=False)
    objective = Objective(alpha=0.3, penalty="kl")
    problem = problem_away_from_kinks(tied, objective)
    parameters = np.concatenate([np.concatenate([w.ravel(), b]) for w, b in tied.layers(problem.parameters)])
    tied_loss, tied_gradients = problem.loss_and_gradients(problem.parameters)
    free_loss, free_gradients = problem._replace(network=free).loss_and_gradients(parameters)
    EQUIVALENCE.assert_close(tied_loss, free_loss)
    layers = free.layers(free_gradients)
    for layer, (d_weights, d_bias) in enumerate(tied.layers(tied_gradients)):
        EQUIVALENCE.assert_close(d_weights, layers[layer].weights + layers[-1 - layer].weights.T)
        EQUIVALENCE.assert_close(d_bias, layers[layer].bias)


@pytest.mark.parametrize(
    ("network", "objective", "message"),
    [
        (Network((2, 1, 2), ("relu", "identity")), Objective(penalty="kl"), 'penalty="l1"'),
        (Network((2, 1, 2), ("relu", "identity")), Objective("binary_crossentropy"), "output_activation='sigmoid'"),
        (Network((2, 1, 2), ("gelu", "identity")), Objective(), "gelu"),
        (Network((2, 1, 2), ("relu", "identity")), Objective(corruption="blur"), "blur"),
        (Network((2, 1, 2), ("relu", "identity")), Objective(penalty="l0"), "l0"),
        (Network((2, 1, 2), ("relu", "identity")), Objective("hinge"), "hinge"),
        (Network((2, 1, 2), ("relu", "identity"), n_active=1), Objective(penalty="contractive"), "n_active=1"),
        (Network((2, 1, 2), ("relu", "identity")), Objective("softmax_crossentropy"), "needs a classifier"),
        (Network((2, 1, 2), ("relu", "identity"), n_encoder_layers=1), Objective(), "n_encoder_layers=1"),
        (Network((2, 1, 2), ("relu", "relu"), n_encoder_layers=1), Objective("softmax_crossentropy"), "'identity'"),
        (Network((2, 1, 1, 1, 2), ("relu",) * 4), Objective(penalty="contractive"), "one layer"),
    ],
)
def test_what_cannot_be_had_is_refused(network: Network, objective: Objective, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        training.loss_and_gradients(network, objective, np.zeros(7), np.zeros((3, 2)))


def estimator(**parameters: Any) -> SimpleNamespace:
    return SimpleNamespace(
        **{
            "n_components": 2,
            "hidden_layer_sizes": (4,),
            "activation": "tanh",
            "code_activation": None,
            "output_activation": "identity",
            "loss": "squared_error",
            "tied_weights": False,
            "alpha": 0.1,
            "penalty": None,
            "sparsity": 0.2,
            "sparsity_weight": 0.7,
            "sparsity_momentum": 0.0,
            "n_active": None,
            "init": "glorot",
            "solver": "adam",
            "corruption": None,
            "corruption_level": 0.3,
            "random_state": 3,
            **parameters,
        }
    )


def fitted(model: SimpleNamespace, n_features: int) -> SimpleNamespace:
    """The estimator with random weights, as float32 so that converting them is seen to work."""
    rng = np.random.default_rng(0)
    sizes = (n_features, *model.hidden_layer_sizes, model.n_components)
    encoder = [rng.normal(size=shape).astype(np.float32) for shape in pairwise(sizes)]
    decoder = [w.T if model.tied_weights else rng.normal(size=w.T.shape).astype(np.float32) for w in reversed(encoder)]
    coefs = encoder + decoder
    return SimpleNamespace(**vars(model), coefs_=coefs, intercepts_=[rng.normal(size=w.shape[1]) for w in coefs])


X = np.random.default_rng(1).uniform(size=(5, 3))


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("noise_seed", [None, 4])
def test_gradients_of_an_estimator_agree_with_differences(tied: bool, noise_seed: int | None) -> None:
    model = fitted(estimator(tied_weights=tied, penalty="kl", corruption="salt_and_pepper"), X.shape[1])
    model.coefs_ = [coef.astype(np.float64) for coef in model.coefs_]
    sample_weight = np.array([1.0, 2.0, 0.5, 0.0, 1.0])

    def loss(coefs: list[Array], intercepts: list[Array]) -> float:
        moved = SimpleNamespace(**{**vars(model), "coefs_": coefs, "intercepts_": intercepts})
        return loss_and_gradients(moved, X, sample_weight=sample_weight, noise_seed=noise_seed)[0]

    _, coef_gradients, intercept_gradients = loss_and_gradients(
        model, X, sample_weight=sample_weight, noise_seed=noise_seed
    )
    for layer, gradient in enumerate(coef_gradients):
        differences = np.empty_like(gradient)
        for entry in np.ndindex(gradient.shape):

            def moved(by: float, layer: int = layer, entry: tuple[int, ...] = entry) -> float:
                coefs = [coef.copy() for coef in model.coefs_]
                coefs[layer][entry] += by
                if tied:
                    coefs[-1 - layer][entry[::-1]] += by
                return loss(coefs, model.intercepts_)

            differences[entry] = GRADIENT.derivative(moved)
        GRADIENT.assert_close(gradient, differences)
    for layer, gradient in enumerate(intercept_gradients):
        for j in range(len(gradient)):

            def shifted(by: float, layer: int = layer, j: int = j) -> float:
                intercepts = [intercept.copy() for intercept in model.intercepts_]
                intercepts[layer][j] += by
                return loss(model.coefs_, intercepts)

            GRADIENT.assert_close(gradient[j], GRADIENT.derivative(shifted))


def test_an_estimator_is_read_by_its_parameters() -> None:
    model = fitted(
        estimator(
            hidden_layer_sizes=(4, 3),
            activation="softplus",
            code_activation="sigmoid",
            output_activation="sigmoid",
            loss="binary_crossentropy",
            penalty="kl",
            corruption="masking",
        ),
        X.shape[1],
    )
    network = Network(
        (3, 4, 3, 2, 3, 4, 3), ("softplus", "softplus", "sigmoid", "softplus", "softplus", "sigmoid"), False
    )
    objective = Objective("binary_crossentropy", 0.1, "kl", 0.2, 0.7, corruption="masking", corruption_level=0.3)
    parameters = np.concatenate(
        [np.concatenate([w.ravel(), b]) for w, b in zip(model.coefs_, model.intercepts_, strict=True)]
    )
    loss, coef_gradients, intercept_gradients = loss_and_gradients(model, X, noise_seed=4)
    expected_loss, expected = training.loss_and_gradients(network, objective, parameters, X, noise_seed=4)
    assert loss == expected_loss
    for layer, (d_weights, d_bias) in enumerate(network.layers(expected)):
        np.testing.assert_array_equal(coef_gradients[layer], d_weights)
        np.testing.assert_array_equal(intercept_gradients[layer], d_bias)


def test_tied_gradients_of_an_estimator_are_transposes() -> None:
    _, coef_gradients, _ = loss_and_gradients(estimator(tied_weights=True), X)
    assert [gradient.shape for gradient in coef_gradients] == [(3, 4), (4, 2), (2, 4), (4, 3)]
    for layer, gradient in enumerate(coef_gradients):
        np.testing.assert_array_equal(gradient, coef_gradients[-1 - layer].T)


def test_an_unfitted_estimator_takes_the_initial_weights_of_its_seed() -> None:
    model = estimator(random_state=np.int64(12))
    before = dict(vars(model))
    loss, _, _ = loss_and_gradients(model, X)
    network = Network((3, 4, 2, 4, 3), ("tanh", "tanh", "tanh", "identity"))
    expected, _ = training.loss_and_gradients(network, Objective(alpha=0.1), training.initialise(network, 12), X)
    assert loss == expected
    assert vars(model) == before


@pytest.mark.parametrize("random_state", [None, np.random.RandomState(0)])
def test_an_unfitted_estimator_without_a_seed_is_refused(random_state: object) -> None:
    with pytest.raises(ValueError, match="random_state"):
        loss_and_gradients(estimator(random_state=random_state), X)


@pytest.mark.parametrize("x", [np.zeros(3), np.zeros((5, 4))])
def test_data_of_another_shape_is_refused(x: Array) -> None:
    with pytest.raises(ValueError, match="expected"):
        loss_and_gradients(fitted(estimator(), 3), x)


def test_weights_that_sum_to_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="sample weight"):
        loss_and_gradients(estimator(), X, sample_weight=np.zeros(len(X)))


@pytest.mark.parametrize("init", ["auto", "pca"])
def test_an_unfitted_estimator_whose_start_depends_on_the_data_is_refused(init: str) -> None:
    with pytest.raises(ValueError, match=f"init='{init}'"):
        loss_and_gradients(estimator(init=init), X)
    loss_and_gradients(fitted(estimator(init=init), 3), X)
