"""How a fit goes on, stops, and reports."""

import copy
import re
import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits

from as_given import Autoencoder
from eigencoder import DivergenceError, _core
from tolerances import EQUIVALENCE


def data(n_samples=60, n_features=7):
    return np.random.default_rng(0).random((n_samples, n_features))


def small(**parameters):
    return Autoencoder(**({"n_components": 3, "max_iter": 5, "batch_size": 16, "random_state": 0} | parameters))


def assert_same_weights(actual, expected):
    for a, b in zip(actual.coefs_ + actual.intercepts_, expected.coefs_ + expected.intercepts_, strict=True):
        np.testing.assert_array_equal(a, b)


def test_max_iter_0_sets_initial_weights_only():
    autoencoder = small(max_iter=0).fit(data())
    assert autoencoder.n_iter_ == autoencoder.t_ == 0
    assert autoencoder.loss_curve_ == []
    EQUIVALENCE.assert_close(autoencoder.loss_, -autoencoder.score_samples(data()).mean())
    assert autoencoder.best_loss_ == autoencoder.loss_
    limit = np.sqrt(6 / (7 + 3))
    assert limit / 2 < np.abs(autoencoder.coefs_[0]).max() <= limit
    assert not np.concatenate(autoencoder.intercepts_).any()


def test_tol_stops_the_fit():
    autoencoder = small(tol=0.9, n_iter_no_change=3, max_iter=50).fit(data())
    assert autoencoder.n_iter_ == 4  # the first improves on nothing, three in a row do not improve enough
    assert small(tol=0, max_iter=50).fit(data()).n_iter_ == 50


def test_a_batch_size_above_the_rows_is_clipped():
    assert_same_weights(small(batch_size=10**9).fit(data()), small(batch_size=60).fit(data()))


def test_warm_start_goes_on_and_restarts_the_optimizer():
    X = data()
    warm = small(warm_start=True, solver="sgd", momentum=0.0).fit(X)
    first_curve = warm.loss_curve_
    warm.fit(X)
    whole = small(max_iter=10, solver="sgd", momentum=0.0).fit(X)
    assert warm.n_iter_ == 10
    assert warm.t_ == 10 * len(X)
    assert warm.loss_curve_[:5] == first_curve
    assert warm.loss_curve_ == whole.loss_curve_
    assert_same_weights(warm, whole)
    assert small(warm_start=True).fit(X).fit(X).loss_curve_ != small(max_iter=10).fit(X).loss_curve_
    assert small().fit(X).fit(X).n_iter_ == 5


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_going_on_keeps_the_key_that_was_drawn(method):
    once, twice = np.random.RandomState(0), np.random.RandomState(0)
    small(random_state=once).fit(data())
    autoencoder = small(random_state=twice, warm_start=True).fit(data())
    getattr(autoencoder, method)(data())
    assert once.random() == twice.random()
    autoencoder.set_params(warm_start=False).fit(data())
    assert once.random() != twice.random()


@pytest.mark.parametrize("corruption", [None, "masking", "gaussian", "salt_and_pepper"])
@pytest.mark.parametrize("solver", ["adam", "adamw", "rmsprop", "sgd"])
def test_the_first_partial_fit_is_a_fit_of_one_epoch(solver, corruption):
    X, weights = data(), np.arange(60)
    part = small(solver=solver, corruption=corruption).partial_fit(X, sample_weight=weights)
    whole = small(solver=solver, corruption=corruption, max_iter=1).fit(X, sample_weight=weights)
    assert_same_weights(part, whole)
    assert part.loss_curve_ == whole.loss_curve_
    assert (part.n_iter_, part.t_) == (whole.n_iter_, whole.t_) == (1, 60)


@pytest.mark.parametrize("corruption", [None, "masking", "gaussian"])
def test_partial_fit_of_blocks_is_a_fit_of_the_whole(corruption):
    X = data(64)
    blocks = small(corruption=corruption, shuffle=False)
    for block in np.split(X, 4):
        blocks.partial_fit(block)
    whole = small(corruption=corruption, shuffle=False, max_iter=1).fit(X)
    assert_same_weights(blocks, whole)
    assert (blocks.n_iter_, blocks.t_) == (4, 64)
    EQUIVALENCE.assert_close(np.mean(blocks.loss_curve_), whole.loss_)


def test_partial_fit_remembers_the_column_extremes():
    def corrupted(*blocks):
        autoencoder = small(activation="identity", corruption="salt_and_pepper", corruption_level=1.0)
        for block in blocks:
            autoencoder.partial_fit(block)
        return autoencoder.loss_curve_[-1]

    X = data()
    assert corrupted(X, X) == corrupted(X, X)
    assert corrupted(100 * X, X) > 100 * corrupted(X, X)


def test_extremes_are_those_of_the_rows_that_train():
    def corrupted(X, weights=None):
        autoencoder = small(activation="identity", corruption="salt_and_pepper", corruption_level=1.0, max_iter=1)
        autoencoder.set_params(early_stopping=weights is None)
        return autoencoder.fit(X, sample_weight=weights).loss_

    X, validation_rows = data(), _core.permutation(60, 0)[:6]
    far, weights = X.copy(), np.ones(60)
    far[validation_rows], weights[validation_rows] = 100, 0
    assert corrupted(far) == corrupted(X)
    assert corrupted(far, weights) == corrupted(X, weights)
    assert corrupted(far, np.ones(60)) > 100 * corrupted(X, np.ones(60))


@pytest.mark.parametrize("tied_weights", [False, True])
def test_a_change_of_tied_weights_restarts_the_optimizer(tied_weights):
    X = data()
    autoencoder = small(tied_weights=tied_weights).partial_fit(X)
    decoder = autoencoder.coefs_[0].T.copy()
    autoencoder.set_params(tied_weights=not tied_weights).coefs_[1] = decoder
    fresh = copy.deepcopy(autoencoder)
    fresh._optimizer_state = None
    assert_same_weights(autoencoder.partial_fit(X), fresh.partial_fit(X))


def test_partial_fit_after_fit_goes_on_with_a_fresh_optimizer():
    X = data()
    autoencoder = small().fit(X)
    before = autoencoder.coefs_[0].copy()
    autoencoder.partial_fit(X)
    assert (autoencoder.n_iter_, autoencoder.t_) == (6, 360)
    step = np.abs(autoencoder.coefs_[0] - before).max()
    assert 0 < step < 10 * autoencoder.learning_rate_init_ * 4  # four updates of Adam, each of about the learning rate
    assert autoencoder.fit(X).n_iter_ == 5


def test_partial_fit_restarts_the_optimizer_of_another_solver():
    X = data()
    first = small(solver="adam").partial_fit(X)
    as_sgd = first.set_params(solver="sgd").partial_fit(X).coefs_[0]
    fresh = small(solver="adam", max_iter=1).fit(X).set_params(solver="sgd").partial_fit(X).coefs_[0]
    np.testing.assert_array_equal(as_sgd, fresh)


def test_x_val_alone_records():
    X, X_val = data(), data(20)
    watched = small().fit(X, X_val=X_val)
    assert len(watched.validation_loss_curve_) == watched.n_iter_ == 5
    assert_same_weights(watched, small().fit(X))
    EQUIVALENCE.assert_close(watched.validation_loss_curve_[-1], -watched.score_samples(X_val).mean())
    assert watched.best_loss_ == min(watched.loss_curve_)


def test_early_stopping_restores_the_best_weights():
    X, X_val = data(), 1 - data(20)
    stopped = small(early_stopping=True, learning_rate_init=0.05, n_iter_no_change=3, max_iter=200)
    stopped.fit(X, X_val=X_val)
    best = int(np.argmin(stopped.validation_loss_curve_))
    assert best < stopped.n_iter_ - 1 < 199
    assert stopped.best_loss_ == stopped.validation_loss_curve_[best]
    EQUIVALENCE.assert_close(stopped.best_loss_, -stopped.score_samples(X_val).mean())
    assert_same_weights(stopped, small(learning_rate_init=0.05, tol=0, max_iter=best + 1).fit(X))


def test_best_loss_is_that_of_the_weights_that_early_stopping_kept():
    X, X_val = data(), data(20)
    autoencoder = small(early_stopping=True, warm_start=True, learning_rate_init=0.05, max_iter=100)
    autoencoder.fit(X, X_val=X_val)
    first = autoencoder.best_loss_
    autoencoder.set_params(learning_rate_init=1.0, max_iter=2).fit(X, X_val=X_val)
    assert autoencoder.best_loss_ > first
    EQUIVALENCE.assert_close(autoencoder.best_loss_, -autoencoder.score_samples(X_val).mean())


def test_early_stopping_splits_rows_off():
    X = data()
    autoencoder = small(early_stopping=True, validation_fraction=0.21).fit(X)
    assert autoencoder.t_ == 5 * 47  # of 60 rows, 13 validate
    weights = np.ones(60)
    weights[np.sort(np.random.default_rng(1).permutation(60)[:5])] = 7
    weighted = small(early_stopping=True, validation_fraction=0.21).fit(X, sample_weight=weights)
    assert weighted.validation_loss_curve_ != autoencoder.validation_loss_curve_


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_divergence_names_epoch_and_rate_and_restores_the_epoch(method, dtype):
    X = data().astype(dtype)
    good = small(max_iter=2).fit(X)
    bad = small(max_iter=2, warm_start=True).fit(X)
    bad.set_params(solver="sgd", learning_rate_init=1e300, max_iter=9)
    with pytest.raises(DivergenceError, match=r"epoch 3 .*learning_rate_init=1e\+300"):
        getattr(bad, method)(X)
    assert_same_weights(bad, good)
    assert bad.loss_curve_ == good.loss_curve_
    assert bad.loss_ == good.loss_
    assert bad.best_loss_ == np.inf
    bad.set_params(learning_rate_init=0.001, max_iter=1)
    assert np.isfinite(getattr(bad, method)(X).loss_)


def test_verbose_prints_a_line_an_epoch(capsys):
    autoencoder = small(verbose=1, max_iter=2, warm_start=True).fit(data())
    autoencoder.fit(data(), X_val=data(20))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["Epoch 1", "Epoch 2", "Epoch 3", "Epoch 4"]
    assert re.fullmatch(r"Epoch 1: loss [\d.]+", lines[0])
    assert re.fullmatch(r"Epoch 3: loss [\d.]+, validation loss [\d.]+", lines[2])
    assert f"{autoencoder.loss_curve_[0]:.6g}" in lines[0]
    small(max_iter=2).fit(data())
    assert capsys.readouterr().out == ""


INTERRUPTED_FIT = """
import os, signal, sys, threading, time
import numpy as np
from eigencoder import DenoisingAutoencoder

X = np.random.default_rng(0).random((40_000, 500), "float32")
autoencoder = DenoisingAutoencoder(2000, init="glorot", solver="adam", max_iter=1000, random_state=0, n_jobs=1)
# an epoch takes seconds
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background is born with it ignored
sent = []

def interrupt():
    sent.append(time.monotonic())
    os.kill(os.getpid(), signal.SIGINT)

threading.Timer(1.0, interrupt).start()
try:
    getattr(autoencoder, sys.argv[1])(X)
except KeyboardInterrupt:
    seconds = time.monotonic() - sent[0]
    print("interrupted", seconds < 1, 0 < autoencoder.t_ < len(X), np.isfinite(autoencoder.transform(X[:9])).all())
"""


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_ctrl_c_ends_a_fit_within_a_second(method):
    run = subprocess.run([sys.executable, "-c", INTERRUPTED_FIT, method], capture_output=True, text=True, timeout=60)
    assert run.stdout == "interrupted True True True\n", run.stdout + run.stderr


def test_a_deep_network_of_sigmoids_does_not_end_on_its_plateau():
    """It once stopped after 20 to 30 epochs, whatever the seed, with a score of -0.001, and called that converged."""
    X = load_digits().data[:600] / 16
    deep = Autoencoder(16, hidden_layer_sizes=(96, 64, 32), batch_size=60, max_iter=150, random_state=0)
    assert deep.fit(X).score(X) > 0.2


def test_noise_that_cannot_be_coded_still_ends():
    X = np.random.default_rng(0).normal(size=(300, 40))
    for early_stopping in (False, True):
        autoencoder = Autoencoder(4, learning_rate_init=0.01, max_iter=2000, early_stopping=early_stopping)
        assert autoencoder.fit(X).n_iter_ < 1000
