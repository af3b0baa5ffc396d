"""What the solvers, the learning rates and the average of the weights do, as a user sees it."""

import numpy as np
import pytest
from scipy.optimize import minimize

from as_given import Autoencoder, SparseAutoencoder
from eigencoder import loss_and_gradients
from refusals import assert_refused
from tolerances import EQUIVALENCE, LINE_SEARCH


def data(n_samples=60, n_features=7, dtype="float64"):
    return np.random.default_rng(0).random((n_samples, n_features)).astype(dtype)


def small(**parameters):
    return Autoencoder(**({"n_components": 3, "max_iter": 5, "batch_size": 16, "random_state": 0} | parameters))


def flat(estimator):
    return np.concatenate([array.ravel() for array in estimator.coefs_ + estimator.intercepts_])


def loss_and_flat_gradient(estimator, X):
    loss, coef_gradients, intercept_gradients = loss_and_gradients(estimator, X)
    gradients = np.concatenate([gradient.ravel() for gradient in coef_gradients + intercept_gradients])
    return loss, gradients.astype(np.float64)


def minimum_of_scipy(estimator, X, n_iterations):
    """Its L-BFGS with our gradient behind it, from the same start."""
    moved = estimator.set_params(max_iter=0).fit(X)
    arrays = moved.coefs_ + moved.intercepts_

    def function(parameters):
        start = 0
        for array in arrays:
            array[...] = parameters[start : start + array.size].reshape(array.shape)
            start += array.size
        return loss_and_flat_gradient(moved, X)

    options = {"maxiter": n_iterations, "ftol": 0, "gtol": 0}
    return minimize(function, flat(moved), jac=True, method="L-BFGS-B", options=options)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("penalty", [None, "kl"])
def test_lbfgs_goes_as_low_as_scipys(penalty, dtype):
    X = data(1500, 20, dtype)
    settings = {"n_components": 8, "penalty": penalty, "alpha": 1e-4, "random_state": 0}
    ours = Autoencoder(**settings, solver="lbfgs", max_iter=60, tol=0, n_iter_no_change=60).fit(X)
    theirs = minimum_of_scipy(Autoencoder(**settings), X, n_iterations=60)
    LINE_SEARCH.assert_close(ours.loss_, theirs.fun)
    n_evaluations = ours.t_ / len(X)
    assert n_evaluations <= 1.2 * theirs.nfev


def test_lbfgs_reports_the_cost_of_its_weights():
    X = data(1500)
    autoencoder = small(solver="lbfgs", penalty="kl", alpha=0.01, max_iter=7).fit(X)
    assert autoencoder.n_iter_ == len(autoencoder.loss_curve_) == 7
    EQUIVALENCE.assert_close(autoencoder.loss_, loss_and_gradients(autoencoder, X)[0])
    assert (np.diff(autoencoder.loss_curve_) < 0).all()


def test_lbfgs_reads_no_learning_rate():
    settings = {"solver": "lbfgs", "max_iter": 50, "tol": 0.1, "n_iter_no_change": 2}
    plain = small(**settings).fit(data())
    other = small(**settings, learning_rate="adaptive", learning_rate_init=7.0, warmup_epochs=3).fit(data())
    assert other.loss_curve_ == plain.loss_curve_
    assert plain.n_iter_ < 50


def test_lbfgs_draws_its_noise_once():
    X = data()
    noisy = small(solver="lbfgs", corruption="masking", max_iter=7).fit(X)
    EQUIVALENCE.assert_close(noisy.loss_, loss_and_gradients(noisy, X, noise_seed=0)[0])


def test_lbfgs_stops_where_nothing_is_lower():
    X = data(30, 2)
    autoencoder = Autoencoder(1, activation="identity", solver="lbfgs", random_state=0)
    autoencoder.set_params(tol=0, max_iter=1000, n_iter_no_change=1000).fit(X)
    assert autoencoder.n_iter_ < 1000
    assert np.abs(loss_and_flat_gradient(autoencoder, X)[1]).max() < 1e-6


def test_lbfgs_stops_early_and_goes_on():
    X, X_val = data(), data(90)[60:]
    autoencoder = small(solver="lbfgs", early_stopping=True, max_iter=500, n_iter_no_change=3).fit(X, X_val=X_val)
    assert autoencoder.n_iter_ < 500
    EQUIVALENCE.assert_close(-autoencoder.score_samples(X_val).mean(), min(autoencoder.validation_loss_curve_))
    warm = small(solver="lbfgs", warm_start=True).fit(X)
    first = warm.loss_curve_
    assert warm.fit(X).loss_curve_[:5] == first
    assert warm.loss_ < first[-1]


def test_decay_of_adamw_is_no_part_of_the_loss():
    X = data()
    decayed = small(solver="adamw", alpha=0.5, max_iter=0).fit(X)
    plain = small(max_iter=0).fit(X)
    assert decayed.loss_ == plain.loss_
    assert loss_and_gradients(decayed, X)[0] == loss_and_gradients(plain, X)[0]


@pytest.mark.parametrize("tied", [False, True])
def test_adamw_takes_the_decay_from_the_weights_alone(tied):
    X = data(16)
    start = small(max_iter=0, tied_weights=tied).fit(X)
    plain = small(solver="adamw", max_iter=1, tied_weights=tied).fit(X)
    decayed = small(solver="adamw", max_iter=1, tied_weights=tied, alpha=0.5).fit(X)
    for before, without, with_decay in zip(start.coefs_, plain.coefs_, decayed.coefs_, strict=True):
        EQUIVALENCE.assert_close(with_decay, without - 1e-3 * 0.5 * before)
    for without, with_decay in zip(plain.intercepts_, decayed.intercepts_, strict=True):
        np.testing.assert_array_equal(with_decay, without)


def test_the_average_is_that_of_the_weights_after_each_update():
    X, kept = data(), 0.7
    blocks = [X[start : start + 16] for start in range(0, len(X), 16)]
    averaged, plain = small(averaging=kept), small()
    weights = []
    for block in blocks:
        averaged.partial_fit(block)
        weights.append(flat(plain.partial_fit(block)))
    shares = kept ** np.arange(len(weights))[::-1]
    EQUIVALENCE.assert_close(flat(averaged), shares @ weights / shares.sum())


def test_partial_fit_starts_from_an_average_that_was_changed():
    X = data()
    averaged = small(averaging=0.9).partial_fit(X)
    for array in averaged.coefs_ + averaged.intercepts_:
        array[...] = 0
    averaged.partial_fit(X[:16])
    assert np.abs(flat(averaged)).max() < 0.01  # one step of Adam from there


def test_a_large_max_grad_norm_changes_nothing():
    X = data()
    EQUIVALENCE.assert_close(flat(small(max_grad_norm=1e9, alpha=0.1).fit(X)), flat(small(alpha=0.1).fit(X)))


def test_a_gradient_is_as_long_as_allowed():
    X = data(16)
    settings = {"solver": "sgd", "momentum": 0.0, "learning_rate_init": 1.0}
    start, moved = flat(small(max_iter=0).fit(X)), flat(small(**settings, max_iter=1, max_grad_norm=0.01).fit(X))
    EQUIVALENCE.assert_close(np.linalg.norm(moved - start), 0.01)


def test_the_code_has_as_many_active_units_as_asked_for():
    X = data()
    codes = small(n_components=6, n_active=2).fit(X).transform(X)
    assert ((codes != 0).sum(axis=1) == 2).all()
    for as_many_as_there_are in (None, 7):
        assert (small(n_components=6, n_active=as_many_as_there_are).fit(X).transform(X) != 0).all()


def test_sparsity_momentum_goes_on_from_block_to_block():
    """So that mean activations are those of more rows than a batch has."""
    X = data(64)
    settings = {"penalty": "kl", "sparsity_momentum": 0.9, "shuffle": False, "batch_size": 16}
    whole = small(**settings, max_iter=1).fit(X)
    parts = small(**settings)
    for start in range(0, 64, 16):
        parts.partial_fit(X[start : start + 16])
    np.testing.assert_array_equal(flat(parts), flat(whole))
    assert (flat(whole) != flat(small(**settings | {"sparsity_momentum": 0.0}, max_iter=1).fit(X))).any()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"learning_rate": "cosine"}, "learning_rate='cosine'"),
        ({"learning_rate": "adaptive"}, "learning_rate='adaptive'"),
        ({"warmup_epochs": 0.5}, "warmup_epochs=0.5"),
    ],
)
def test_partial_fit_refuses_what_needs_all_epochs(parameters, message):
    refused = small(**parameters)
    assert_refused(refused, ValueError, f"cannot honour {message}", lambda a: a.partial_fit(data()))


def test_lbfgs_has_no_partial_fit():
    assert not hasattr(small(solver="lbfgs"), "partial_fit")
    with pytest.raises(AttributeError, match="partial_fit"):
        small(solver="lbfgs").partial_fit(data())


def test_invscaling_counts_the_rows_of_all_blocks():
    X = data(32)
    settings = {"solver": "sgd", "momentum": 0.0, "learning_rate": "invscaling", "shuffle": False, "batch_size": 16}
    parts = small(**settings).partial_fit(X[:16])
    before = flat(parts)
    expected = before - 1e-3 / 17**0.5 * loss_and_flat_gradient(parts, X[16:])[1]
    EQUIVALENCE.assert_close(flat(parts.partial_fit(X[16:])), expected)


def test_a_diverging_lbfgs_names_no_learning_rate():
    with pytest.raises(ValueError, match="in epoch 1: scale X"):
        SparseAutoencoder(2, solver="lbfgs", alpha=1e308).fit(data())
