"""The least J of a linear autoencoder with squared error, in closed form; its twin, _training/exact.py,
solves for it.

The network has one layer on each side of the code and identities as activations. With noise J is its expected value.
"""

import numpy as np

from .config import Array, Dataset, Network, Objective


def moments_of_noise(objective: Objective, x: Array, mask_fill: Array | float = 0.0) -> tuple[Array, Array]:
    """E[x~ | x] and Var[x~ | x], (n, n_features) each; given x the entries of x~ are independent."""
    p = objective.corruption_level
    if objective.corruption == "masking":
        return (1 - p) * x + p * mask_fill, p * (1 - p) * (x - mask_fill) ** 2
    if objective.corruption == "gaussian":
        return x, np.full_like(x, p**2)
    return x, np.zeros_like(x)


def expected_value(network: Network, objective: Objective, parameters: Array, data: Dataset) -> float:
    """E J = 1/m sum_i s_i E ||x_i - h(x~_i)||^2 + alpha/2 sum_layers ||W||_F^2, the expectation being over the noise.

    h is affine with the slopes M = W1 W2, so that
    E ||x - h(x~)||^2 = ||x - h(E x~)||^2 + sum_j Var[x~_j] sum_k M_jk^2.
    """
    x, shares = data.x[data.rows], data.weights[data.rows] / len(data.rows)
    (encoder, code_bias), (decoder, output_bias) = network.layers(parameters)
    mean, variance = moments_of_noise(objective, x, data.mask_fill)
    output = (mean @ encoder + code_bias) @ decoder + output_bias
    errors = ((x - output) ** 2).sum(axis=1) + variance @ ((encoder @ decoder) ** 2).sum(axis=1)
    squared_norm = (encoder**2).sum() + (decoder**2).sum()
    return float(shares @ errors + objective.alpha / 2 * squared_norm)


def solve(network: Network, objective: Objective, data: Dataset) -> Array:
    """The parameters, (n_parameters,), of least expected J. Code units beyond the number of features are 0.

    Without noise, from the covariance C = U diag(v) U^T (Kunin, Bloom, Goeva & Seed 2019):
        W1 = U_k D, W2 = W1^T with D = sqrt(max(0, 1 - alpha / (2 v))).
    With noise, from Q = cov(x~) and P = cov(x~, x), for alpha = 0 and untied weights (Izenman 1975):
        W1 = Q^+ P V_k, W2 = V_k^T with the leading eigenvectors V_k of P^T Q^+ P.
    Both: b1 = -E[x~] W1, b2 = E[x].
    """
    x, shares = data.x[data.rows], data.weights[data.rows] / len(data.rows)
    x_tilde, variance = moments_of_noise(objective, x, data.mask_fill)
    if objective.corruption == "none":
        v, u = leading_eigenvectors(covariance(x, x, shares), network.layer_sizes[1])
        encoder = u * np.sqrt([max(0.0, 1 - objective.alpha / (2 * v_j)) if objective.alpha > 0 else 1.0 for v_j in v])
        decoder = encoder.T
    else:
        q = covariance(x_tilde, x_tilde, shares) + np.diag(shares @ variance)  # the law of total variance
        p = covariance(x_tilde, x, shares)
        q_inverse = np.linalg.pinv(q, rcond=len(q) * np.finfo(np.float64).eps, hermitian=True)
        _, v_k = leading_eigenvectors(p.T @ q_inverse @ p, network.layer_sizes[1])
        encoder, decoder = q_inverse @ p @ v_k, v_k.T

    parameters = np.zeros(network.n_parameters)
    (w_1, b_1), (w_2, b_2) = network.layers(parameters)
    w_1[:, : encoder.shape[1]] = encoder
    w_2[: len(decoder)] = decoder
    b_1[...] = -shares @ x_tilde @ w_1
    b_2[...] = shares @ x
    return parameters


def covariance(a: Array, b: Array, shares: Array) -> Array:
    """Of the columns of a, (n, n_a), with those of b, (n, n_b): (n_a, n_b). The rows have shares, (n,), of sum 1."""
    return np.asarray((a - shares @ a).T @ np.diag(shares) @ (b - shares @ b))


def leading_eigenvectors(matrix: Array, n: int) -> tuple[Array, Array]:
    """The n largest eigenvalues of a symmetric matrix, or all, descending, and their eigenvectors as columns.

    The entry of largest magnitude in each eigenvector is positive.
    """
    values, vectors = np.linalg.eigh(matrix)
    order = np.argsort(values)[::-1][:n]
    vectors = vectors[:, order]
    largest = np.abs(vectors).argmax(axis=0)
    return values[order], vectors * np.sign(vectors[largest, np.arange(len(order))])
