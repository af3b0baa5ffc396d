"""Small classifiers, data for them, and how a test shows that one refuses something."""

import pickle

import numpy as np
import pytest

from eigencoder import Autoencoder, EncoderClassifier


def data(n_samples=90, n_features=7):
    rng = np.random.default_rng(0)
    x = rng.random((n_samples, n_features))
    noisy = x[:, :3].sum(axis=1) + rng.normal(scale=0.2, size=n_samples)
    return x, np.array(["low", "middle", "high"])[np.digitize(noisy, [1.2, 1.8])]


def encoder(**parameters):
    return Autoencoder(**({"n_components": 5, "max_iter": 3, "random_state": 1, "code_activation": None} | parameters))


def small(pretrained=None, **parameters):
    parameters = {"max_iter": 5, "batch_size": 16, "random_state": 0} | parameters
    return EncoderClassifier(encoder() if pretrained is None else pretrained, **parameters)


def assert_refused(classifier, error, message, call):
    before = pickle.dumps(sorted(vars(classifier).items()))
    with pytest.raises(error, match=message):
        call(classifier)
    assert pickle.dumps(sorted(vars(classifier).items())) == before


def assert_same_fit(actual, expected):
    assert actual.loss_curve_ == expected.loss_curve_
    assert actual.validation_loss_curve_ == expected.validation_loss_curve_
    for a, b in zip(actual.coefs_ + actual.intercepts_, expected.coefs_ + expected.intercepts_, strict=True):
        np.testing.assert_array_equal(a, b)
