"""J of one batch and its gradient: the forward and the backward pass.

In a batch x is clean, (n, n_features), ``inputs`` is what the network sees of it, and the weights s, (n,), are those of
its rows.
"""

from collections.abc import Collection

import numpy as np

from . import kernels
from .config import Array, Network, Objective
from .formulas import ACTIVATIONS, ACTIVITIES, L1, LOSSES, KlDivergence


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
    if LOSSES[objective.loss].from_logits and network.activations[-1] != "sigmoid":
        raise ValueError(
            f"loss={objective.loss!r} needs output_activation='sigmoid', found {network.activations[-1]!r}"
        )


def forward(network: Network, objective: Objective, parameters: Array, inputs: Array) -> list[Array]:
    """The input of each layer, then the output of the last one: z where the loss is taken from logits, else h."""
    activations = list(network.activations)
    if LOSSES[objective.loss].from_logits:
        activations[-1] = "identity"
    outputs = [inputs]
    for (weights, bias), activation in zip(network.layers(parameters), activations, strict=True):
        outputs.append(kernels.dense_forward(outputs[-1], weights, bias, activation))
    return outputs


def data_term(
    network: Network, objective: Objective, parameters: Array, x: Array, inputs: Array, weights: Array
) -> float:
    """sum_i s_i loss(x_i, h(x~_i)) / sum_i s_i."""
    output = forward(network, objective, parameters, inputs)[-1]
    return float(weights @ kernels.row_losses(x, output, objective.loss) / weights.sum())


def no_penalty(network: Network, objective: Objective, code: Array, weights: Array) -> tuple[float, Array]:
    """P = 0, and dP/da, (n, n_components)."""
    return 0.0, np.zeros_like(code)


def kl_penalty(network: Network, objective: Objective, code: Array, weights: Array) -> tuple[float, Array]:
    """P = beta sum_j KL(rho || rho^_j), and dP/da_ij = beta s_i / sum_i s_i KL'(rho, rho^_j) slope, (n, n_components).

    rho^_j = sum_i s_i activity(a_ij) / sum_i s_i with activity(a) = slope a + offset; rho is ``sparsity``, beta is
    ``sparsity_weight``.
    """
    activity = ACTIVITIES[network.activations[network.code_layer]]
    shares = weights / weights.sum()
    rho_hat = activity(kernels.column_sums(code, shares))
    value = objective.sparsity_weight * KlDivergence.value(objective.sparsity, rho_hat).sum()
    d_unit = objective.sparsity_weight * KlDivergence.derivative(objective.sparsity, rho_hat) * activity.slope
    return float(value), np.outer(shares, d_unit)


def l1_penalty(network: Network, objective: Objective, code: Array, weights: Array) -> tuple[float, Array]:
    """P = beta / n sum_i s_i ||a_i||_1, and dP/da_ij = beta s_i / n sign(a_ij), (n, n_components).

    beta is ``sparsity_weight``.
    """
    row_weights = objective.sparsity_weight * weights / len(code)
    return float(row_weights @ kernels.l1_norms(code)), row_weights[:, np.newaxis] * L1.derivative(code)


PENALTIES = {"none": no_penalty, "kl": kl_penalty, "l1": l1_penalty}


def value_and_gradients(
    network: Network, objective: Objective, parameters: Array, x: Array, inputs: Array, weights: Array
) -> tuple[float, Array]:
    """J and dJ/dparameters, (n_parameters,).

    J = 1/n sum_i s_i loss(x_i, h(x~_i)) + alpha/2 sum_layers ||W||_F^2 + P(code). A tied matrix counts in both of its
    layers, in the gradient as in J.
    """
    layers = network.layers(parameters)
    gradients = np.zeros_like(parameters)
    d_layers = network.layers(gradients)
    row_weights = weights / len(x)

    outputs = forward(network, objective, parameters, inputs)
    penalty, d_penalty = PENALTIES[objective.penalty](network, objective, outputs[network.code_layer + 1], weights)
    squared_norm = sum(float((layer.weights**2).sum()) for layer in layers)
    data_loss = float(row_weights @ kernels.row_losses(x, outputs[-1], objective.loss))
    value = data_loss + objective.alpha / 2 * squared_norm + penalty

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
                d_penalty if before == network.code_layer else None,
            )
    return value, gradients
