"""Data that are not finite where scikit-learn is told to assume that they are."""

import copy

import numpy as np
import pytest
from sklearn import config_context

from as_given import Autoencoder, EncoderClassifier, StackedAutoencoder
from eigencoder._data import finite
from refusals import assert_refused, data

LABELS = np.arange(30) % 3
ESTIMATORS = {
    **{solver: Autoencoder(2, solver=solver) for solver in ("adam", "sgd", "lbfgs")},
    "no epochs": Autoencoder(2, max_iter=0),
    "early stopping": Autoencoder(2, early_stopping=True),
    "relu": Autoencoder(2, activation="relu"),
    "exact": Autoencoder(2, activation="identity", solver="exact"),
    "search": Autoencoder(0.5),
    "stack": StackedAutoencoder([Autoencoder(3), Autoencoder(2)]),
    "classifier": EncoderClassifier(Autoencoder(2, max_iter=1).fit(data())),
    "classifier with encoder": EncoderClassifier(Autoencoder(2)),
}
FOUND = {np.nan: "contains NaN", np.inf: "contains infinity", -np.inf: "contains infinity"}


@pytest.fixture(autouse=True)
def assume_finite():
    with config_context(assume_finite=True):
        yield


def with_value(value):
    X = data()
    X[5, 1] = value
    return X


@pytest.mark.parametrize("value", FOUND)
@pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=ESTIMATORS)
def test_a_loss_that_is_not_finite_is_traced_to_the_data(estimator, value):
    random_state = np.random.RandomState(0)
    message = rf"(?s)Input X {FOUND[value]}.*X has {value} in row 5, column 1$"
    estimator = copy.deepcopy(estimator).set_params(random_state=random_state)
    before = set(vars(estimator))
    with pytest.raises(ValueError, match=message):
        estimator.fit(with_value(value), LABELS)
    assert set(vars(estimator)) == before
    assert random_state.random() == np.random.RandomState(0).random()


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_a_fitted_estimator_stays_as_it_was(method):
    pandas = pytest.importorskip("pandas")
    columns = ["a", "b", "c", "d"]
    fitted = Autoencoder(2, max_iter=2, warm_start=True, averaging=0.9, random_state=0)
    fitted.partial_fit(pandas.DataFrame(data(), columns=columns))
    X = pandas.DataFrame(with_value(np.nan), columns=columns)
    message = "(?s)Input X contains NaN.*X has nan in row 5, column 'b'"
    assert_refused(fitted, ValueError, message, lambda a: getattr(a, method)(X))
    fitted.set_params(warm_start=False)
    X.columns = columns[::-1]
    assert_refused(fitted, ValueError, "column 'c'", lambda a: a.fit(X))


@pytest.mark.parametrize(
    "autoencoder",
    [
        Autoencoder(2, max_iter=2),
        Autoencoder(2, max_iter=2, early_stopping=True),
        ESTIMATORS["exact"],
        ESTIMATORS["search"],
    ],
    ids=["watched", "early stopping", "exact", "search"],
)
def test_validation_rows_that_are_not_finite_are_named(autoencoder):
    message = "(?s)Input X_val contains NaN.*X_val has nan in row 5, column 1"
    assert_refused(autoencoder, ValueError, message, lambda a: a.fit(data(), X_val=with_value(np.nan)))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_named(value):
    weights = with_value(value)[:, 1]
    message = f"Input sample_weight {FOUND[value]}"
    assert_refused(Autoencoder(2), ValueError, message, lambda a: a.fit(data(), sample_weight=weights))
    fitted = Autoencoder(2, max_iter=1).fit(data())
    assert_refused(fitted, ValueError, message, lambda a: a.score(data(), sample_weight=weights))


@pytest.mark.parametrize("method", ["transform", "inverse_transform", "reconstruct", "score_samples", "score"])
def test_a_fitted_estimator_finds_them(method):
    fitted = Autoencoder(4, max_iter=1).fit(data())
    assert_refused(fitted, ValueError, "Input X contains NaN", lambda a: getattr(a, method)(with_value(np.nan)))


def test_a_training_that_stays_finite_does_not_look_at_the_data(monkeypatch):
    def looks(*args, **kwargs):
        raise AssertionError("X was looked at")

    monkeypatch.setattr(finite, "require_finite", looks)
    monkeypatch.setattr(finite, "largest_entry", looks)
    for parameters in ({}, {"early_stopping": True}, {"max_iter": 0}):
        Autoencoder(2, **{"max_iter": 2} | parameters).fit(data(), X_val=data(9))
