"""Twenty steps of the core against twenty steps of the reference."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from backend import BACKEND, DEVICE
from eigencoder import _core
from eigencoder.reference import Dataset, Network, Objective, Optimizer, Schedule, training
from eigencoder.reference.config import Units
from problems import RECONSTRUCTION_LOSSES
from tolerances import TRAINING

SEED = 2**40 + 17
NETWORK = Network((13, 9, 4, 9, 13), ("tanh", "sigmoid", "tanh", "identity"))
SCHEDULE = Schedule(batch_size=10, max_iter=5, tol=0.0)  # 37 rows: 4 batches an epoch
SOLVERS = {
    "adam": Optimizer("adam", learning_rate_init=0.01),
    "momentum": Optimizer("sgd", learning_rate_init=0.01, nesterovs_momentum=False),
    "nesterov": Optimizer("sgd", learning_rate_init=0.01),
    "adamw": Optimizer("adamw", learning_rate_init=0.01, weight_decay=0.3),
    "rmsprop": Optimizer("rmsprop", learning_rate_init=0.003),
}
# What each of them may be given besides.
OPTIONS: dict[str, dict[str, Any]] = {
    "invscaling": {"learning_rate": "invscaling", "power_t": 0.1},
    "adaptive": {"learning_rate": "adaptive"},
    "cosine": {"learning_rate": "cosine", "warmup_epochs": 0.6},
    "max_grad_norm": {"max_grad_norm": 0.5},
    "averaging": {"averaging": 0.9},
}
X = np.random.default_rng(3).uniform(size=(37, 13))
X_VALIDATION = np.random.default_rng(4).uniform(size=(21, 13))
LABELS = np.random.default_rng(6).integers(0, 3, 37)
WEIGHTS = np.random.default_rng(5).integers(0, 3, 37).astype(float)


def check_run(
    network: Network,
    objective: Objective,
    optimizer: Optimizer,
    schedule: Schedule,
    dtype: str = "float64",
    *,
    weights: np.ndarray = WEIGHTS,
    x_validation: np.ndarray = X_VALIDATION,
    n_warmup_updates: int = 0,
    units: Units | None = None,
    mask_fill: np.ndarray | None = None,
    scales: np.ndarray | None = None,
) -> training.FitResult:
    x, x_validation = X.astype(dtype), x_validation.astype(dtype)
    labels, validation_labels = (
        (LABELS[: len(x)], LABELS[: len(x_validation)]) if network.n_encoder_layers else (None, None)
    )
    n_classes = network.layer_sizes[-1]
    columns: dict[str, Any] = {"units": units, "mask_fill": 0.0 if mask_fill is None else mask_fill}
    train = Dataset.of(x, weights=weights, labels=labels, n_classes=n_classes, **columns)
    columns["column_extremes"] = train.column_extremes
    validation = Dataset.of(x_validation, labels=validation_labels, n_classes=n_classes, **columns)
    start = training.initial_state(network, objective, optimizer, SEED)
    start = replace(start, n_warmup_updates=n_warmup_updates, scales=scales)
    expected = training.fit(
        network, objective, optimizer, schedule, train, seed=SEED, validation=validation, state=start
    )

    parameters = training.initialise(network, SEED).astype(dtype)
    average = parameters.copy() if optimizer.averaging else None
    mean_activity = np.full(network.n_components, np.nan) if objective.sparsity_momentum else None
    first_moment, second_moment = np.zeros((2, *parameters.shape), dtype)
    result, exception = _core.fit(
        _core.NetworkConfig(*vars(network).values()),
        _core.ObjectiveConfig(**vars(objective)),
        _core.OptimizerConfig(**vars(optimizer)),
        _core.ScheduleConfig(**vars(schedule)),
        seed=SEED,
        x=x,
        rows=None,
        weights=train.weights,
        labels=labels,
        center=None if units is None else units.center.astype(dtype),
        factor=None if units is None else units.factor.astype(dtype),
        scales_target=units is None or units.of_target,
        mask_fill=None if mask_fill is None else mask_fill.astype(dtype),
        column_extremes=train.column_extremes.astype(dtype),
        first_row=0,
        x_validation=x_validation,
        validation_rows=None,
        validation_weights=None,
        validation_labels=validation_labels,
        parameters=parameters,
        first_moment=first_moment,
        second_moment=second_moment,
        average=average,
        scales=None if scales is None else scales.astype(dtype),
        mean_activity=mean_activity,
        n_updates=0,
        n_warmup_updates=n_warmup_updates,
        on_epoch_begin=None,
        on_epoch_end=None,
        n_threads=2,
        device=DEVICE,
    )
    assert result.status == expected.status
    assert exception is None
    tolerance = TRAINING[BACKEND, dtype]
    tolerance.assert_close(result.loss_curve, expected.loss_curve)
    tolerance.assert_close(result.validation_loss_curve, expected.validation_loss_curve)
    tolerance.assert_close(result.best_loss, expected.best_loss)
    tolerance.assert_close(parameters if average is None else average, expected.state.result)
    tolerance.assert_close(parameters, expected.state.parameters)
    if optimizer.solver != "lbfgs" and expected.status != "diverged":
        tolerance.assert_close(first_moment, expected.state.first_moment)
        tolerance.assert_close(second_moment, expected.state.second_moment)
        assert result.n_updates == expected.state.n_updates
    if mean_activity is not None:
        tolerance.assert_close(mean_activity, expected.state.mean_activity)
    return expected


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("corruption", _core.CORRUPTIONS)
@pytest.mark.parametrize("solver", SOLVERS)
def test_twenty_steps(solver: str, corruption: str, dtype: str) -> None:
    expected = check_run(NETWORK, Objective(corruption=corruption), SOLVERS[solver], SCHEDULE, dtype)
    assert expected.state.n_updates == 20
    assert expected.loss_curve[-1] < expected.loss_curve[0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("corruption", _core.CORRUPTIONS)
@pytest.mark.parametrize("of_target", [False, True])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_twenty_steps_in_other_units(solver: str, of_target: bool, corruption: str, dtype: str) -> None:
    columns = np.arange(X.shape[1]) / 16
    units = Units(0.25 + columns, 0.5 + columns, of_target)
    optimizer = SOLVERS.get(solver, Optimizer(solver))
    check_run(NETWORK, Objective(corruption=corruption), optimizer, SCHEDULE, dtype, units=units, mask_fill=columns)


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("solver", SOLVERS)
def test_twenty_steps_of_scaled_parameters(solver: str, option: str) -> None:
    scales = np.random.default_rng(7).uniform(0.1, 2, NETWORK.n_parameters)
    optimizer = replace(SOLVERS[solver], **OPTIONS[option])
    check_run(NETWORK, Objective(alpha=0.1), optimizer, SCHEDULE, scales=scales)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("solver", SOLVERS)
def test_twenty_steps_with_every_option(solver: str, option: str, tied: bool) -> None:
    network = replace(NETWORK, tied_weights=tied)
    plain = check_run(network, Objective(alpha=0.1), SOLVERS[solver], SCHEDULE)
    with_option = check_run(network, Objective(alpha=0.1), replace(SOLVERS[solver], **OPTIONS[option]), SCHEDULE)
    assert option == "adaptive" or (with_option.state.result != plain.state.result).any()


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("n_active", [0, 2])
@pytest.mark.parametrize("penalty", _core.PENALTIES)
@pytest.mark.parametrize("loss", RECONSTRUCTION_LOSSES)
def test_twenty_steps_of_every_objective(loss: str, penalty: str, n_active: int, tied: bool) -> None:
    network = replace(NETWORK, activations=(*NETWORK.activations[:-1], "sigmoid"), tied_weights=tied, n_active=n_active)
    if penalty == "contractive":
        network = Network((13, 4, 13), ("sigmoid", "sigmoid"), tied)
    objective = Objective(loss, alpha=0.01, penalty=penalty, sparsity_weight=0.3, corruption="masking")
    check_run(network, objective, SOLVERS["adam"], SCHEDULE)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("solver", [*SOLVERS, "lbfgs"])
def test_twenty_steps_of_a_classifier(solver: str, dtype: str) -> None:
    network = Network((13, 9, 4, 3), ("tanh", "sigmoid", "identity"), n_active=2, n_encoder_layers=2)
    optimizer = SOLVERS.get(solver, Optimizer("lbfgs"))
    expected = check_run(network, Objective("softmax_crossentropy", alpha=0.01), optimizer, SCHEDULE, dtype)
    assert expected.loss_curve[-1] < expected.loss_curve[0]


def test_twenty_steps_under_sparsity_momentum() -> None:
    check_run(NETWORK, Objective(penalty="kl", sparsity_momentum=0.8), SOLVERS["adam"], SCHEDULE)


def test_an_adaptive_learning_rate_goes_on_where_a_constant_one_stops() -> None:
    optimizer = replace(SOLVERS["adam"], learning_rate_init=0.05)
    schedule = replace(SCHEDULE, max_iter=60, tol=0.02, n_iter_no_change=2)
    constant = check_run(NETWORK, Objective(), optimizer, schedule)
    adaptive = check_run(NETWORK, Objective(), replace(optimizer, learning_rate="adaptive"), schedule)
    assert constant.status == "converged"
    assert len(adaptive.loss_curve) > len(constant.loss_curve)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("corruption", ["none", "masking"])
@pytest.mark.parametrize("penalty", ["none", "kl", "l1"])
def test_iterations_of_lbfgs(penalty: str, corruption: str, tied: bool) -> None:
    objective = Objective(alpha=0.01, penalty=penalty, sparsity_weight=0.3, corruption=corruption)
    schedule = replace(SCHEDULE, max_iter=12, n_iter_no_change=100)
    expected = check_run(replace(NETWORK, tied_weights=tied), objective, Optimizer("lbfgs"), schedule)
    assert (np.diff(expected.loss_curve) < 0).all()


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_rate_warms_up_where_moments_are_young(solver: str) -> None:
    cold = check_run(NETWORK, Objective(), SOLVERS[solver], SCHEDULE)
    warmed = check_run(NETWORK, Objective(), SOLVERS[solver], SCHEDULE, n_warmup_updates=10)
    assert warmed.loss_curve[0] > cold.loss_curve[0]


@pytest.mark.parametrize("batch_size", [36, 19, 12])
def test_batches_are_nearly_equal(batch_size: int) -> None:
    check_run(NETWORK, Objective(corruption="masking"), SOLVERS["adam"], replace(SCHEDULE, batch_size=batch_size))


@pytest.mark.parametrize("loss", _core.LOSSES)
def test_a_plateau_is_no_end(loss: str) -> None:
    """Epochs that improve by less than half are called an end, but not where all rows are still answered alike."""
    network = Network((13, 9, 9, 4, 9, 9, 13), ("sigmoid",) * 6)
    if loss == "softmax_crossentropy":
        network = Network((13, 9, 9, 4, 3), (*("sigmoid",) * 3, "identity"), n_encoder_layers=3)
    schedule = replace(SCHEDULE, max_iter=40, tol=0.5, n_iter_no_change=2)
    objective = Objective(loss, corruption="none" if loss == "softmax_crossentropy" else "masking")
    slow = replace(SOLVERS["adam"], learning_rate_init=0.003 if loss == "softmax_crossentropy" else 0.01)
    assert check_run(network, objective, slow, schedule).status == "max_iter"


def test_twenty_steps_in_order() -> None:
    check_run(NETWORK, Objective(), SOLVERS["adam"], replace(SCHEDULE, shuffle=False))


def test_epochs_count_on() -> None:
    check_run(NETWORK, Objective(corruption="gaussian"), SOLVERS["adam"], replace(SCHEDULE, first_epoch=7))


def test_early_stopping_restores_the_best_weights() -> None:
    schedule = replace(SCHEDULE, max_iter=200, early_stopping=True, n_iter_no_change=3)
    check_run(NETWORK, Objective(), replace(SOLVERS["adam"], learning_rate_init=0.05, averaging=0.8), schedule)
    expected = check_run(NETWORK, Objective(), replace(SOLVERS["adam"], learning_rate_init=0.05), schedule)
    assert expected.status == "converged"
    assert min(expected.validation_loss_curve) < expected.validation_loss_curve[-1]


def test_no_epoch_gives_the_loss_of_the_data() -> None:
    for corruption in _core.CORRUPTIONS:
        check_run(NETWORK, Objective(corruption=corruption), SOLVERS["adam"], replace(SCHEDULE, max_iter=0))


@pytest.mark.parametrize("options", [{}, {"averaging": 0.9}, {"max_grad_norm": 1e300}])
def test_divergence_restores_the_start_of_the_epoch(options: dict[str, float]) -> None:
    expected = check_run(NETWORK, Objective(), Optimizer("sgd", learning_rate_init=1e150, **options), SCHEDULE)
    assert expected.status == "diverged"


def test_a_validation_loss_that_is_not_finite_is_a_divergence() -> None:
    expected = check_run(
        NETWORK,
        Objective(),
        SOLVERS["adam"],
        replace(SCHEDULE, early_stopping=True),
        x_validation=np.full((3, 13), 1e200),
    )
    assert expected.status == "diverged"


def test_a_batch_of_tiny_weight_does_not_upset_the_kl_penalty() -> None:
    weights = np.concatenate([np.full(10, 1e-300), np.ones(27)])
    check_run(NETWORK, Objective(penalty="kl"), SOLVERS["adam"], replace(SCHEDULE, shuffle=False), weights=weights)
