"""The formulas, against differences, values worked out by hand, and their limits."""

import re
from collections.abc import Iterable
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from eigencoder.reference import Optimizer
from eigencoder.reference.formulas import ACTIVATIONS, ACTIVITIES, L1, LOSSES, KlDivergence
from eigencoder.reference.kernels import CORRUPTIONS, clipped, largest
from eigencoder.reference.learning_rate import LEARNING_RATES, LearningRateSchedule
from eigencoder.reference.objective import PENALTIES
from eigencoder.reference.update_rules import UPDATE_RULES
from problems import RECONSTRUCTION_LOSSES
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
        ([*UPDATE_RULES, "lbfgs"], "solver_names"),
        (LEARNING_RATES, "learning_rate_names"),
    ],
)
def test_registries_run_in_the_order_of_the_native_names(registry: Iterable[str], names: str) -> None:
    listed = re.search(names + r"\{([^}]*)\}", CONFIG_H.read_text(encoding="utf-8"))
    assert listed is not None
    assert list(registry) == re.findall(r'"(\w+)"', listed[1])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_derivative_agrees_with_differences(name: str, z: Array) -> None:
    f = ACTIVATIONS[name]
    GRADIENT.assert_close(f.derivative(f.value(z)), GRADIENT.derivative(lambda by: f.value(z + by)))
    GRADIENT.assert_close(
        f.second_derivative(f.value(z)), GRADIENT.derivative(lambda by: f.derivative(f.value(z + by)))
    )


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


@pytest.mark.parametrize("name", RECONSTRUCTION_LOSSES)
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
    magnitude, weights, norm = (
        np.array([2.0, 7.0, 7.0]),
        np.array([[3.0, -4.0], [0, 0], [0, 1e-31]]),
        np.array([5, 0, 0]),
    )
    np.testing.assert_array_equal(L1.value(magnitude, norm), [10, 0, 0])
    CLOSE.assert_close(L1.derivative_by_weights(magnitude, weights, norm), [[1.2, -1.6], [0, 0], [0, 0]])


def test_adam_by_hand() -> None:
    optimizer = Optimizer(beta_1=0.5, beta_2=0.75, epsilon=1.0)
    zero = np.array(0.0)
    parameter, m, v = UPDATE_RULES["adam"](optimizer, 0.1, 1, zero, np.array(2.0), np.array(1.0), zero, zero)
    # m = 1 and v = 1; corrected, 2 and 4.
    CLOSE.assert_close([parameter, m, v], [1 - 0.1 * 2 / (2 + 1), 1, 1])
    parameter, m, v = UPDATE_RULES["adam"](optimizer, 0.1, 2, zero, np.array(-4.0), parameter, m, v)
    # m = 0.5 - 2 and v = 0.75 + 4; corrected, divided by 3/4 and 7/16.
    step = 0.1 * (-1.5 * 4 / 3) / ((4.75 * 16 / 7) ** 0.5 + 1)
    CLOSE.assert_close([parameter, m, v], [1 - 0.2 / 3 - step, -1.5, 4.75])


def test_adamw_is_adam_after_the_decay() -> None:
    optimizer = Optimizer(epsilon=1.0)
    gradient, decay, m, v = np.array(2.0), np.array(0.5), np.array(0.3), np.array(0.4)
    decayed = UPDATE_RULES["adamw"](optimizer, 0.1, 3, decay, gradient, np.array(1.0), m, v)
    expected = UPDATE_RULES["adam"](optimizer, 0.1, 3, decay, gradient, np.array(1 - 0.1 * 0.5), m, v)
    assert decayed == expected


def test_rmsprop_by_hand() -> None:
    optimizer = Optimizer(beta_2=0.75, epsilon=1.0)
    gradient, zero, unused = np.array(4.0), np.array(0.0), np.array(7.0)
    moved = UPDATE_RULES["rmsprop"](optimizer, 0.1, 1, zero, gradient, np.array(1.0), np.array(0.0), unused)
    CLOSE.assert_close(moved, [1 - 0.1 * 4 / (2 + 1), 4, 7])


@pytest.mark.parametrize(("nesterov", "after_one", "after_two"), [(False, -0.1, -0.29), (True, -0.19, -0.461)])
def test_sgd_by_hand(nesterov: bool, after_one: float, after_two: float) -> None:
    optimizer = Optimizer(momentum=0.9, nesterovs_momentum=nesterov)
    gradient, zero, unused = np.array(1.0), np.array(0.0), np.array(7.0)
    parameter, velocity, v = UPDATE_RULES["sgd"](optimizer, 0.1, 1, zero, gradient, zero, zero, unused)
    CLOSE.assert_close([parameter, velocity, v], [after_one, -0.1, 7])
    parameter, velocity, v = UPDATE_RULES["sgd"](optimizer, 0.1, 2, zero, gradient, parameter, velocity, v)
    CLOSE.assert_close([parameter, velocity, v], [after_two, -0.19, 7])


def test_learning_rates_by_hand() -> None:
    def rates(n_warmup_updates: int = 0, **settings: Any) -> list[float]:
        schedule = LearningRateSchedule(Optimizer(learning_rate_init=8.0, **settings), n_batches=2, n_epochs=2)
        each = []
        for update in range(4):
            if update % 2 == 0:
                schedule.begin_epoch(rows_seen=update * 12)
            each.append(schedule(update, age=update, n_warmup_updates=n_warmup_updates))
        return each

    CLOSE.assert_close(rates(), [8, 8, 8, 8])
    CLOSE.assert_close(rates(warmup_epochs=2.0), [2, 4, 6, 8])
    CLOSE.assert_close(rates(n_warmup_updates=3), [8 / 3, 16 / 3, 8, 8])
    CLOSE.assert_close(rates(learning_rate="invscaling"), [8, 8, 8 / 5, 8 / 5])
    CLOSE.assert_close(rates(learning_rate="cosine"), [8, 4 + 4 * 0.5**0.5, 4, 4 - 4 * 0.5**0.5])
    CLOSE.assert_close(rates(learning_rate="cosine", warmup_epochs=1.0), [4, 8, 8, 4])


def test_an_adaptive_learning_rate_falls_until_it_is_small() -> None:
    schedule = LearningRateSchedule(Optimizer(learning_rate="adaptive", learning_rate_init=2e-5), 1, 1)
    assert schedule.lower()
    CLOSE.assert_close(schedule(0, 0, 0), 4e-6)
    assert schedule.lower()
    assert not schedule.lower()
    assert not LearningRateSchedule(Optimizer(), 1, 1).lower()


def test_a_learning_rate_of_another_name_is_refused() -> None:
    with pytest.raises(ValueError, match="linear"):
        LearningRateSchedule(Optimizer(learning_rate="linear"), 1, 1)


def test_a_long_gradient_is_shortened() -> None:
    gradient = np.array([3.0, -4.0])
    CLOSE.assert_close(clipped(gradient, 1.0), [0.6, -0.8])
    for longer in (0.0, 6.0):
        np.testing.assert_array_equal(clipped(gradient, longer), gradient)


def test_of_equal_activations_the_first_stay() -> None:
    code = np.array([[1.0, 3.0, 3.0, 2.0, 3.0], [0.0, 0.0, 0.0, 0.0, 0.0], [-1.0, -2.0, -1.0, -1.0, -3.0]])
    stays = largest(code, 2)
    np.testing.assert_array_equal(stays, [[0, 1, 1, 0, 0], [1, 1, 0, 0, 0], [1, 0, 1, 0, 0]])
    assert largest(code, 5).all()
