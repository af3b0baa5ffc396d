"""The rows that validate a classifier: given, or set apart class by class."""

from math import ceil

import numpy as np
import pytest

from classifiers import assert_refused, assert_same_fit, data, encoder, small
from eigencoder import _core
from tolerances import EQUIVALENCE


@pytest.fixture
def seen(monkeypatch):
    """What the core is given, call by call."""
    calls = []
    fit = _core.fit
    monkeypatch.setattr(_core, "fit", lambda *args, **kwargs: calls.append(kwargs) or fit(*args, **kwargs))
    return calls


def crossentropy(classifier, x, y):
    return -classifier.predict_log_proba(x)[np.arange(len(y)), np.searchsorted(classifier.classes_, y)].mean()


@pytest.mark.parametrize("solver", ["auto", "adam"])
def test_given_rows_alone_record(solver):
    x, y = data()
    start = encoder().fit(x)
    watched = small(start, solver=solver).fit(x[:60], y[:60], X_val=x[60:], y_val=y[60:])
    alone = small(start, solver=solver).fit(x[:60], y[:60])
    assert len(watched.validation_loss_curve_) == watched.n_iter_ == 5
    assert watched.loss_curve_ == alone.loss_curve_
    EQUIVALENCE.assert_close(watched.validation_loss_curve_[-1], crossentropy(watched, x[60:], y[60:]))
    if solver == "auto":
        EQUIVALENCE.assert_close(watched.best_loss_, crossentropy(watched, x[:60], y[:60]))
    else:
        assert watched.best_loss_ == min(watched.loss_curve_)


def test_given_rows_stop_early():
    x, y = data()
    start = encoder().fit(x)
    parameters = {"solver": "adam", "learning_rate_init": 0.05, "max_iter": 300, "n_iter_no_change": 5}
    stopped = small(start, early_stopping=True, **parameters).fit(x[:60], y[:60], X_val=x[60:], y_val=y[60:])
    best = int(np.argmin(stopped.validation_loss_curve_))
    assert best < stopped.n_iter_ - 1 < 299
    assert stopped.t_ == 60 * stopped.n_iter_
    assert stopped.best_loss_ == stopped.validation_loss_curve_[best]
    EQUIVALENCE.assert_close(stopped.best_loss_, crossentropy(stopped, x[60:], y[60:]))
    kept = small(start, solver="adam", learning_rate_init=0.05, tol=0, max_iter=best + 1).fit(x[:60], y[:60])
    for a, b in zip(stopped.coefs_, kept.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)


def test_given_rows_may_lack_classes_and_have_no_class_weight():
    x, y = data()
    x_val, y_val = x[y != "low"], y[y != "low"]
    classifier = small(class_weight={"low": 9.0, "high": 0.1}).fit(x, y, X_val=x_val, y_val=y_val)
    EQUIVALENCE.assert_close(classifier.validation_loss_curve_[-1], crossentropy(classifier, x_val, y_val))


def test_given_rows_reach_an_encoder_that_is_not_fitted():
    x, y = data()
    classifier = small(encoder(early_stopping=True)).fit(x[:60], y[:60], X_val=x[60:], y_val=y[60:])
    by_hand = encoder(early_stopping=True).fit(x[:60], X_val=x[60:])
    assert classifier.encoder_.validation_loss_curve_ == by_hand.validation_loss_curve_


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"X_val": data()[0]}, "X_val needs y_val"),
        ({"y_val": data()[1]}, "y_val needs X_val"),
        ({"X_val": data()[0], "y_val": data()[1][:-1]}, "y_val has 89 labels for 90 rows"),
        ({"X_val": data()[0], "y_val": ["higher", "low"] * 45}, r"y_val has the labels \['higher'\], which are not"),
        ({"X_val": data()[0], "y_val": np.ma.masked_equal([1, 2] * 45, 2)}, "y_val is a masked array"),
        ({"X_val": data()[0][:, :3], "y_val": data()[1]}, "X_val: X has 3 features"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_validation_rows(arguments, message):
    x, y = data()
    assert_refused(small(), ValueError, message, lambda c: c.fit(x, y, **arguments))


def held_out(seen, y, fraction, seed, weights=None):
    """Which rows train and which validate, of a fit with early stopping."""
    x = np.random.default_rng(0).random((len(y), 3))
    start = encoder(n_components=2, max_iter=0).fit(x)
    classifier = small(start, early_stopping=True, validation_fraction=fraction, max_iter=1, random_state=seed)
    classifier.fit(x, y, sample_weight=weights)
    rows, validation_rows = seen[-1]["rows"], seen[-1]["validation_rows"]
    assert sorted([*rows, *validation_rows]) == list(range(len(y)))
    return rows, validation_rows


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.9])
def test_every_class_trains_and_gives_its_share(seen, fraction):
    y = np.random.default_rng(1).permutation(np.repeat(list("abcde"), [2, 1, 60, 17, 40]))
    counts = np.unique(y, return_counts=True)[1]
    drawn = []
    for seed in range(40):
        rows, validation_rows = held_out(seen, y, fraction, seed)
        assert set(y[rows]) == set("abcde")
        assert len(validation_rows) == min(ceil(fraction * 120), 120 - 5)
        found = np.array([np.sum(y[validation_rows] == label) for label in "abcde"])
        share = len(validation_rows) * (counts - 1) / (120 - 5)  # of the rows that need not train
        assert (np.abs(found - share) < 1).all()
        drawn.append(tuple(validation_rows))
    assert len(set(drawn)) == 40


def test_any_row_of_a_class_may_be_set_apart(seen):
    y = np.repeat([0, 1], [3, 30])
    times = np.zeros(33)
    for seed in range(300):
        times[held_out(seen, y, 0.3, seed)[1]] += 1
    assert times.min() > 0
    assert times[3:].max() < 2 * times[3:].min()


def test_any_class_may_be_set_apart_where_not_all_can(seen):
    y = np.repeat(np.arange(20), 2)
    times = np.zeros(20)
    for seed in range(100):
        times[y[held_out(seen, y, 0.1, seed)[1]]] += 1
    assert times.min() > 0


def test_the_same_seed_sets_the_same_rows_apart(seen):
    y = data()[1]
    for a, b in zip(held_out(seen, y, 0.2, 3), held_out(seen, y, 0.2, 3), strict=True):
        np.testing.assert_array_equal(a, b)


def test_rows_that_train_are_as_many_as_classes_at_least(seen):
    y = np.arange(10) % 5
    rows, validation_rows = held_out(seen, y, 0.99, 0)
    assert sorted(y[rows]) == sorted(y[validation_rows]) == [0, 1, 2, 3, 4]
    message = "early_stopping .*each of the 10 classes .*n_samples=10: give more rows, or X_val and y_val"
    x = data(10)[0]
    assert_refused(small(early_stopping=True), ValueError, message, lambda c: c.fit(x, np.arange(10)))
    small(early_stopping=True).fit(x, np.arange(10), X_val=x, y_val=np.arange(10))


def test_the_row_of_a_class_that_trains_has_weight(seen):
    y, weights = np.repeat([0, 1], [6, 30]), np.ones(36)
    weights[1:6] = 0
    for seed in range(20):
        assert 0 in held_out(seen, y, 0.5, seed, weights)[0]


def test_an_autoencoder_keeps_its_rows(seen):
    x, _ = data()
    encoder(early_stopping=True, random_state=5).fit(x)
    np.testing.assert_array_equal(seen[-1]["validation_rows"], np.sort(_core.permutation(90, 5)[:9]))


def test_stopping_early_is_the_same_for_any_number_of_threads():
    x, y = data()
    start = encoder().fit(x)
    assert_same_fit(
        small(start, early_stopping=True, n_jobs=2).fit(x, y), small(start, early_stopping=True, n_jobs=1).fit(x, y)
    )
