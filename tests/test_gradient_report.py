"""loss_and_gradients of an estimator, and the report of check_gradients."""

import copy

import numpy as np
import pytest

import eigencoder
from as_given import Autoencoder, DenoisingAutoencoder, SparseAutoencoder
from eigencoder import _core, check_gradients, loss_and_gradients, reference
from eigencoder._training.objective import Objective
from tolerances import GRADIENT, NATIVE_OVER_REFERENCE

ESTIMATORS = [
    Autoencoder(3, hidden_layer_sizes=(4,), activation="softplus", alpha=0.1, random_state=0),
    Autoencoder(3, loss="binary_crossentropy", output_activation="sigmoid", tied_weights=True, random_state=0),
    SparseAutoencoder(3, activation="tanh", tied_weights=True, random_state=0),
    DenoisingAutoencoder(3, corruption="gaussian", random_state=0),
    DenoisingAutoencoder(3, corruption="salt_and_pepper", penalty="l1", random_state=0),
]


def data(dtype="float64"):
    return np.random.default_rng(0).random((7, 5)).astype(dtype)


@pytest.mark.parametrize("noise_seed", [None, 0, 2**64 - 1])
@pytest.mark.parametrize("fitted", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=range(len(ESTIMATORS)))
def test_agrees_with_the_reference(estimator, dtype, fitted, noise_seed):
    X, weights = data(dtype), np.arange(7)
    estimator = copy.deepcopy(estimator)
    if fitted:
        estimator.set_params(max_iter=3).fit(X)
    arguments = {"sample_weight": weights, "noise_seed": noise_seed}
    native, oracle = (f(estimator, X, **arguments) for f in (loss_and_gradients, reference.loss_and_gradients))
    close = NATIVE_OVER_REFERENCE["cpu", dtype].assert_close
    close(native[0], oracle[0])
    for gradients, expected in zip(native[1:], oracle[1:], strict=True):
        for gradient, expected_gradient in zip(gradients, expected, strict=True):
            assert gradient.dtype == dtype
            close(gradient, expected_gradient)


def test_noise_is_drawn_only_with_a_seed():
    estimator = DenoisingAutoencoder(3, random_state=0)
    losses = [loss_and_gradients(estimator, data(), noise_seed=seed)[0] for seed in (None, 1, 2)]
    assert len(set(losses)) == 3
    assert losses[0] == loss_and_gradients(estimator.set_params(corruption=None), data(), noise_seed=1)[0]


def test_tied_gradients_are_transposes_and_the_sum_of_both():
    tied = Autoencoder(3, tied_weights=True, random_state=0, max_iter=0).fit(data())
    untied = copy.deepcopy(tied).set_params(tied_weights=False)
    _, gradients, _ = loss_and_gradients(tied, data())
    _, (encoder, decoder), _ = loss_and_gradients(untied, data())
    np.testing.assert_array_equal(gradients[1], gradients[0].T)
    NATIVE_OVER_REFERENCE["cpu", "float64"].assert_close(gradients[0], encoder + decoder.T)


@pytest.mark.parametrize("function", [loss_and_gradients, check_gradients])
def test_the_estimator_never_changes(function):
    random_state = np.random.RandomState(0)
    unfitted = Autoencoder(3, random_state=random_state, max_iter=7, verbose=1)
    function(unfitted, data())
    assert vars(unfitted) == vars(Autoencoder(3, random_state=random_state, max_iter=7, verbose=1))
    assert random_state.random() == np.random.RandomState(0).random()

    fitted = Autoencoder(3, random_state=0, max_iter=2).fit(data("float32"))
    before = copy.deepcopy(vars(fitted))
    function(fitted, data())
    np.testing.assert_equal(vars(fitted), before)


@pytest.mark.parametrize("hidden", [(), (5,)], ids=str)
@pytest.mark.parametrize("init", ["auto", "pca"])
def test_the_gradients_agree_though_those_of_the_start_are_rounding(init, hidden):
    estimator = eigencoder.Autoencoder(3, hidden_layer_sizes=hidden, init=init, random_state=0)
    report = check_gradients(estimator, data())
    assert report.ok, report
    assert estimator.init == init


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=range(len(ESTIMATORS)))
def test_the_gradients_agree(estimator):
    report = check_gradients(estimator, data())
    assert report.ok, report
    arrays = [errors.array for errors in report.errors]
    n_layers = 2 * (1 + len(estimator.hidden_layer_sizes))
    assert arrays == [f"{kind}[{i}]" for kind in ("coefs_", "intercepts_") for i in range(n_layers)]
    assert repr(report).startswith("Gradients agree")
    assert 0 < report.native_differences == max(errors.native_differences for errors in report.errors)


def near_a_kink(distance):
    """One row, one unit of relu with z = distance; its bias is the parameter of index 2."""
    autoencoder = Autoencoder(1, activation="relu", max_iter=0, random_state=0).fit([[1.0, 2.0]])
    autoencoder.coefs_[0][...] = [[0.5], [-0.25]]
    autoencoder.intercepts_[0][...] = distance
    return autoencoder, [[1.0, 2.0]]


@pytest.mark.parametrize("distance", [5e-4, -5e-4, 5e-5, -5e-5])
def test_smaller_steps_do_not_cross_a_kink(distance):
    report = check_gradients(*near_a_kink(distance))
    assert report.ok, report
    assert report.n_at_kinks == 0
    assert "kink" not in repr(report)


@pytest.mark.parametrize("distance", [0.0, 1e-9, -1e-9, 1.5e-5])
def test_parameters_at_a_kink_are_counted_and_left_out(distance):
    report = check_gradients(*near_a_kink(distance))
    assert report.ok, report
    assert (report.n_at_kinks, report.n_parameters) == (3, 7)  # whatever moves z
    assert repr(report).endswith("3 parameters at a kink, left out")


@pytest.mark.parametrize(
    "parameters",
    [
        {"activation": "relu", "hidden_layer_sizes": (4,)},
        {"activation": "leaky_relu", "hidden_layer_sizes": (4,)},
        {"activation": "tanh", "penalty": "l1"},
        {"activation": "elu", "penalty": "contractive"},
        {"activation": "elu", "penalty": "l1", "tied_weights": True},
        {"activation": "softplus", "n_active": 2},
    ],
    ids=str,
)
def test_the_gradients_agree_where_a_row_of_zeros_stands_at_every_kink(parameters):
    X = data()
    X[2] = 0
    report = check_gradients(Autoencoder(3, random_state=1, **parameters), X)
    assert report.ok, report
    assert report.n_at_kinks < report.n_parameters / 5


def test_a_kink_in_the_slope_of_J_is_compared():
    autoencoder, X = near_a_kink(0.0)
    report = check_gradients(autoencoder.set_params(activation="elu"), X)
    assert report.ok, report
    assert report.n_at_kinks == 0


def planted(monkeypatch, error, i):
    """A native gradient whose entry i is wrong by a share of the largest."""
    right = _core.loss_and_gradients

    def wrong(*configs, gradients, **arguments):
        loss = right(*configs, gradients=gradients, **arguments)
        if gradients is not None:
            gradients[i] += error * np.abs(gradients).max()
        return loss

    monkeypatch.setattr(_core, "loss_and_gradients", wrong)


@pytest.mark.parametrize("error", [1e-5, -1e-4, 1.0])
@pytest.mark.parametrize("distance", [1.0, 5e-4, 5e-5, -5e-4])
def test_a_wrong_gradient_next_to_a_kink_is_found(monkeypatch, distance, error):
    planted(monkeypatch, error, i=2)
    report = check_gradients(*near_a_kink(distance))
    assert not report.ok
    assert report.n_at_kinks == 0
    bad = [e.array for e in report.errors if e.native_differences > GRADIENT.relative]
    assert bad == ["intercepts_[0]"]


def test_a_gradient_at_a_kink_that_is_no_slope_of_it_is_found(monkeypatch):
    planted(monkeypatch, 10.0, i=2)
    assert not check_gradients(*near_a_kink(0.0)).ok


def test_a_float32_model_is_checked_in_float64():
    fitted = Autoencoder(3, random_state=0, max_iter=2).fit(data("float32"))
    assert check_gradients(fitted, data("float32")).ok


def test_a_wrong_native_gradient_is_found(monkeypatch):
    right = _core.loss_and_gradients

    def wrong(*configs, gradients, **arguments):
        loss = right(*configs, gradients=gradients, **arguments)
        if gradients is not None:
            gradients[0] *= 1 + 1e-4
        return loss

    monkeypatch.setattr(_core, "loss_and_gradients", wrong)
    report = check_gradients(Autoencoder(3, random_state=0), data())
    assert not report.ok
    bad = [e.array for e in report.errors if e.native_differences > GRADIENT.relative]
    assert bad == ["coefs_[0]"]
    assert "Gradients DISAGREE" in repr(report)


@pytest.mark.parametrize("method", ["native", "reference", "differences"])
def test_a_gradient_that_is_not_finite_is_found(method, monkeypatch):
    def with_nan(right):
        def wrong(*args, **kwargs):
            answer = right(*args, **kwargs)
            if method == "reference":
                answer[-1][1][0] = np.nan
            else:
                flat = answer[1 if method == "native" else 0]
                flat[-data().shape[1]] = np.nan  # the decoder's first bias
            return answer

        return wrong

    owner, name = {
        "native": (Objective, "loss_and_gradient"),
        "reference": (reference, "loss_and_gradients"),
        "differences": (Objective, "differences"),
    }[method]
    monkeypatch.setattr(owner, name, with_nan(getattr(owner, name)))
    report = check_gradients(Autoencoder(3, random_state=0), data())
    assert not report.ok
    pairs = ("native_reference", "native_differences", "reference_differences")
    for pair in pairs:
        assert np.isinf(getattr(report, pair)) == (method in pair)
        assert np.isinf(getattr(report.errors[3], pair)) == (method in pair)
        assert all(np.isfinite(getattr(errors, pair)) for errors in report.errors[:3])


def test_weights_that_are_not_finite_are_found():
    fitted = Autoencoder(3, random_state=0, max_iter=1).fit(data())
    fitted.coefs_[0][1, 1] = np.nan
    report = check_gradients(fitted, data())
    assert not report.ok
    assert "Gradients DISAGREE" in repr(report)


@pytest.mark.parametrize("function", [loss_and_gradients, check_gradients])
def test_an_unfitted_subclass_with_a_constructor_of_its_own(function):
    class Narrow(eigencoder.Autoencoder):
        def __init__(self, n_components=2):
            super().__init__(n_components, scale=None, init="glorot", random_state=0, early_stopping=True, verbose=1)

    np.testing.assert_equal(function(Narrow(), data()), function(Autoencoder(2, random_state=0), data()))


def test_callbacks_hear_nothing_of_gradients():
    pytest.importorskip("sklearn.callback", reason="scikit-learn < 1.9 has no callbacks")

    class Refuses:
        def setup(self, estimator, context):
            raise AssertionError("a fit was reported")

        teardown = on_fit_task_begin = on_fit_task_end = setup

    assert check_gradients(Autoencoder(3, random_state=0).set_callbacks(Refuses()), data()).ok


def test_a_wrong_loss_is_found(monkeypatch):
    right = _core.loss_and_gradients
    monkeypatch.setattr(_core, "loss_and_gradients", lambda *args, **kwargs: right(*args, **kwargs) / 2)
    report = check_gradients(Autoencoder(3, random_state=0), data())
    assert not report.ok
    assert report.native_reference < NATIVE_OVER_REFERENCE["cpu", "float64"].relative


def test_a_wrong_reference_is_found(monkeypatch):
    right = reference.loss_and_gradients

    def wrong(*args, **kwargs):
        loss, coefs, intercepts = right(*args, **kwargs)
        return loss, coefs, [1.00001 * b for b in intercepts]

    monkeypatch.setattr(reference, "loss_and_gradients", wrong)
    report = check_gradients(Autoencoder(3, random_state=0), data())
    assert not report.ok
    assert report.native_differences < GRADIENT.relative
