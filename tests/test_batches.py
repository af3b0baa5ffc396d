"""Batches are nearly equal: a last one of few rows would weigh as much as any other, and end the training."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from as_given import Autoencoder, EncoderClassifier, StackedAutoencoder

DIGITS = load_digits()
X, Y = DIGITS.data / 16, DIGITS.target
FULL = 256  # rows of a batch
RATES = {"adam": 0.01, "adamw": 0.01, "rmsprop": 0.003, "sgd": 0.01}


@pytest.mark.parametrize("solver", RATES)
@pytest.mark.parametrize("more", [1, 2])
def test_a_row_more_than_a_full_batch_does_no_harm(solver, more):
    full, beyond = (
        Autoencoder(50, solver=solver, learning_rate_init=RATES[solver], batch_size=FULL, max_iter=200, random_state=0)
        .fit(X[:n])
        .score(X[:FULL])
        for n in (FULL, FULL + more)
    )
    assert beyond > full - 0.01


def test_a_training_of_a_row_more_is_as_long():
    """257 rows once ended at an error of 1.5 after 109 epochs, 256 at 0.12 after 645."""
    autoencoder = Autoencoder(50, learning_rate_init=0.01, max_iter=1000, random_state=0).fit(X[: FULL + 1])
    assert autoencoder.loss_ < 0.2


def test_a_row_more_does_a_stack_no_harm():
    layers = [Autoencoder(n, learning_rate_init=0.01, random_state=0) for n in (50, 20)]
    full, beyond = (
        StackedAutoencoder(layers, learning_rate_init=0.01, random_state=0).fit(X[:n]).score(X[:FULL])
        for n in (FULL, FULL + 1)
    )
    assert beyond > full - 0.01


def test_a_row_more_does_a_classifier_no_harm():
    encoder = Autoencoder(50, learning_rate_init=0.01, random_state=0).fit(X[:FULL])
    full, beyond = (
        EncoderClassifier(encoder, learning_rate_init=0.03, max_iter=1000, random_state=0).fit(X[:n], Y[:n]).loss_
        for n in (FULL, FULL + 1)
    )
    assert beyond < max(2 * full, 1e-3)


@pytest.mark.parametrize("n", [FULL + 1, 3 * FULL - 1, 3 * FULL])
def test_every_row_is_seen_once_an_epoch(n):
    """A batch of one row has the loss of that row, so a rate of next to nothing shows each."""
    still = {"solver": "sgd", "learning_rate_init": 1e-30, "max_iter": 1, "random_state": 0}
    autoencoder = Autoencoder(5, batch_size=FULL, **still).fit(X[:n])
    assert autoencoder.t_ == n
    np.testing.assert_allclose(autoencoder.loss_, -autoencoder.score_samples(X[:n]).mean(), rtol=1e-12)
