"""Whole runs of the reference: what an epoch does, when training stops, and where it leads."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from eigencoder.reference import Dataset, Network, Objective, Optimizer, Schedule, TrainingState, fit, training
from eigencoder.reference.formulas import ACTIVATIONS
from eigencoder.reference.kernels import CORRUPTIONS, Noise, gather_corrupt
from eigencoder.reference.objective import data_term
from eigencoder.reference.random import Stream, initial_weights, permutation
from tolerances import EQUIVALENCE, PCA_GAP

Array = NDArray[np.float64]
SEED = 5
NETWORK = Network((6, 3, 6), ("sigmoid", "identity"))
STANDSTILL = Optimizer("sgd", learning_rate_init=1e-300)
SOLVERS = {
    "adam": Optimizer("adam", learning_rate_init=0.02),
    "momentum": Optimizer("sgd", learning_rate_init=0.02, nesterovs_momentum=False),
    "nesterov": Optimizer("sgd", learning_rate_init=0.02),
    "adamw": Optimizer("adamw", learning_rate_init=0.02, weight_decay=0.01),
    "rmsprop": Optimizer("rmsprop", learning_rate_init=0.02),
}


def loss_of(
    parameters: Array, x: Array, objective: Objective, *, noise_seed: int | None = None, epoch: int = 0
) -> float:
    return training.loss_and_gradients(NETWORK, objective, parameters, x, noise_seed=noise_seed, epoch=epoch)[0]


@pytest.fixture
def x() -> Array:
    """Rows near a plane of two dimensions."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(40, 2)) @ rng.normal(size=(2, 6)) + 0.1 * rng.normal(size=(40, 6))


@pytest.fixture
def start() -> TrainingState:
    return training.initial_state(NETWORK, Objective(), Optimizer(), SEED)


@pytest.mark.parametrize("tied", [False, True])
def test_initial_parameters_are_layer_by_layer(tied: bool) -> None:
    network = Network((5, 4, 3, 4, 5), ("tanh", "relu", "elu", "identity"), tied)
    layers = network.layers(training.initialise(network, SEED))
    for layer, (weights, bias) in enumerate(layers):
        if tied and layer >= 2:
            np.testing.assert_array_equal(weights, layers[3 - layer].weights.T)
        else:
            relu_like = ACTIVATIONS[network.activations[layer]].relu_like
            np.testing.assert_array_equal(weights, initial_weights(SEED, layer, *weights.shape, relu_like=relu_like))
        assert not bias.any()


def test_layers_are_views_of_a_vector_of_the_right_length() -> None:
    parameters = np.arange(NETWORK.n_parameters, dtype=np.float64)
    (encoder, code_bias), (decoder, output_bias) = NETWORK.layers(parameters)
    assert [encoder[0, 0], encoder[0, 1], encoder[-1, -1], code_bias[0]] == [0, 1, 17, 18]
    assert [decoder[0, 0], output_bias[-1]] == [21, NETWORK.n_parameters - 1]
    assert np.shares_memory(decoder, parameters)
    with pytest.raises(ValueError, match="45"):
        NETWORK.layers(parameters[1:])


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_twenty_steps_lower_the_loss(x: Array, solver: str, corruption: str) -> None:
    objective = Objective(alpha=1e-4, penalty="kl", sparsity_weight=0.1, corruption=corruption)
    result = fit(NETWORK, objective, SOLVERS[solver], Schedule(batch_size=10, max_iter=5), Dataset.of(x), seed=SEED)
    assert result.state.n_updates == 20
    assert len(result.loss_curve) == 5
    assert result.loss_curve[-1] < result.loss_curve[0]
    assert result.best_loss == min(result.loss_curve)


def test_an_epoch_runs_through_the_shuffled_rows_batch_by_batch(x: Array, start: TrainingState) -> None:
    objective = Objective(penalty="kl", sparsity_weight=5.0)
    schedule = Schedule(batch_size=16, max_iter=2, first_epoch=3)
    result = fit(NETWORK, objective, STANDSTILL, schedule, Dataset.of(x, first_row=7), seed=SEED)
    for epoch, loss in zip((3, 4), result.loss_curve, strict=True):
        order = permutation(40, SEED, Stream.shuffle, row=7, epoch=epoch)
        batches = [order[:14], order[14:27], order[27:]]
        losses = [loss_of(start.parameters, x[batch], objective) for batch in batches]
        EQUIVALENCE.assert_close(loss, np.average(losses, weights=[14, 13, 13]))
    assert result.loss_curve[0] != result.loss_curve[1]


def test_without_shuffle_the_rows_keep_their_order(x: Array, start: TrainingState) -> None:
    objective = Objective(penalty="kl", sparsity_weight=5.0)
    schedule = Schedule(batch_size=16, max_iter=1, shuffle=False)
    rows = np.arange(1, 40, 2)
    result = fit(NETWORK, objective, STANDSTILL, schedule, Dataset.of(x, rows=rows), seed=SEED)
    losses = [loss_of(start.parameters, x[half], objective) for half in (rows[:10], rows[10:])]
    EQUIVALENCE.assert_close(result.loss_curve, [np.mean(losses)])


@pytest.mark.parametrize("corruption", [name for name in CORRUPTIONS if name != "none"])
def test_the_noise_is_that_of_the_epoch(x: Array, start: TrainingState, corruption: str) -> None:
    objective = Objective(corruption=corruption)
    result = fit(NETWORK, objective, STANDSTILL, Schedule(batch_size=40, max_iter=3), Dataset.of(x), seed=SEED)
    expected = [loss_of(start.parameters, x, objective, noise_seed=SEED, epoch=epoch) for epoch in range(3)]
    EQUIVALENCE.assert_close(result.loss_curve, expected)
    assert len(set(result.loss_curve)) == 3


def test_a_batch_beyond_the_data_is_all_of_it(x: Array) -> None:
    runs = [
        fit(NETWORK, Objective(), Optimizer(), Schedule(batch_size=size, max_iter=3), Dataset.of(x), seed=SEED)
        for size in (40, 1000)
    ]
    np.testing.assert_array_equal(runs[0].state.parameters, runs[1].state.parameters)


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_run_in_two_parts_is_the_run_in_one(x: Array, solver: str) -> None:
    objective, data = Objective(corruption="masking"), Dataset.of(x)
    schedule = Schedule(batch_size=16, max_iter=4)
    whole = fit(NETWORK, objective, SOLVERS[solver], schedule, data, seed=SEED)
    half = replace(schedule, max_iter=2)
    first = fit(NETWORK, objective, SOLVERS[solver], half, data, seed=SEED)
    half = replace(half, first_epoch=2)
    second = fit(NETWORK, objective, SOLVERS[solver], half, data, seed=SEED, state=first.state)
    np.testing.assert_array_equal(second.state.parameters, whole.state.parameters)
    assert first.loss_curve + second.loss_curve == whole.loss_curve
    assert second.state.n_updates == whole.state.n_updates == 12


def trained_on_full_batches(x: Array, weights: Array | None = None) -> Array:
    objective = Objective(alpha=0.01, penalty="kl", sparsity_weight=0.5)
    schedule, data = Schedule(batch_size=len(x), max_iter=20), Dataset.of(x, weights=weights)
    return fit(NETWORK, objective, SOLVERS["nesterov"], schedule, data, seed=SEED).state.parameters


def test_a_weighted_row_is_a_repeated_row(x: Array) -> None:
    repeats = np.arange(40) % 3
    repeated = trained_on_full_batches(np.repeat(x, repeats, axis=0))
    EQUIVALENCE.assert_close(trained_on_full_batches(x, repeats.astype(np.float64)), repeated)


def test_weights_count_relative_to_their_mean(x: Array) -> None:
    weights = np.linspace(0.1, 2, 40)
    EQUIVALENCE.assert_close(trained_on_full_batches(x, 50 * weights), trained_on_full_batches(x, weights))


def test_the_weights_of_rows_that_do_not_train_do_not_count(x: Array) -> None:
    weights = np.linspace(0.1, 2, 40)
    rows = np.arange(10, 30)
    changed = weights.copy()
    changed[:10] = 100.0
    schedule = Schedule(batch_size=8, max_iter=3)
    runs = [
        fit(NETWORK, Objective(), Optimizer(), schedule, Dataset.of(x, rows=rows, weights=w), seed=SEED)
        for w in (weights, changed)
    ]
    EQUIVALENCE.assert_close(runs[0].state.parameters, runs[1].state.parameters)


def test_a_batch_of_zero_weight_is_skipped(x: Array) -> None:
    weights = np.repeat([1.0, 0.0, 1.0, 1.0], 10)
    schedule = Schedule(batch_size=10, max_iter=3, shuffle=False)
    result = fit(NETWORK, Objective(), Optimizer(), schedule, Dataset.of(x, weights=weights), seed=SEED)
    assert result.state.n_updates == 9
    # The three batches with weight carry 4/3 each; without the fourth batch in the data, 1 each.
    others = Dataset.of(x[weights > 0])
    standing = fit(NETWORK, Objective(), STANDSTILL, schedule, others, seed=SEED).loss_curve[0]
    skipping = fit(NETWORK, Objective(), STANDSTILL, schedule, Dataset.of(x, weights=weights), seed=SEED).loss_curve[0]
    EQUIVALENCE.assert_close(skipping, 4 / 3 * standing)


def test_no_epoch_leaves_the_initial_weights(x: Array, start: TrainingState) -> None:
    objective = Objective(alpha=0.1, corruption="gaussian")
    result = fit(NETWORK, objective, Optimizer(), Schedule(max_iter=0), Dataset.of(x), seed=SEED)
    np.testing.assert_array_equal(result.state.parameters, start.parameters)
    assert result.loss_curve == []
    assert result.best_loss == loss_of(start.parameters, x, objective, noise_seed=SEED)


def test_training_stops_after_epochs_without_improvement(x: Array) -> None:
    stuck = Schedule(max_iter=50, n_iter_no_change=4)
    result = fit(NETWORK, Objective(), STANDSTILL, stuck, Dataset.of(x), seed=SEED)
    assert (result.status, len(result.loss_curve)) == ("converged", 5)
    tol_of_all = replace(stuck, tol=1.0)
    result = fit(NETWORK, Objective(), SOLVERS["adam"], tol_of_all, Dataset.of(x), seed=SEED)
    assert (result.status, len(result.loss_curve)) == ("converged", 5)
    assert result.best_loss == result.loss_curve[-1] < result.loss_curve[0]
    moving = replace(stuck, tol=0.0)
    result = fit(NETWORK, Objective(), SOLVERS["adam"], moving, Dataset.of(x), seed=SEED)
    assert (result.status, len(result.loss_curve)) == ("max_iter", 50)


def test_tol_is_relative_to_the_best_loss(x: Array) -> None:
    free = Schedule(batch_size=40, max_iter=12, tol=0.0)
    curve = np.array(fit(NETWORK, Objective(), SOLVERS["adam"], free, Dataset.of(x), seed=SEED).loss_curve)
    gains = 1 - curve[1:] / curve[:-1]
    assert (gains > 0).all()
    schedule = replace(free, tol=float(np.median(gains)), n_iter_no_change=2)
    result = fit(NETWORK, Objective(), SOLVERS["adam"], schedule, Dataset.of(x), seed=SEED)
    small = gains <= schedule.tol
    expected = next(i for i in range(1, len(gains)) if small[i - 1] and small[i]) + 2
    assert (result.status, len(result.loss_curve)) == ("converged", expected)


def test_early_stopping_restores_the_weights_of_the_lowest_validation_loss(x: Array) -> None:
    objective = Objective(alpha=0.1, corruption="masking")
    rows, validation_rows = training.split_rows(40, 0.25, SEED)
    data = Dataset.of(x, rows=rows, weights=np.linspace(0.5, 1.5, 40))
    validation = Dataset.of(x, rows=validation_rows, weights=data.weights)
    schedule = Schedule(batch_size=10, max_iter=60, n_iter_no_change=5, early_stopping=True)
    optimizer = Optimizer(learning_rate_init=0.3)
    result = fit(NETWORK, objective, optimizer, schedule, data, seed=SEED, validation=validation)
    curve = result.validation_loss_curve
    assert result.status == "converged"
    assert len(curve) == len(result.loss_curve) == int(np.argmin(curve)) + 6
    assert result.best_loss == min(curve)

    noise = Noise("masking", objective.corruption_level, SEED, Stream.validation_noise)
    clean, corrupted = gather_corrupt(validation, validation_rows, noise)
    weights = np.linspace(0.5, 1.5, 40)[validation_rows]
    restored = data_term(NETWORK, objective, result.state.parameters, clean, corrupted, weights)
    EQUIVALENCE.assert_close(restored, min(curve))

    until_best = replace(schedule, max_iter=int(np.argmin(curve)) + 1, early_stopping=False)
    recorded = fit(NETWORK, objective, optimizer, until_best, data, seed=SEED, validation=validation)
    np.testing.assert_array_equal(recorded.state.parameters, result.state.parameters)
    assert recorded.validation_loss_curve == curve[: int(np.argmin(curve)) + 1]
    assert recorded.best_loss == min(recorded.loss_curve)


def test_early_stopping_without_validation_data_is_refused(x: Array) -> None:
    with pytest.raises(ValueError, match="validation"):
        fit(NETWORK, Objective(), Optimizer(), Schedule(early_stopping=True), Dataset.of(x), seed=SEED)


@pytest.mark.parametrize(("n_samples", "fraction", "n_validation"), [(40, 0.25, 10), (11, 0.1, 2), (3, 0.5, 2)])
def test_split_rows_shares_all_rows_out(n_samples: int, fraction: float, n_validation: int) -> None:
    rows, validation_rows = training.split_rows(n_samples, fraction, SEED)
    order = permutation(n_samples, SEED, Stream.validation_split)
    assert validation_rows.tolist() == sorted(order[:n_validation])
    assert rows.tolist() == sorted(order[n_validation:])


@pytest.mark.parametrize("learning_rate_init", [1.0, 1e300])
def test_a_divergence_leaves_the_start_of_its_epoch(x: Array, learning_rate_init: float) -> None:
    network = Network((6, 3, 6), ("identity", "identity"))
    optimizer = Optimizer("sgd", learning_rate_init=learning_rate_init)
    schedule = Schedule(batch_size=20, max_iter=50, n_iter_no_change=50)
    result = fit(network, Objective(), optimizer, schedule, Dataset.of(x), seed=SEED)
    assert result.status == "diverged"
    assert np.isfinite(result.loss_curve).all()
    until_then = replace(schedule, max_iter=len(result.loss_curve))
    before = fit(network, Objective(), optimizer, until_then, Dataset.of(x), seed=SEED)
    assert before.status == "max_iter"
    np.testing.assert_array_equal(result.state.parameters, before.state.parameters)
    assert result.loss_curve == before.loss_curve


def test_a_loss_beyond_all_numbers_is_a_divergence(x: Array, start: TrainingState) -> None:
    result = fit(NETWORK, Objective(), STANDSTILL, Schedule(max_iter=1), Dataset.of(1e200 * x), seed=SEED)
    assert (result.status, result.loss_curve) == ("diverged", [])
    np.testing.assert_array_equal(result.state.parameters, start.parameters)


def test_a_last_step_beyond_all_numbers_is_a_divergence(x: Array, start: TrainingState) -> None:
    optimizer = Optimizer("sgd", learning_rate_init=1e308)
    result = fit(NETWORK, Objective(), optimizer, Schedule(max_iter=1), Dataset.of(x), seed=SEED)
    assert (result.status, result.loss_curve) == ("diverged", [])
    np.testing.assert_array_equal(result.state.parameters, start.parameters)


def pca_error(x: Array, n_components: int) -> float:
    """Sum over the features of the mean squared error."""
    variances = np.linalg.svd(x - x.mean(axis=0), compute_uv=False) ** 2 / len(x)
    return float(variances[n_components:].sum())


def lowest_training_error(network: Network, x: Array) -> float:
    schedule = Schedule(batch_size=len(x), max_iter=1000, n_iter_no_change=1000)
    return fit(network, Objective(), Optimizer(learning_rate_init=0.05), schedule, Dataset.of(x), seed=SEED).best_loss


@pytest.mark.parametrize("tied", [False, True])
def test_a_linear_autoencoder_reaches_pca_and_never_goes_below(x: Array, tied: bool) -> None:
    bound = pca_error(x, 2)
    lowest = lowest_training_error(Network((6, 2, 6), ("identity", "identity"), tied), x)
    assert bound * (1 - EQUIVALENCE.relative) <= lowest < bound * (1 + PCA_GAP)


def test_a_decoder_goes_below_pca_only_through_hidden_layers() -> None:
    t = np.linspace(-1.5, 1.5, 40)[:, np.newaxis]
    curve = np.hstack((t, t**2))
    bound = pca_error(curve, 1)
    assert lowest_training_error(Network((2, 1, 2), ("tanh", "identity")), curve) >= bound
    assert lowest_training_error(Network((2, 6, 1, 6, 2), ("tanh", "tanh", "tanh", "identity")), curve) < bound
