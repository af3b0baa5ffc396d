"""A weight is a repetition, in fit, in partial_fit and in the gradients: one full batch, no corruption."""

import numpy as np
import pytest

from as_given import Autoencoder
from eigencoder import _core, loss_and_gradients
from tolerances import EQUIVALENCE

NETWORKS = [
    {},
    {"hidden_layer_sizes": (5,), "activation": "tanh", "tied_weights": True, "alpha": 1e-3},
    {"penalty": "kl"},
    {"penalty": "kl", "activation": "tanh"},
    {"penalty": "l1", "activation": "elu"},
    {"loss": "binary_crossentropy", "output_activation": "sigmoid"},
    {"solver": "sgd"},
]


def autoencoder(**parameters):
    return Autoencoder(3, max_iter=20, tol=0, random_state=0, **parameters)


def weighted_and_repeated():
    random = np.random.default_rng(0)
    X, weights = random.random((40, 6)), random.integers(0, 4, 40)
    order = random.permutation(40)
    return X[order], weights[order], X.repeat(weights, axis=0)


def assert_close(actual, expected):
    for a, b in zip(actual.coefs_ + actual.intercepts_, expected.coefs_ + expected.intercepts_, strict=True):
        EQUIVALENCE.assert_close(a, b)
    EQUIVALENCE.assert_close(actual.loss_curve_, expected.loss_curve_)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("parameters", NETWORKS, ids=str)
def test_a_weight_is_a_repetition(parameters, method):
    X, weights, repeated = weighted_and_repeated()
    weighted = getattr(autoencoder(**parameters), method)(X, sample_weight=weights)
    assert_close(weighted, getattr(autoencoder(**parameters), method)(repeated))
    unweighted = getattr(autoencoder(**parameters), method)(X)
    assert not np.allclose(weighted.loss_curve_, unweighted.loss_curve_)


@pytest.mark.parametrize("parameters", NETWORKS, ids=str)
def test_only_the_ratios_of_weights_matter(parameters):
    X, weights, _ = weighted_and_repeated()
    expected = autoencoder(batch_size=16, **parameters).fit(X, sample_weight=weights)
    for factor in (1e-300, 1e307):
        assert_close(autoencoder(batch_size=16, **parameters).fit(X, sample_weight=weights * factor), expected)
    EQUIVALENCE.assert_close(
        autoencoder(batch_size=16, **parameters).fit(X, sample_weight=np.full(40, 7.0)).loss_curve_,
        autoencoder(batch_size=16, **parameters).fit(X).loss_curve_,
    )


@pytest.mark.parametrize("parameters", NETWORKS, ids=str)
def test_the_gradients_weigh_alike(parameters):
    X, weights, repeated = weighted_and_repeated()
    loss, *gradients = loss_and_gradients(autoencoder(**parameters), X, sample_weight=weights)
    expected_loss, *expected = loss_and_gradients(autoencoder(**parameters), repeated)
    EQUIVALENCE.assert_close(loss, expected_loss)
    for arrays, expected_arrays in zip(gradients, expected, strict=True):
        for gradient, expected_gradient in zip(arrays, expected_arrays, strict=True):
            EQUIVALENCE.assert_close(gradient, expected_gradient)


def test_batches_without_weight_are_skipped():
    X = np.random.default_rng(0).random((40, 6))
    weights = np.where(np.arange(40) < 20, 1.0, 0.0)
    weighted = autoencoder(batch_size=20, shuffle=False).fit(X, sample_weight=weights)
    without = autoencoder(shuffle=False).fit(X[:20])
    # A batch divides by its number of rows, and the weights have mean 1 over all rows: here they are 2 where not 0.
    EQUIVALENCE.assert_close(weighted.loss_curve_[0], 2 * without.loss_curve_[0])


def test_validation_rows_have_weights_of_their_own():
    X, weights = np.random.default_rng(0).random((40, 6)), np.arange(1.0, 41.0)
    estimator = autoencoder(early_stopping=True, validation_fraction=0.25, learning_rate_init=1e-300)  # stands still
    fitted = estimator.fit(X, sample_weight=weights)
    errors, order = -fitted.score_samples(X), _core.permutation(40, 0)
    for rows, curve in ((order[:10], fitted.validation_loss_curve_), (order[10:], fitted.loss_curve_)):
        EQUIVALENCE.assert_close(curve[0], np.average(errors[rows], weights=weights[rows]))
