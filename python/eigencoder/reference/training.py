"""The training loop: epochs, batches, the stopping rule. The same run as the native core's, step for step."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from .config import Array, Dataset, Network, Objective, Optimizer, Rows, Schedule, TrainingState
from .formulas import ACTIVATIONS
from .kernels import Noise, gather_corrupt, update
from .lbfgs import Lbfgs
from .learning_rate import LearningRateSchedule
from .objective import check, data_term, forward, mean_activity, value_and_gradients
from .random import Stream, initial_weights, permutation


@dataclass(frozen=True)
class FitResult:
    """What a fit ends in.

    Attributes
    ----------
    state : after the last step; at the lowest validation loss with early stopping; at the start of the last epoch if
        that diverged
    status : 'max_iter', 'converged' or 'diverged'
    loss_curve : the row-weighted mean of the batches' J before each update, one entry an epoch
    validation_loss_curve : the data term of the validation rows after each epoch; empty without them
    best_loss : the lowest monitored loss; J of the data where no epoch finished
    """

    state: TrainingState
    status: str
    loss_curve: list[float]
    validation_loss_curve: list[float]
    best_loss: float


def initialise(network: Network, seed: int) -> Array:
    """Initial parameters, (n_parameters,): random weights (see random.py), biases 0."""
    parameters = np.zeros(network.n_parameters)
    for layer, (weights, _) in enumerate(network.layers(parameters)):
        if not network.is_tied(layer):
            relu_like = ACTIVATIONS[network.activations[layer]].relu_like
            weights[...] = initial_weights(seed, layer, *weights.shape, relu_like=relu_like)
    return parameters


def initial_state(network: Network, objective: Objective, optimizer: Optimizer, seed: int) -> TrainingState:
    """Initial parameters, which are also their average, moments 0, no update made."""
    parameters = initialise(network, seed)
    return TrainingState(
        parameters,
        np.zeros(network.n_parameters),
        np.zeros(network.n_parameters),
        average=parameters if optimizer.averaging else None,
        mean_activity=np.full(network.n_components, np.nan) if objective.sparsity_momentum else None,
    )


def split_rows(n_samples: int, validation_fraction: float, seed: int) -> tuple[Rows, Rows]:
    """Rows that train and rows that validate, both ascending: of the latter ceil(validation_fraction n_samples)."""
    n_validation = int(np.ceil(validation_fraction * n_samples))
    order = permutation(n_samples, seed, Stream.validation_split)
    return np.sort(order[n_validation:]), np.sort(order[:n_validation])


def n_batches(n_samples: int, batch_size: int) -> int:
    """How many batches of up to so many rows an epoch has."""
    return -(-n_samples // batch_size)


def loss_and_gradients(
    network: Network,
    objective: Objective,
    parameters: Array,
    x: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    column_extremes: Array | None = None,
    noise_seed: int | None = None,
    epoch: int = 0,
    mean_activity: Array | None = None,
    labels: Rows | None = None,
) -> tuple[float, Array]:
    """J of x as one batch, and dJ/dparameters.

    Parameters
    ----------
    parameters : (n_parameters,)
    x : (n_samples, n_features)
    sample_weight : (n_samples,), brought to mean 1; None: all 1
    column_extremes : (2, n_features), what salt_and_pepper draws; None: those of x
    noise_seed : None: no corruption
    epoch : of which the noise is drawn
    mean_activity : (n_components,), that of the batches before under ``sparsity_momentum``; None: there were none
    labels : (n_samples,), the class of each row, for a classifier

    Returns
    -------
    J, and an array (n_parameters,)
    """
    check(network, objective)
    data = Dataset.of(
        x,
        weights=sample_weight,
        column_extremes=column_extremes,
        labels=labels,
        n_classes=network.layer_sizes[-1],
    )
    noise = Noise(objective.corruption, objective.corruption_level, noise_seed, epoch=epoch)
    return _of_batch(network, objective, parameters, data, data.rows, noise, mean_activity)


@np.errstate(over="ignore", invalid="ignore")  # a divergence is a status
def fit(
    network: Network,
    objective: Objective,
    optimizer: Optimizer,
    schedule: Schedule,
    train: Dataset,
    *,
    seed: int,
    validation: Dataset | None = None,
    state: TrainingState | None = None,
) -> FitResult:
    """Train from ``state`` on, or from initial parameters.

    An epoch improves if its monitored loss (the validation loss with early stopping, else the training loss) lies below
    best - tol |best|, best being the lowest before; the first one improves. Training has converged once
    ``n_iter_no_change`` epochs in a row did not improve. It has diverged where a batch's J, a parameter at the end of
    an epoch, or the monitored loss is not finite. The validation rows' noise is the same in every epoch.
    """
    check(network, objective)
    if schedule.early_stopping and validation is None:
        raise ValueError("early_stopping=True needs validation data, found None: pass validation")
    validation_noise = Noise(objective.corruption, objective.corruption_level, seed, Stream.validation_noise)
    state = best_state = state or initial_state(network, objective, optimizer, seed)
    loss_curve: list[float] = []
    validation_loss_curve: list[float] = []
    best_loss = np.inf
    n_unimproved = 0
    status = "max_iter"

    learning_rate = LearningRateSchedule(optimizer, n_batches(len(train.rows), schedule.batch_size), schedule.max_iter)
    first_update = state.n_updates
    minimiser = None
    if optimizer.solver == "lbfgs":
        noise = Noise(objective.corruption, objective.corruption_level, seed, epoch=schedule.first_epoch)
        minimiser = Lbfgs(lambda p: _of_batch(network, objective, p, train, train.rows, noise), state.parameters)

    for epoch in range(schedule.first_epoch, schedule.first_epoch + schedule.max_iter):
        stuck = False
        if minimiser is not None:
            stuck = not minimiser.iterate()
            trained = _minimised(minimiser, state, stuck)
        else:
            learning_rate.begin_epoch(train.first_row + (epoch - schedule.first_epoch) * len(train.rows))
            trained = _train_epoch(
                network, objective, optimizer, schedule, learning_rate, first_update, train, seed, epoch, state
            )
        if trained is None:
            return FitResult(state, "diverged", loss_curve, validation_loss_curve, best_loss)
        loss, trained_state = trained
        validation_loss = np.nan
        if validation is not None:
            batch = gather_corrupt(validation, validation.rows, validation_noise)
            weights = validation.weights[validation.rows]
            validation_loss = data_term(network, objective, trained_state.result, *batch, weights)
        monitored_loss = validation_loss if schedule.early_stopping else loss
        if not np.isfinite(monitored_loss):
            return FitResult(state, "diverged", loss_curve, validation_loss_curve, best_loss)
        state = trained_state
        loss_curve.append(loss)
        if validation is not None:
            validation_loss_curve.append(validation_loss)

        improved = len(loss_curve) == 1 or monitored_loss < best_loss - schedule.tol * abs(best_loss)
        n_unimproved = 0 if improved else n_unimproved + 1
        if monitored_loss < best_loss:
            best_loss, best_state = monitored_loss, state
        if n_unimproved >= schedule.n_iter_no_change:
            n_unimproved = 0
            stuck = minimiser is not None or not learning_rate.lower()
        if stuck:
            status = "converged"
            break

    if schedule.max_iter == 0:
        noise = Noise(objective.corruption, objective.corruption_level, seed, epoch=schedule.first_epoch)
        best_loss, _ = _of_batch(network, objective, state.result, train, train.rows, noise)
    if schedule.early_stopping:
        state = best_state
    return FitResult(state, status, loss_curve, validation_loss_curve, best_loss)


def _train_epoch(
    network: Network,
    objective: Objective,
    optimizer: Optimizer,
    schedule: Schedule,
    learning_rate: LearningRateSchedule,
    first_update: int,
    train: Dataset,
    seed: int,
    epoch: int,
    state: TrainingState,
) -> tuple[float, TrainingState] | None:
    """The training loss and the state after an epoch; None if it diverged.

    Batches are nearly equal, the first ones longer by a row. One of zero weight is skipped.
    """
    rows = train.rows
    if schedule.shuffle:
        rows = rows[permutation(len(rows), seed, Stream.shuffle, row=train.first_row, epoch=epoch)]
    noise = Noise(objective.corruption, objective.corruption_level, seed, epoch=epoch)
    loss_sum = 0.0
    n_rows_in_sum = 0
    for batch in np.array_split(rows, n_batches(len(rows), schedule.batch_size)):
        if train.weights[batch].sum() == 0:
            continue
        loss, gradients = _of_batch(network, objective, state.parameters, train, batch, noise, state.mean_activity)
        if not np.isfinite(loss):
            return None
        if state.mean_activity is not None:
            state = _with_mean_activity(network, objective, train, batch, noise, state)
        rate = learning_rate(state.n_updates - first_update, state.n_updates, state.n_warmup_updates)
        state = update(network, optimizer, rate, gradients, state)
        loss_sum += loss * len(batch)
        n_rows_in_sum += len(batch)
    if not np.isfinite(state.parameters).all():
        return None
    return loss_sum / n_rows_in_sum, state


def _minimised(minimiser: Lbfgs, state: TrainingState, stuck: bool) -> tuple[float, TrainingState] | None:
    """J and the state after an iteration; None if it diverged."""
    if not np.isfinite(minimiser.value):
        return None
    n_updates = state.n_updates if stuck else state.n_updates + 1
    return minimiser.value, replace(state, parameters=minimiser.x, n_updates=n_updates)


def _with_mean_activity(
    network: Network, objective: Objective, data: Dataset, rows: Rows, noise: Noise, state: TrainingState
) -> TrainingState:
    """The state with the mean activity that the batch went by."""
    _, inputs = gather_corrupt(data, rows, noise)
    code = forward(network, objective, state.parameters, inputs).outputs[network.code_layer + 1]
    mean, _ = mean_activity(network, objective, code, data.weights[rows], state.mean_activity)
    return replace(state, mean_activity=mean)


def _of_batch(
    network: Network,
    objective: Objective,
    parameters: Array,
    data: Dataset,
    rows: Rows,
    noise: Noise,
    mean_activity: Array | None = None,
) -> tuple[float, Array]:
    """J and dJ/dparameters of the given rows as one batch."""
    x, inputs = gather_corrupt(data, rows, noise)
    return value_and_gradients(network, objective, parameters, x, inputs, data.weights[rows], mean_activity)
