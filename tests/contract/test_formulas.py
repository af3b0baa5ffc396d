"""Activations, losses and initial weights of the core against the reference, over all of their range."""

import numpy as np
import pytest

from backend import BACKEND, DEVICE
from eigencoder import _core
from eigencoder.reference import Network, formulas, kernels, training
from tolerances import FORMULA, SMALL_VALUES

Z = np.concatenate([np.linspace(-30, 30, 1201), [-700, -100, 100, 700, 0.0, -0.0, 1e-30, -1e-30]])


def native_activation(activation: str, z: np.ndarray) -> np.ndarray:
    """f(z), entry by entry: a layer of one unit that passes its input on."""
    one = np.ones((1, 1), z.dtype)
    return _core.forward([(one, np.zeros(1, z.dtype), activation, 0)], z[:, np.newaxis], 1, DEVICE)[:, 0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", _core.ACTIVATIONS)
def test_activation(activation: str, dtype: str) -> None:
    z = Z.astype(dtype)
    expected = formulas.ACTIVATIONS[activation].value(z.astype(float))
    FORMULA[BACKEND, dtype].assert_close(native_activation(activation, z), expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_softplus_keeps_its_small_values(dtype: str) -> None:
    z = np.linspace(-30, -5, 101).astype(dtype)
    expected = formulas.Softplus.value(z.astype(float))
    SMALL_VALUES[BACKEND, dtype].assert_close(native_activation("softplus", z), expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", _core.ACTIVATIONS)
def test_activation_passes_nan_on(activation: str, dtype: str) -> None:
    one = np.ones((1, 1), dtype)
    assert np.isnan(_core.forward([(one, np.full(1, np.nan, dtype), activation, 0)], one, 1, DEVICE)).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_nan_stays_of_a_code_with_few_active_units(dtype: str) -> None:
    layer = (np.zeros((1, 3), dtype), np.array([1, np.nan, 2], dtype), "identity", 1)
    np.testing.assert_array_equal(_core.forward([layer], np.ones((2, 1), dtype), 1, DEVICE), [[0, np.nan, 0]] * 2)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_squared_errors(dtype: str) -> None:
    x = np.random.default_rng(0).normal(size=(70, 37)).astype(dtype)
    zero = (np.zeros((37, 37), dtype), np.zeros(37, dtype), "identity", 0)
    FORMULA[BACKEND, dtype].assert_close(_core.squared_errors([zero], x, 2, DEVICE), (x.astype(float) ** 2).sum(axis=1))


def test_crossentropy_does_not_overflow() -> None:
    """At z = +-800 the loss of the wrong answer is |z|, of the right one 0."""
    network = _core.NetworkConfig([1, 1, 1], ["identity", "sigmoid"], False, 0, 0)
    objective = _core.ObjectiveConfig(
        loss="binary_crossentropy",
        alpha=0.0,
        penalty="none",
        sparsity=0.05,
        sparsity_weight=1.0,
        sparsity_momentum=0.0,
        corruption="none",
        corruption_level=0.0,
    )
    for z, x, expected in [(800.0, 0.0, 800.0), (800.0, 1.0, 0.0), (-800.0, 1.0, 800.0), (-800.0, 0.0, 0.0)]:
        loss = _core.loss_and_gradients(
            network,
            objective,
            x=np.array([[x]]),
            weights=None,
            labels=None,
            column_extremes=None,
            noise_seed=None,
            mean_activity=None,
            parameters=np.array([0.0, 0.0, 0.0, z]),
            gradients=None,
            n_threads=1,
            device=DEVICE,
        )
        FORMULA[BACKEND, "float64"].assert_close(loss, expected)


@pytest.mark.parametrize("tied", [False, True])
def test_initial_weights_are_the_reference_s_in_every_bit(tied: bool) -> None:
    network = Network((5, 7, 3, 7, 5), ("relu", "sigmoid", "elu", "identity"), tied)
    seed = 2**63 + 5
    parameters = np.empty(network.n_parameters)
    _core.initialise(_core.NetworkConfig(network.layer_sizes, network.activations, tied, 0, 0), seed, parameters)
    np.testing.assert_array_equal(parameters, training.initialise(network, seed))


def test_validation_split_is_the_reference_s() -> None:
    rows, validation_rows = training.split_rows(1003, 0.1, 12345)
    order = _core.permutation(1003, 12345)
    np.testing.assert_array_equal(np.sort(order[101:]), rows)
    np.testing.assert_array_equal(np.sort(order[:101]), validation_rows)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n_active", [1, 2, 9, 37])
def test_the_largest_activations_stay(n_active: int, dtype: str) -> None:
    """Among few values, so that many are equal; more rows than a block has."""
    code = np.random.default_rng(0).integers(-3, 4, (301, 37)).astype(dtype)
    layer = (np.eye(37, dtype=dtype), np.zeros(37, dtype), "identity", n_active)
    expected = np.where(kernels.largest(code.astype(float), n_active), code, 0)
    np.testing.assert_array_equal(_core.forward([layer], code, 2, DEVICE), expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("largest", [0, 2, 39])
def test_softmax_crossentropy_does_not_overflow(largest: int, dtype: str) -> None:
    """With logits of +-800 the loss of a class is its distance to the largest, wherever that is."""
    logits = np.zeros(40)
    logits[largest], logits[5] = 800.0, -800.0
    network = _core.NetworkConfig([1, 1, 40], ["identity", "identity"], False, 0, 1)
    objective = _core.ObjectiveConfig(
        loss="softmax_crossentropy",
        alpha=0.0,
        penalty="none",
        sparsity=0.05,
        sparsity_weight=1.0,
        sparsity_momentum=0.0,
        corruption="none",
        corruption_level=0.0,
    )
    parameters = np.concatenate([np.zeros(42), logits]).astype(dtype)
    for label in (largest, 5, 20):
        loss = _core.loss_and_gradients(
            network,
            objective,
            x=np.ones((1, 1), dtype),
            weights=None,
            labels=np.array([label]),
            column_extremes=None,
            noise_seed=None,
            mean_activity=None,
            parameters=parameters,
            gradients=None,
            n_threads=1,
            device=DEVICE,
        )
        FORMULA[BACKEND, dtype].assert_close(loss, 800.0 - logits[label])
