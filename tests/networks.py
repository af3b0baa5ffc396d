"""Fitted estimators whose weights are random numbers, for tests of what is done with a network."""

import numpy as np

from eigencoder import Autoencoder, EncoderClassifier, StackedAutoencoder

DTYPES = ("float32", "float64")


def rows(n_samples, n_features, dtype="float64", seed=1):
    return np.random.default_rng(seed).normal(size=(n_samples, n_features)).astype(dtype)


def with_random_weights(estimator, seed=0):
    """Its biases are not zero, and no layer is what a start from the data makes it; a tied decoder stays tied."""
    rng = np.random.default_rng(seed)
    for array in (*estimator.coefs_, *estimator.intercepts_):
        array[...] = rng.normal(scale=0.7, size=array.shape)
    return estimator


def autoencoder(n_features=7, n_components=5, dtype="float64", **parameters):
    model = Autoencoder(n_components, init="glorot", scale=None, solver="adam", max_iter=0, random_state=0)
    model.set_params(code_activation=None, **parameters)
    return with_random_weights(model.fit(np.zeros((2, n_features), dtype)))


def stack(activations, n_features=7, dtype="float64", **parameters):
    """A layer for each of the activations."""
    sizes = range(n_features - 1, n_features - 1 - len(activations), -1)
    layers = [
        Autoencoder(size, activation=activation, output_activation=activation, init="glorot", solver="adam", max_iter=0)
        for size, activation in zip(sizes, activations, strict=True)
    ]
    layers[-1].set_params(**parameters)
    model = StackedAutoencoder(layers, fine_tune=False, random_state=0, scale=None, solver="adam")
    return with_random_weights(model.fit(np.zeros((2, n_features), dtype)))


def classifier(classes=(3, 5, 9), n_features=7, dtype="float64", **parameters):
    encoder = autoencoder(n_features, dtype=dtype, **parameters)
    model = EncoderClassifier(encoder, scale=None, solver="adam", max_iter=0, random_state=0)
    classes = np.asarray(classes)
    return with_random_weights(model.fit(rows(len(classes), n_features, dtype), classes))
