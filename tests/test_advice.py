"""A word where a fit went wrong, which names the parameter that mends it; none on ordinary data with the defaults."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits, load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning

from eigencoder import Autoencoder, DenoisingAutoencoder, EncoderClassifier, SparseAutoencoder

DIGITS, CLASSES = load_digits(return_X_y=True)
NAMED = {"solver": "adam", "init": "glorot", "random_state": 0}


def words_of(fit):
    """What is said, and of which category."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit()
    return [(word.category, str(word.message)) for word in caught]


def assert_said(fit, category, message):
    with pytest.warns(category, match=message) as caught:
        fit()
    assert len(caught) == 1, [str(word.message) for word in caught]


@pytest.mark.parametrize("x", [DIGITS, load_iris().data, load_wine().data, load_diabetes().data], ids=len)
@pytest.mark.parametrize(
    "estimator",
    [
        Autoencoder(2),
        Autoencoder(2, hidden_layer_sizes=(16,)),
        SparseAutoencoder(8),
        DenoisingAutoencoder(2),
        Autoencoder(4, n_active=2),
        Autoencoder(2, max_iter=20),
        Autoencoder(2, max_iter=0),
    ],
    ids=lambda estimator: " ".join(repr(estimator).split()),
)
def test_nothing_is_said_of_ordinary_data(estimator, x):
    assert words_of(lambda: estimator.set_params(random_state=0).fit(x)) == []


def test_nothing_is_said_of_a_classifier():
    assert words_of(lambda: EncoderClassifier(Autoencoder(4), random_state=0).fit(DIGITS, CLASSES)) == []


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_max_iter_ends_a_training_that_still_gains(solver):
    model = Autoencoder(8, max_iter=5, solver=solver, init="glorot", random_state=0)
    message = "training ended at max_iter=5 while the loss still fell by .* % an epoch: give a larger max_iter"
    assert message[:10] in " ".join(text for _, text in words_of(lambda: model.fit(DIGITS)))
    with pytest.warns(ConvergenceWarning, match=message):
        model.fit(DIGITS)
    for settled in ({"max_iter": 1}, {"learning_rate": "cosine"}, {"max_iter": "auto"}, {"solver": "auto"}):
        if solver == "adam":
            assert "max_iter=5" not in str(words_of(lambda s=settled: Autoencoder(8, **(NAMED | s)).fit(DIGITS)))


def test_columns_that_differ_in_scale():
    x = np.random.default_rng(0).normal(size=(100, 3)) * [1, 1e5, 1]
    message = "deviation of column 1 is .*e\\+05 times that of column .*scale='standard'"
    for scale in ("auto", None):
        assert_said(lambda s=scale: Autoencoder(2, scale=s, init="pca").fit(x), UserWarning, message)
    assert words_of(lambda: Autoencoder(2, scale="standard").fit(x)) == []
    assert words_of(lambda: Autoencoder(2).fit(x * [1, 0, 1])) == []  # a constant column has no scale


@pytest.mark.parametrize(("activation", "found"), [("sigmoid", "0, 1"), ("tanh", "-1, 1"), ("relu", "0, inf")])
def test_an_output_that_cannot_reach_the_data(activation, found):
    x = DIGITS - 8
    message = rf"output_activation='{activation}' lies in \[{found}\], X has entries from -8 to 8.*'identity'"
    assert_said(lambda: Autoencoder(8, output_activation=activation, random_state=0).fit(x), UserWarning, message)


def test_dead_code_units():
    model = Autoencoder(32, activation="relu", scale=None, learning_rate_init=0.05, **NAMED)
    with pytest.warns(UserWarning, match=r"\d+ of 32 code units are dead: .*Lower learning_rate_init"):
        model.fit(DIGITS)


def test_units_beyond_the_rank_may_be_dead():
    for rank in (1, 3):
        x = np.random.default_rng(0).normal(size=(50, rank)) @ np.eye(rank, 4)
        model = Autoencoder(8, solver="exact").fit(x)
        assert np.sum(np.ptp(model.transform(x), axis=0) > 0) == rank
        assert words_of(lambda model=model, x=x: model.fit(x)) == []


def test_a_network_that_explains_less_than_pca_or_than_the_mean():
    message = "the network explains -?0.* of the variance of training rows, PCA of the same size 0.*max_iter"
    with pytest.warns(ConvergenceWarning, match=message):
        Autoencoder(16, max_iter=300, **NAMED).fit(DIGITS)
    with pytest.warns(ConvergenceWarning, match="the network explains -.* of the variance of training rows, .*mean 0"):
        Autoencoder(16, max_iter=1, scale=None, **NAMED).fit(DIGITS + 100)
