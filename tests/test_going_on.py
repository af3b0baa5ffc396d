"""partial_fit goes on where fit has stopped: with the optimizer's state, or gently where there is none."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from as_given import Autoencoder, EncoderClassifier, StackedAutoencoder
from eigencoder import loss_and_gradients

DIGITS = load_digits()
X, Y = DIGITS.data / 16, DIGITS.target
SOLVERS = ["adam", "adamw", "rmsprop", "sgd"]
OPTIONS = [
    {},
    {"averaging": 0.9},
    {"penalty": "kl", "sparsity_momentum": 0.9},
    {"tied_weights": True, "alpha": 1e-3},
    {"scale": "auto"},
    {"scale": "standard", "averaging": 0.9},
]


def autoencoder(**parameters):
    """One whose epochs can be told apart by nothing but their number."""
    return Autoencoder(12, **({"shuffle": False, "batch_size": 100, "random_state": 0} | parameters))


def assert_same_weights(a, b):
    for one, other in zip(a.coefs_ + a.intercepts_, b.coefs_ + b.intercepts_, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_pass_after_fit_is_one_more_epoch(solver, options):
    x = X[:450]
    whole = autoencoder(solver=solver, max_iter=4, **options).fit(x)
    parts = autoencoder(solver=solver, max_iter=2, **options).fit(x).partial_fit(x).partial_fit(x)
    assert_same_weights(parts, whole)
    assert parts.loss_curve_ == whole.loss_curve_


def test_a_pass_after_the_fit_of_a_stack_and_of_a_classifier_is_one_more_epoch():
    layers = [autoencoder(max_iter=3, random_state=seed) for seed in (1, 2)]
    settings = {"shuffle": False, "random_state": 0}
    stacks = [StackedAutoencoder(layers, max_iter=n, **settings).fit(X[:300]) for n in (3, 4)]
    assert_same_weights(stacks[0].partial_fit(X[:300]), stacks[1])
    encoder = layers[0].fit(X[:300])
    classifiers = [EncoderClassifier(encoder, max_iter=n, **settings).fit(X[:300], Y[:300]) for n in (3, 4)]
    assert_same_weights(classifiers[0].partial_fit(X[:300], Y[:300]), classifiers[1])


@pytest.mark.parametrize("options", [*OPTIONS[:3], {"solver": "sgd"}], ids=str)
def test_after_early_stopping_it_goes_on_from_the_best_epoch(options):
    """Rows so few that they are learnt by heart."""
    few, settings = X[:40], {"learning_rate_init": 0.05, "n_iter_no_change": 1000, "batch_size": 20} | options
    stopped = autoencoder(early_stopping=True, max_iter=500, **settings).fit(few, X_val=X[450:])
    best = int(np.argmin(stopped.validation_loss_curve_)) + 1
    assert best < stopped.n_iter_
    there = autoencoder(max_iter=best, **settings).fit(few, X_val=X[450:])
    assert_same_weights(stopped, there)
    assert_same_weights(*(fitted.set_params(early_stopping=False).partial_fit(few) for fitted in (stopped, there)))


def error_after_a_pass_over_one_row(fitted):
    """As a multiple of the error before."""
    before = -fitted.score_samples(X).mean()
    return -fitted.partial_fit(X[:1]).score_samples(X).mean() / before


def test_one_known_row_does_not_undo_a_fit():
    """With moments that begin at 0 it once raised the error to 32 times what it was."""
    settings = {"learning_rate_init": 0.01, "random_state": 0}
    passes = Autoencoder(50, **settings)
    for _ in range(100):
        passes.partial_fit(X)
    fitted = Autoencoder(50, max_iter=100, **settings).fit(X)
    assert error_after_a_pass_over_one_row(fitted) < 1.2 * error_after_a_pass_over_one_row(passes)


@pytest.mark.parametrize("solver", ["lbfgs", "exact"])
def test_where_there_are_no_moments_the_rate_warms_up(solver):
    fitted = Autoencoder(20, activation="identity", solver=solver, max_iter=200, random_state=0).fit(X)
    fitted.set_params(solver="adam", learning_rate_init=0.003)
    assert error_after_a_pass_over_one_row(fitted) < 1.005


def share_of_a_step(fitted):
    """What a pass over one batch takes of a plain step of "sgd"."""
    gradient = loss_and_gradients(fitted, X[:100])[1][0]
    before = fitted.coefs_[0].copy()
    fitted.set_params(solver="sgd", momentum=0.0, learning_rate_init=0.003).partial_fit(X[:100])
    moved = gradient != 0
    return np.median((before - fitted.coefs_[0])[moved] / (0.003 * gradient[moved]))


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_after_another_solver_the_rate_warms_up(solver):
    assert share_of_a_step(autoencoder(solver=solver, max_iter=2).fit(X[:300])) == pytest.approx(0.1)


def test_a_first_pass_does_not_warm_up():
    np.testing.assert_array_equal(
        autoencoder(max_iter=1).fit(X[:300]).coefs_[0], autoencoder().partial_fit(X[:300]).coefs_[0]
    )


def test_a_warm_start_without_an_epoch_leaves_no_moments():
    fitted = autoencoder(solver="sgd", max_iter=3, warm_start=True).fit(X[:300]).set_params(max_iter=0).fit(X[:300])
    assert share_of_a_step(fitted) == pytest.approx(0.1)
