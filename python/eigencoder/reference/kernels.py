"""The operations of a training step, each over a whole batch; csrc/kernels holds their namesakes.

n is the number of rows of the batch, d the number of a layer's features. Nothing is changed in place.

To add a corruption, write its function here and append it to CORRUPTIONS, in the order of
csrc/include/eigencoder/config.h.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .config import Array, Dataset, Network, Optimizer, Rows, TrainingState
from .formulas import ACTIVATIONS, LOSSES
from .random import Stream, Words, uniform, words
from .update_rules import UPDATE_RULES


@dataclass(frozen=True)
class Noise:
    """Which noise a batch gets; without a seed, none."""

    corruption: str = "none"
    level: float = 0.0
    seed: int | None = None
    stream: Stream = Stream.noise
    epoch: int = 0


def no_corruption(x: Array, word: Words, level: float, data: Dataset) -> Array:
    """x~ = x."""
    return x


def masking(x: Array, word: Words, level: float, data: Dataset) -> Array:
    """x~ = ``mask_fill`` with probability ``level``, else x (Vincent et al. 2010, where it is 0)."""
    return np.where(_chosen(word[:, : x.shape[1]], level), data.mask_fill, x)


def gaussian(x: Array, word: Words, level: float, data: Dataset) -> Array:
    """x~ = x + N(0, level^2).

    Two words give two independent normals (Box & Muller 1958): with radius r = sqrt(-2 log u_1) and angle t = 2 pi u_2,
    r cos(t) and r sin(t).
    """
    u = uniform(word)
    radius = level * np.sqrt(-2 * np.log(u[:, 0::2]))
    angle = 2 * np.pi * u[:, 1::2]
    noise = np.stack((radius * np.cos(angle), radius * np.sin(angle)), axis=-1).reshape(word.shape)
    return np.asarray(x + noise[:, : x.shape[1]])


def salt_and_pepper(x: Array, word: Words, level: float, data: Dataset) -> Array:
    """x~ = an extreme of its column with probability ``level``, else x.

    It is the maximum if the lowest bit of the entry's word is 1, the minimum if it is 0.
    """
    word = word[:, : x.shape[1]]
    minima, maxima = data.column_extremes
    extreme = np.where(word & np.uint64(1), maxima, minima)
    return np.where(_chosen(word, level), extreme, x)


CORRUPTIONS = {"none": no_corruption, "masking": masking, "gaussian": gaussian, "salt_and_pepper": salt_and_pepper}


def _chosen(word: Words, level: float) -> NDArray[np.bool_]:
    """True with probability ``level``: the word below round(level 2^32), as integers."""
    return word < np.uint64(np.floor(level * 2.0**32 + 0.5))


def gather_corrupt(data: Dataset, rows: Rows, noise: Noise) -> tuple[Array, Array]:
    """The target of the given rows, (n, n_outputs), and the rows with noise, (n, d).

    The noise of row i is drawn at row ``data.first_row + i``, wherever in the batch it lies.
    """
    target, clean = data.target[rows], data.inputs[rows]
    if noise.seed is None:
        return target, clean
    word = words(noise.seed, noise.stream, data.first_row + rows, clean.shape[1], noise.epoch)
    return target, CORRUPTIONS[noise.corruption](clean, word, noise.level, data)


def dense_forward(inputs: Array, weights: Array, bias: Array, activation: str) -> Array:
    """Output (n, d') = activation(inputs (n, d) W (d, d') + b (d'))."""
    return ACTIVATIONS[activation].value(inputs @ weights + bias)


def row_losses(x: Array, output: Array, loss: str) -> Array:
    """Sum over features of loss(x, output), (n,). The output is z where the loss is taken from logits, else h(x~)."""
    return np.asarray(LOSSES[loss].value(x, output).sum(axis=1))


def output_delta(x: Array, output: Array, loss: str, activation: str, row_weights: Array) -> Array:
    """dJ/dz (n, d) of the last layer: row_weights_i dloss/dz, with dloss/dz = dloss/dh f'(z)."""
    delta = row_weights[:, np.newaxis] * LOSSES[loss].delta(x, output)
    return delta if LOSSES[loss].from_logits else delta * ACTIVATIONS[activation].derivative(output)


def column_sums(matrix: Array, row_weights: Array | None = None) -> Array:
    """sum_i row_weights_i matrix_ij, (d,); row_weights None: all 1."""
    return np.asarray(matrix.sum(axis=0) if row_weights is None else row_weights @ matrix)


def dense_backward(
    d_output: Array, weights: Array, inputs: Array, activation: str, d_penalty: Array | float = 0.0
) -> Array:
    """dJ/dz (n, d) of the layer before: (d_output (n, d') W^T + dP/da (n, d)) f'(z).

    ``inputs`` (n, d) are that layer's outputs a = f(z), and ``activation`` is its f.
    """
    return (d_output @ weights.T + d_penalty) * ACTIVATIONS[activation].derivative(inputs)


def dense_gradient(inputs: Array, d_output: Array, weights: Array, decay: float) -> Array:
    """dJ/dW (d, d') = inputs (n, d)^T d_output (n, d') + decay W."""
    return inputs.T @ d_output + decay * weights


def largest(code: Array, n_active: int) -> NDArray[np.bool_]:
    """Where the ``n_active`` largest entries of each row are, (n, d); of equals those in lower columns."""
    order = np.argsort(-code, axis=1, kind="stable")
    mask = np.zeros(code.shape, bool)
    np.put_along_axis(mask, order[:, :n_active], True, axis=1)
    return mask


def clipped(gradients: Array, max_norm: float) -> Array:
    """The gradients, shortened to the norm ``max_norm`` where theirs is larger (Pascanu et al. 2013); 0: never."""
    norm = np.linalg.norm(gradients)
    return gradients * (max_norm / norm) if max_norm > 0 and norm > max_norm else gradients


def update(
    network: Network, optimizer: Optimizer, learning_rate: float, gradients: Array, state: TrainingState
) -> TrainingState:
    """The state after one step of the solver along ``gradients``, (n_parameters,).

    The average of the parameters after each update t, weighed by averaging^(n_updates - t), is kept as
    average = average + (1 - averaging) / (1 - averaging^n_updates) (parameters - average).
    """
    n_updates = state.n_updates + 1
    scales = np.ones_like(gradients) if state.scales is None else state.scales
    parameters, first_moment, second_moment = UPDATE_RULES[optimizer.solver](
        optimizer,
        learning_rate,
        n_updates,
        np.where(network.is_weight, optimizer.weight_decay, 0.0),
        scales * clipped(gradients, optimizer.max_grad_norm),
        state.parameters / scales,
        state.first_moment,
        state.second_moment,
    )
    parameters = scales * parameters
    average = state.average
    if average is not None:
        share_of_new = (1 - optimizer.averaging) / (1 - optimizer.averaging**n_updates)
        average = average + share_of_new * (parameters - average)
    return replace(
        state,
        parameters=parameters,
        first_moment=first_moment,
        second_moment=second_moment,
        n_updates=n_updates,
        average=average,
    )
