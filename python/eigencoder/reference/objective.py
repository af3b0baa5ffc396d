"""J of one batch and its gradient: the forward and the backward pass.

In a batch x is clean, (n, n_features), ``inputs`` is what the network sees of it, and the weights s, (n,), are those of
its rows.
"""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import kernels
from .config import Array, Network, Objective
from .formulas import ACTIVATIONS, ACTIVITIES, L1, LOSSES, Contractive, KlDivergence


def check(network: Network, objective: Objective) -> None:
    """ValueError where a name is unknown, or where the objective cannot be had with the network."""
    names: list[tuple[str, Collection[str]]] = [
        *((activation, ACTIVATIONS) for activation in network.activations),
        (objective.loss, LOSSES),
        (objective.penalty, PENALTIES),
        (objective.corruption, kernels.CORRUPTIONS),
    ]
    for name, known in names:
        if name not in known:
            raise ValueError(f"found {name!r}, expected one of {list(known)}")
    code = network.activations[network.code_layer]
    if objective.penalty == "kl" and code not in ACTIVITIES:
        raise ValueError(
            f"penalty='kl' needs a code activation of {list(ACTIVITIES)}, found {code!r}: "
            f'use another one, or penalty="l1"'
        )
    if objective.penalty == "contractive" and (network.code_layer > 0 or network.n_active):
        raise ValueError(
            "penalty='contractive' needs an encoder of one layer whose units all stay, found "
            f"{network.code_layer + 1} layers and n_active={network.n_active}"
        )
    loss = LOSSES[objective.loss]
    if loss.from_logits and network.activations[-1] != loss.output_activation:
        raise ValueError(
            f"loss={objective.loss!r} needs output_activation={loss.output_activation!r}, found "
            f"{network.activations[-1]!r}"
        )
    if (objective.loss == "softmax_crossentropy") != (network.n_encoder_layers > 0):
        raise ValueError(
            f"loss='softmax_crossentropy' needs a classifier, and a classifier that loss: found {objective.loss!r} and "
            f"n_encoder_layers={network.n_encoder_layers}"
        )


class Pass(NamedTuple):
    """The input of each layer, then the output of the last one: z where the loss is taken from logits, else h.

    ``stays``, (n, n_components), tells which code units of a row stay; the others are 0.
    """

    outputs: list[Array]
    stays: NDArray[np.bool_]


def forward(network: Network, objective: Objective, parameters: Array, inputs: Array) -> Pass:
    """Through all layers."""
    activations = list(network.activations)
    if LOSSES[objective.loss].from_logits:
        activations[-1] = "identity"
    outputs = [inputs]
    for layer, (weights, bias) in enumerate(network.layers(parameters)):
        output = kernels.dense_forward(outputs[-1], weights, bias, activations[layer])
        if layer == network.code_layer:
            stays = kernels.largest(output, network.n_active or output.shape[1])
            output = np.where(stays, output, 0.0)
        outputs.append(output)
    return Pass(outputs, stays)


def data_term(
    network: Network, objective: Objective, parameters: Array, x: Array, inputs: Array, weights: Array
) -> float:
    """sum_i s_i loss(x_i, h(x~_i)) / sum_i s_i."""
    output = forward(network, objective, parameters, inputs).outputs[-1]
    return float(weights @ kernels.row_losses(x, output, objective.loss) / weights.sum())


class CodeWeights(NamedTuple):
    """W of the layer that gives the code, (d, n_components), and of the layer that reads it, (n_components, d')."""

    incoming: Array
    outgoing: Array


class Penalty(NamedTuple):
    """P, and what it adds to dJ/da, (n, n_components), and to dJ/dW of the two layers of `CodeWeights`."""

    value: float
    d_code: Array | float = 0.0
    d_incoming: Array | float = 0.0
    d_outgoing: Array | float = 0.0


def no_penalty(
    network: Network, objective: Objective, weights: CodeWeights, code: Array, row_weights: Array, old: Array | None
) -> Penalty:
    """P = 0."""
    return Penalty(0.0)


def mean_activity(
    network: Network, objective: Objective, code: Array, row_weights: Array, old: Array | None
) -> tuple[Array, Array]:
    """rho^, (n_components,), and the share of the batch in it.

    The batch's is sum_i s_i activity(a_ij) / sum_i s_i, with activity(a) = slope a + offset. With that of the batches
    before, ``old`` (NaN before the first one), rho^ = mu old + (1 - mu) batch; mu is ``sparsity_momentum``.
    """
    activity = ACTIVITIES[network.activations[network.code_layer]]
    of_batch = activity(kernels.column_sums(code, row_weights / row_weights.sum()))
    if old is None:
        return of_batch, np.ones_like(of_batch)
    share = np.where(np.isnan(old), 1.0, 1 - objective.sparsity_momentum)
    return share * of_batch + (1 - share) * np.nan_to_num(old), share


def kl_penalty(
    network: Network, objective: Objective, weights: CodeWeights, code: Array, row_weights: Array, old: Array | None
) -> Penalty:
    """P = beta sum_j KL(rho || rho^_j), and dP/da_ij = beta s_i / sum_i s_i (1 - mu) KL'(rho, rho^_j) slope.

    rho is ``sparsity``, beta is ``sparsity_weight``; (1 - mu) is the batch's share in rho^.
    """
    rho_hat, share = mean_activity(network, objective, code, row_weights, old)
    value = objective.sparsity_weight * KlDivergence.value(objective.sparsity, rho_hat).sum()
    slope = ACTIVITIES[network.activations[network.code_layer]].slope
    d_unit = objective.sparsity_weight * share * slope * KlDivergence.derivative(objective.sparsity, rho_hat)
    return Penalty(float(value), np.outer(row_weights / row_weights.sum(), d_unit))


def l1_penalty(
    network: Network, objective: Objective, weights: CodeWeights, code: Array, row_weights: Array, old: Array | None
) -> Penalty:
    """P = beta / n sum_i s_i sum_j |a_ij| ||W_j:||, with the weights W_j: of the layer that reads the code.

    dP/da_ij = beta s_i / n ||W_j:|| sign(a_ij), where sign(0) = 0, and dP/dW_j: = beta / n sum_i s_i |a_ij|
    W_j: / ||W_j:||, but 0 where the norm is below 1e-30. beta is ``sparsity_weight``.
    """
    shares = objective.sparsity_weight * row_weights / len(code)
    norms = np.sqrt((weights.outgoing**2).sum(axis=1))
    magnitudes = kernels.column_sums(np.abs(code), shares)
    return Penalty(
        float(L1.value(magnitudes, norms).sum()),
        np.outer(shares, norms) * np.sign(code),
        d_outgoing=L1.derivative_by_weights(magnitudes, weights.outgoing, norms),
    )


def contractive_penalty(
    network: Network, objective: Objective, weights: CodeWeights, code: Array, row_weights: Array, old: Array | None
) -> Penalty:
    """P = beta / n sum_i s_i sum_j f'(z_ij)^2 ||W_:j||^2: the encoder's Jacobian, squared (Rifai et al. 2011).

    dP/dz_ij = 2 beta s_i / n f'(z_ij) f''(z_ij) ||W_:j||^2, of which the factor f'(z_ij) is left to the backward pass,
    and dP/dW_lj = 2 beta W_lj 1/n sum_i s_i f'(z_ij)^2 where z stays. beta is ``sparsity_weight``.
    """
    activation = ACTIVATIONS[network.activations[network.code_layer]]
    shares = objective.sparsity_weight * row_weights / len(code)
    squared_norms = (weights.incoming**2).sum(axis=0)
    squared_slopes = shares @ activation.derivative(code) ** 2
    return Penalty(
        float(Contractive.value(squared_slopes, squared_norms).sum()),
        2 * np.outer(shares, squared_norms) * activation.second_derivative(code),
        2 * weights.incoming * squared_slopes,
    )


PENALTIES = {"none": no_penalty, "kl": kl_penalty, "l1": l1_penalty, "contractive": contractive_penalty}


def value_and_gradients(
    network: Network,
    objective: Objective,
    parameters: Array,
    x: Array,
    inputs: Array,
    weights: Array,
    mean_activity: Array | None = None,
) -> tuple[float, Array]:
    """J and dJ/dparameters, (n_parameters,).

    J = 1/n sum_i s_i loss(x_i, h(x~_i)) + alpha/2 sum_layers ||W||_F^2 + P(code). A tied matrix counts in both of its
    layers, in the gradient as in J.
    """
    layers = network.layers(parameters)
    gradients = np.zeros_like(parameters)
    d_layers = network.layers(gradients)
    row_weights = weights / len(x)

    outputs, stays = forward(network, objective, parameters, inputs)
    code = outputs[network.code_layer + 1]
    code_weights = CodeWeights(*(layers[network.code_layer + which].weights for which in (0, 1)))
    penalty = PENALTIES[objective.penalty](network, objective, code_weights, code, weights, mean_activity)
    squared_norm = sum(float((layer.weights**2).sum()) for layer in layers)
    data_loss = float(row_weights @ kernels.row_losses(x, outputs[-1], objective.loss))
    value = data_loss + objective.alpha / 2 * squared_norm + penalty.value

    d_output = kernels.output_delta(x, outputs[-1], objective.loss, network.activations[-1], row_weights)
    for layer in reversed(range(network.n_layers)):
        inputs, weights_of_layer = outputs[layer], layers[layer].weights
        d_layers[layer].weights[...] += kernels.dense_gradient(inputs, d_output, weights_of_layer, objective.alpha)
        d_layers[layer].bias[...] = kernels.column_sums(d_output)
        if layer > 0:
            before = layer - 1
            d_output = kernels.dense_backward(
                d_output,
                weights_of_layer,
                inputs,
                network.activations[before],
                penalty.d_code if before == network.code_layer else 0.0,
            )
            if before == network.code_layer:
                d_output = np.where(stays, d_output, 0.0)
    d_layers[network.code_layer].weights[...] += penalty.d_incoming
    d_layers[network.code_layer + 1].weights[...] += penalty.d_outgoing
    return value, gradients
