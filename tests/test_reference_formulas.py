"""The formulas, against differences, values worked out by hand, and their limits."""

import re
from math import log
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from eigencoder.reference import Optimizer
from eigencoder.reference.formulas import ACTIVATIONS, ACTIVITIES, L1, LOSSES, SOLVERS, KlDivergence
from eigencoder.reference.kernels import CORRUPTIONS
from eigencoder.reference.objective import PENALTIES
from tolerances import FORMULA, GRADIENT, KINK_MARGIN

Array = NDArray[np.float64]
CLOSE = FORMULA["reference", "float64"]
CONFIG_H = Path(__file__).parents[1] / "csrc/include/eigencoder/config.h"


@pytest.fixture
def z() -> Array:
    z = np.linspace(-6, 6, 40)
    assert np.abs(z).min() > KINK_MARGIN
    return z


@pytest.mark.parametrize(
    ("registry", "names"),
    [
        (ACTIVATIONS, "activation_names"),
        (LOSSES, "loss_names"),
        (PENALTIES, "penalty_names"),
        (CORRUPTIONS, "corruption_names"),
        (SOLVERS, "solver_names"),
    ],
)
def test_registries_run_in_the_order_of_the_native_names(registry: dict[str, object], names: str) -> None:
    listed = re.search(names + r"\{([^}]*)\}", CONFIG_H.read_text(encoding="utf-8"))
    assert listed is not None
    assert list(registry) == re.findall(r'"(\w+)"', listed[1])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_derivative_agrees_with_differences(name: str, z: Array) -> None:
    f = ACTIVATIONS[name]
    GRADIENT.assert_close(f.derivative(f.value(z)), GRADIENT.derivative(lambda by: f.value(z + by)))


@pytest.mark.parametrize(
    ("name", "z", "value", "derivative"),
    [
        ("identity", -1.5, -1.5, 1.0),
        ("sigmoid", 0.0, 1 / 2, 1 / 4),
        ("sigmoid", log(3), 3 / 4, 3 / 16),
        ("sigmoid", -log(3), 1 / 4, 3 / 16),
        ("tanh", log(2), 3 / 5, 16 / 25),
        ("relu", 2.0, 2.0, 1.0),
        ("relu", -2.0, 0.0, 0.0),
        ("relu", 0.0, 0.0, 0.0),
        ("leaky_relu", 2.0, 2.0, 1.0),
        ("leaky_relu", -2.0, -0.02, 0.01),
        ("leaky_relu", 0.0, 0.0, 0.01),
        ("elu", 2.0, 2.0, 1.0),
        ("elu", -log(2), -1 / 2, 1 / 2),
        ("softplus", 0.0, log(2), 1 / 2),
        ("softplus", log(3), log(4), 3 / 4),
        ("softplus", -log(3), log(4 / 3), 1 / 4),
    ],
)
def test_activation_by_hand(name: str, z: float, value: float, derivative: float) -> None:
    a = ACTIVATIONS[name].value(np.array(z))
    CLOSE.assert_close(a, value)
    CLOSE.assert_close(ACTIVATIONS[name].derivative(a), derivative)


@pytest.mark.parametrize(
    ("name", "at_minus_800", "at_plus_800"),
    [
        ("identity", -800.0, 800.0),
        ("sigmoid", 0.0, 1.0),
        ("tanh", -1.0, 1.0),
        ("relu", 0.0, 800.0),
        ("leaky_relu", -8.0, 800.0),
        ("elu", -1.0, 800.0),
        ("softplus", 0.0, 800.0),
    ],
)
def test_activation_reaches_its_limits_without_overflow(name: str, at_minus_800: float, at_plus_800: float) -> None:
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        a = ACTIVATIONS[name].value(np.array([-800.0, 800.0]))
        derivative = ACTIVATIONS[name].derivative(a)
    np.testing.assert_array_equal(a, [at_minus_800, at_plus_800])
    assert np.isfinite(derivative).all()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_passes_nan_on(name: str) -> None:
    assert np.isnan(ACTIVATIONS[name].value(np.array([np.nan]))).all()


@pytest.mark.parametrize("name", LOSSES)
def test_loss_delta_agrees_with_differences(name: str, z: Array) -> None:
    loss = LOSSES[name]
    x = np.linspace(0, 1, len(z))
    GRADIENT.assert_close(loss.delta(x, z), GRADIENT.derivative(lambda by: loss.value(x, z + by)))


@pytest.mark.parametrize(
    ("name", "x", "output", "value", "delta"),
    [
        ("squared_error", 1.0, 3.0, 4.0, 4.0),
        ("squared_error", 1.0, 0.5, 0.25, -1.0),
        ("binary_crossentropy", 1.0, log(3), log(4 / 3), -1 / 4),
        ("binary_crossentropy", 0.0, log(3), log(4), 3 / 4),
        ("binary_crossentropy", 0.5, 0.0, log(2), 0.0),
    ],
)
def test_loss_by_hand(name: str, x: float, output: float, value: float, delta: float) -> None:
    CLOSE.assert_close(LOSSES[name].value(np.array(x), np.array(output)), value)
    CLOSE.assert_close(LOSSES[name].delta(np.array(x), np.array(output)), delta)


def test_binary_crossentropy_from_logits_is_that_of_the_sigmoid(z: Array) -> None:
    x = np.linspace(0, 1, len(z))
    h = 1 / (1 + np.exp(-z))
    expected = -x * np.log(h) - (1 - x) * np.log(1 - h)
    CLOSE.assert_close(LOSSES["binary_crossentropy"].value(x, z), expected)


def test_binary_crossentropy_is_exact_far_out() -> None:
    x = np.array([0.0, 1.0, 0.0, 1.0, 0.25])
    z = np.array([-800.0, -800.0, 800.0, 800.0, 800.0])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value = LOSSES["binary_crossentropy"].value(x, z)
        delta = LOSSES["binary_crossentropy"].delta(x, z)
    CLOSE.assert_close(value, [0, 800, 800, 0, 600])
    np.testing.assert_array_equal(delta, [0, -1, 1, 0, 0.75])


def test_kl_derivative_agrees_with_differences() -> None:
    mean = np.linspace(0.05, 0.95, 19)
    differences = GRADIENT.derivative(lambda by: KlDivergence.value(0.2, mean + by))
    GRADIENT.assert_close(KlDivergence.derivative(0.2, mean), differences)


def test_kl_by_hand() -> None:
    CLOSE.assert_close(KlDivergence.value(0.5, np.array([0.25, 0.5])), [log(4 / 3) / 2, 0])
    CLOSE.assert_close(KlDivergence.derivative(0.5, np.array([0.25, 0.5])), [-4 / 3, 0])


def test_kl_is_clipped_at_its_ends() -> None:
    low, high = 1e-6, 1 - 1e-6
    ends, clipped = np.array([0.0, 1.0]), np.array([low, high])
    at_low = 0.1 * log(0.1 / low) + 0.9 * log(0.9 / high)
    at_high = 0.1 * log(0.1 / high) + 0.9 * log(0.9 / (1 - high))
    CLOSE.assert_close(KlDivergence.value(0.1, ends), [at_low, at_high])
    np.testing.assert_array_equal(KlDivergence.derivative(0.1, ends), KlDivergence.derivative(0.1, clipped))


def test_activity_lies_between_0_and_1() -> None:
    for name, activity in ACTIVITIES.items():
        a = ACTIVATIONS[name].value(np.array([-800.0, 0.0, 800.0]))
        np.testing.assert_array_equal(activity(a), [0, 0.5, 1])


def test_l1_by_hand() -> None:
    a = np.array([-2.0, 0.0, 3.0])
    np.testing.assert_array_equal(L1.value(a), [2, 0, 3])
    np.testing.assert_array_equal(L1.derivative(a), [-1, 0, 1])


def test_adam_by_hand() -> None:
    optimizer = Optimizer("adam", learning_rate_init=0.1, beta_1=0.5, beta_2=0.75, epsilon=1.0)
    parameter, m, v = SOLVERS["adam"](optimizer, 1, np.array(2.0), np.array(1.0), np.array(0.0), np.array(0.0))
    # m = 1 and v = 1; corrected, 2 and 4.
    CLOSE.assert_close([parameter, m, v], [1 - 0.1 * 2 / (2 + 1), 1, 1])
    parameter, m, v = SOLVERS["adam"](optimizer, 2, np.array(-4.0), parameter, m, v)
    # m = 0.5 - 2 and v = 0.75 + 4; corrected, divided by 3/4 and 7/16.
    step = 0.1 * (-1.5 * 4 / 3) / ((4.75 * 16 / 7) ** 0.5 + 1)
    CLOSE.assert_close([parameter, m, v], [1 - 0.2 / 3 - step, -1.5, 4.75])


@pytest.mark.parametrize(("nesterov", "after_one", "after_two"), [(False, -0.1, -0.29), (True, -0.19, -0.461)])
def test_sgd_by_hand(nesterov: bool, after_one: float, after_two: float) -> None:
    optimizer = Optimizer("sgd", learning_rate_init=0.1, momentum=0.9, nesterovs_momentum=nesterov)
    gradient, unused = np.array(1.0), np.array(7.0)
    parameter, velocity, v = SOLVERS["sgd"](optimizer, 1, gradient, np.array(0.0), np.array(0.0), unused)
    CLOSE.assert_close([parameter, velocity, v], [after_one, -0.1, 7])
    parameter, velocity, v = SOLVERS["sgd"](optimizer, 2, gradient, parameter, velocity, v)
    CLOSE.assert_close([parameter, velocity, v], [after_two, -0.19, 7])
