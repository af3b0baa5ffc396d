"""A classifier on a pretrained encoder."""

import pickle

import numpy as np
import pytest
from scipy import sparse
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score, train_test_split

from as_given import Autoencoder, EncoderClassifier, SparseAutoencoder, StackedAutoencoder
from classifiers import assert_refused, data, encoder, small
from eigencoder import DivergenceError
from tolerances import EQUIVALENCE, NATIVE_OVER_REFERENCE, OPTIMUM_OF_ANOTHER


def test_it_starts_from_the_encoder_and_leaves_it_as_it_is():
    x, y = data()
    pretrained = StackedAutoencoder([encoder(), encoder(n_components=3, activation="tanh")], max_iter=2).fit(x)
    before = pickle.dumps(pretrained)
    classifier, in_units = (small(pretrained, scale=scale, max_iter=0).fit(x, y) for scale in (None, "auto"))
    for layer in range(2):
        np.testing.assert_array_equal(classifier.coefs_[layer], pretrained.coefs_[layer])
        np.testing.assert_array_equal(classifier.intercepts_[layer], pretrained.intercepts_[layer])
        EQUIVALENCE.assert_close(in_units.coefs_[layer], pretrained.coefs_[layer])
        EQUIVALENCE.assert_close(in_units.intercepts_[layer], pretrained.intercepts_[layer])
    assert [w.shape for w in classifier.coefs_] == [(7, 5), (5, 3), (3, 3)]
    codes = pretrained.transform(x)
    EQUIVALENCE.assert_close(classifier.decision_function(x), codes @ classifier.coefs_[2] + classifier.intercepts_[2])
    trained = small(pretrained).fit(x, y)
    assert all((a != b).any() for a, b in zip(trained.coefs_, classifier.coefs_, strict=True))
    assert pickle.dumps(pretrained) == before
    assert trained.encoder_ is pretrained


def test_an_encoder_that_is_not_fitted_is_fitted_on_the_same_rows():
    x, y = data()
    weights = np.arange(len(x)) % 3
    given = encoder(random_state=None)
    classifier = small(given, scale=None, max_iter=0, random_state=7).fit(x, y, sample_weight=weights)
    by_hand = encoder(random_state=7).fit(x, sample_weight=weights)
    np.testing.assert_array_equal(classifier.coefs_[0], by_hand.coefs_[0])
    np.testing.assert_array_equal(classifier.encoder_.coefs_[1], by_hand.coefs_[1])
    assert not hasattr(given, "coefs_")
    assert given.random_state is None


def test_a_frozen_encoder_stays_fitted_when_the_classifier_is_cloned():
    x, y = data()
    pretrained = encoder().fit(x[:40])
    copy = clone(small(FrozenEstimator(pretrained), scale=None, max_iter=0)).fit(x, y)
    np.testing.assert_array_equal(copy.coefs_[0], pretrained.coefs_[0])
    assert (clone(small(pretrained, scale=None, max_iter=0)).fit(x, y).coefs_[0] != pretrained.coefs_[0]).any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_softmax_layer_alone_reaches_what_logistic_regression_does(dtype):
    """On an encoder that passes X on, and stays: its weights do not decay, and it has as many as it needs."""
    x, y = data(n_features=3)
    x = x.astype(dtype)
    identity = Autoencoder(3, activation="identity", solver="exact").fit(x)
    classifier = EncoderClassifier(identity, solver="lbfgs", max_iter=3000, tol=0, n_iter_no_change=100).fit(x, y)
    regression = LogisticRegression(C=np.inf, tol=1e-9, max_iter=3000).fit(x, y)
    theirs = -regression.predict_log_proba(x)[np.arange(len(y)), np.searchsorted(regression.classes_, y)].mean()
    OPTIMUM_OF_ANOTHER.assert_close(1 + classifier.loss_, 1 + theirs)


def test_predictions_agree_with_each_other():
    x, y = data()
    classifier = small(max_iter=50, learning_rate_init=0.02).fit(x, y)
    probabilities = classifier.predict_proba(x)
    assert classifier.classes_.tolist() == ["high", "low", "middle"]
    EQUIVALENCE.assert_close(probabilities.sum(axis=1), np.ones(len(x)))
    EQUIVALENCE.assert_close(np.exp(classifier.predict_log_proba(x)), probabilities)
    EQUIVALENCE.assert_close(log_softmax(classifier.decision_function(x), axis=1), classifier.predict_log_proba(x))
    np.testing.assert_array_equal(classifier.predict(x), classifier.classes_[probabilities.argmax(axis=1)])
    assert classifier.score(x, y) == np.mean(classifier.predict(x) == y)


def test_loss_is_the_crossentropy_of_the_classes():
    x, y = data()
    classifier = small(scale=None, max_iter=0, alpha=0.1).fit(x, y)
    truth = classifier.predict_log_proba(x)[np.arange(len(y)), np.searchsorted(classifier.classes_, y)]
    decay = 0.1 / 2 * sum((w**2).sum() for w in classifier.coefs_)
    NATIVE_OVER_REFERENCE["cpu", "float64"].assert_close(classifier.loss_, decay - truth.mean())


def test_two_classes_have_one_decision():
    x, y = data()
    classifier = small().fit(x, y == "low")
    decision = classifier.decision_function(x)
    assert decision.shape == (len(x),)
    np.testing.assert_array_equal(classifier.predict(x), decision > 0)


def test_fine_tuning_beats_the_codes_alone():
    x, y = load_digits(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x / 16, y, random_state=0)
    pretrained = SparseAutoencoder(100, learning_rate_init=0.01, max_iter=20, random_state=0).fit(x_train)
    on_codes = LogisticRegression(max_iter=1000).fit(pretrained.transform(x_train), y_train)
    classifier = EncoderClassifier(pretrained, learning_rate_init=0.01, max_iter=30, random_state=0)
    classifier.fit(x_train, y_train)
    assert classifier.score(x_test, y_test) > on_codes.score(pretrained.transform(x_test), y_test)


def test_early_stopping_keeps_the_lowest_validation_loss():
    x, y = data()
    classifier = small(early_stopping=True, max_iter=300, learning_rate_init=0.05, n_iter_no_change=5).fit(x, y)
    assert classifier.n_iter_ < 300
    assert classifier.best_loss_ == min(classifier.validation_loss_curve_)


def test_any_number_of_threads_gives_the_same_bits():
    x, y = data(1100, 40)
    expected = small(encoder(n_components=300, n_active=20), batch_size=1100, n_jobs=1).fit(x, y)
    for n_jobs in (2, 7):
        found = small(encoder(n_components=300, n_active=20), batch_size=1100, n_jobs=n_jobs).fit(x, y)
        for a, b in zip(found.coefs_, expected.coefs_, strict=True):
            np.testing.assert_array_equal(a, b)


def test_warm_start_goes_on_with_the_same_classes():
    x, y = data()
    classifier = small(warm_start=True, solver="sgd", momentum=0.0).fit(x, y)
    first = classifier.loss_curve_
    assert classifier.fit(x, y).loss_curve_[:5] == first
    assert classifier.n_iter_ == 10
    assert_refused(classifier, ValueError, "classes.*'high'.*y has", lambda c: c.fit(x, y == "low"))


def test_pickle_and_cross_validation():
    x, y = data()
    classifier = small().fit(x, y)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(classifier)).predict_proba(x), classifier.predict_proba(x))
    assert len(cross_val_score(small(), x, y, cv=3)) == 3
    assert classifier.set_params(encoder__n_components=2).encoder.n_components == 2


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"encoder": LogisticRegression()}, TypeError, "encoder must be an autoencoder.*found LogisticRegression"),
        ({"encoder": None}, TypeError, "encoder must be an autoencoder.*found None"),
        ({"solver": "exact"}, ValueError, "solver must be one of"),
        ({"alpha": -1.0}, ValueError, "alpha must"),
        ({"encoder": Autoencoder(0)}, ValueError, "n_components"),
        ({"encoder": encoder().fit(data(20, 3)[0])}, ValueError, "X has 7 features, but Autoencoder is expecting 3"),
    ],
)
def test_bad_parameters(parameters, error, message):
    x, y = data()
    assert_refused(small().set_params(**parameters), error, message, lambda c: c.fit(x, y))


def test_bad_targets():
    x, y = data()
    assert_refused(small(), ValueError, "requires y to be passed", lambda c: c.fit(x, None))
    assert_refused(small(), ValueError, "y has 89 labels for 90 rows", lambda c: c.fit(x, y[:-1]))
    assert_refused(small(), ValueError, "Unknown label type", lambda c: c.fit(x, x[:, 0]))
    masked, column = np.ma.masked_equal(np.arange(90) % 3, 2), sparse.csr_array((y == "low")[:, np.newaxis])
    assert_refused(small(), ValueError, r"y is a masked array.*y.compressed\(\)", lambda c: c.fit(x, masked))
    assert_refused(small(), ValueError, r"y is a sparse matrix.*y.toarray\(\).ravel\(\)", lambda c: c.fit(x, column))


def test_a_divergence_is_said():
    x, y = data()
    with pytest.raises(DivergenceError, match="learning_rate_init"):
        small(encoder(activation="identity"), solver="sgd", learning_rate_init=1e300).fit(x, y)
