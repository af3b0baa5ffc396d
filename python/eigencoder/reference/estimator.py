"""The reference's answer for an estimator, whose parameters it reads by name; it imports no estimator."""

from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import training
from .config import Array, Network, Objective


def loss_and_gradients(
    estimator: Any, X: ArrayLike, *, sample_weight: ArrayLike | None = None, noise_seed: int | None = None
) -> tuple[float, list[Array], list[Array]]:
    """J of X as one batch and its gradients at the estimator's weights, in NumPy and float64.

    Parameters
    ----------
    estimator : autoencoder
        Fitted, or not: then its initial weights are taken, for which ``random_state`` must be an int. Never changed.
    X : array-like of shape (n_samples, n_features)
    sample_weight : array-like of shape (n_samples,), default=None
        Brought to mean 1; None: all 1.
    noise_seed : int, default=None
        The seed of the corruption, that of epoch 0; None: no corruption. Salt and pepper are the extremes of X's own
        columns.

    Returns
    -------
    loss : float
        J, in the unit of the loss: summed over features, averaged over rows.
    coef_gradients : list of ndarray of shape (n_inputs, n_outputs)
        One a layer. For tied weights the gradient of the pair: a decoder layer's is the transpose of the mirrored
        encoder layer's.
    intercept_gradients : list of ndarray of shape (n_outputs,)

    Raises
    ------
    ValueError
        If X has another number of features than the estimator, or if an unfitted estimator's random_state is no int or
        its ``init`` not "glorot".
    """
    x = np.asarray(X, dtype=np.float64)
    if x.ndim != 2:
        raise ValueError(f"X has {x.ndim} dimensions, expected 2: pass an array (n_samples, n_features)")
    network = _network(estimator, x.shape[1])
    loss, gradients = training.loss_and_gradients(
        network,
        _objective(estimator, x.shape[1]),
        _parameters(estimator, network),
        x,
        sample_weight=sample_weight,
        noise_seed=noise_seed,
    )
    layers = network.layers(gradients)
    return loss, [layer.weights for layer in layers], [layer.bias for layer in layers]


def _network(estimator: Any, n_features: int) -> Network:
    if hasattr(estimator, "layers_"):
        return _stacked_network(estimator, n_features)
    hidden_sizes = tuple(estimator.hidden_layer_sizes)
    hidden = (estimator.activation,) * len(hidden_sizes)
    n_components = estimator.n_components
    if not isinstance(n_components, Integral):
        if not hasattr(estimator, "n_components_"):
            raise ValueError(f"n_components={n_components:g} of the unfitted estimator is no size yet: fit it")
        n_components = estimator.n_components_
    code, output = estimator.code_activation, estimator.output_activation
    if output == "auto":
        output = "sigmoid" if estimator.loss == "binary_crossentropy" else "identity"
    if code == "auto":
        is_plain = estimator.penalty is None and estimator.n_active is None
        may_be_pca = estimator.loss == "squared_error" and output == "identity"
        code = "identity" if is_plain and may_be_pca and estimator.init != "glorot" else None
    if code is None:
        code = estimator.activation
    return Network(
        layer_sizes=(n_features, *hidden_sizes, n_components, *reversed(hidden_sizes), n_features),
        activations=(*hidden, code, *hidden, output),
        tied_weights=estimator.tied_weights,
        n_active=estimator.n_active or 0,
    )


def _stacked_network(stack: Any, n_features: int) -> Network:
    """The network of each layer stands where the code of the one below is."""
    first, *others = stack.layers_
    network = _network(first, n_features)
    for layer in others:
        sizes, activations, middle = network.layer_sizes, network.activations, network.n_layers // 2
        inner = _network(layer, sizes[middle])
        network = Network(
            layer_sizes=(*sizes[:middle], *inner.layer_sizes, *sizes[middle + 1 :]),
            activations=(*activations[:middle], *inner.activations, *activations[middle:]),
            n_active=inner.n_active,
        )
    return replace(network, tied_weights=stack.tied_weights)


def _objective(estimator: Any, n_features: int) -> Objective:
    sparsity_weight = estimator.sparsity_weight
    if sparsity_weight == "auto":
        is_of_columns = estimator.penalty == "kl" and estimator.loss == "squared_error"
        sparsity_weight = n_features if is_of_columns and estimator.scale in ("auto", "standard") else 3.0
    return Objective(
        loss=estimator.loss,
        alpha=0.0 if estimator.solver == "adamw" else estimator.alpha,
        penalty="none" if estimator.penalty is None else estimator.penalty,
        sparsity=estimator.sparsity,
        sparsity_weight=sparsity_weight,
        sparsity_momentum=estimator.sparsity_momentum,
        corruption="none" if estimator.corruption is None else estimator.corruption,
        corruption_level=estimator.corruption_level,
    )


def _parameters(estimator: Any, network: Network) -> Array:
    if not hasattr(estimator, "coefs_"):
        if estimator.init != "glorot":
            raise ValueError(
                f"the initial weights of the unfitted estimator depend on the data, with init={estimator.init!r}: fit "
                'it, with max_iter=0 if they are wanted, or use init="glorot"'
            )
        seed = estimator.random_state
        if not isinstance(seed, Integral):
            raise ValueError(
                f"random_state of the unfitted estimator is {seed!r}, expected an int: set one, or fit the estimator"
            )
        return training.initialise(network, int(seed))
    parameters = np.empty(network.n_parameters)
    fitted = zip(network.layers(parameters), estimator.coefs_, estimator.intercepts_, strict=True)
    for (weights, bias), coef, intercept in fitted:
        if coef.shape != weights.shape:
            raise ValueError(
                f"a layer of the estimator has the shape {coef.shape}, expected {weights.shape}: "
                "pass X with the features that the estimator was fitted on"
            )
        weights[...] = coef
        bias[...] = intercept
    return parameters
