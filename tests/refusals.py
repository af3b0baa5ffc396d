"""How a test shows that something is refused, and the data it starts from."""

import copy

import numpy as np
import pytest

from eigencoder import Autoencoder


def data(n_samples=30, n_features=4):
    return np.random.default_rng(0).random((n_samples, n_features))


def assert_refused(estimator, error, message, call):
    """The call raises the error, and the estimator does not change."""
    before = copy.deepcopy(vars(estimator))
    with pytest.raises(error, match=message):
        call(estimator)
    assert vars(estimator).keys() == before.keys()
    for name, value in vars(estimator).items():
        np.testing.assert_equal(value, before[name])


def fitted_on_names():
    pandas = pytest.importorskip("pandas")
    return Autoencoder(2, max_iter=1, random_state=0).fit(pandas.DataFrame(data(9, 3), columns=["a", "b", "c"]))
