"""Data that cannot be used are refused before any work, and the estimator stays as it was."""

import numpy as np
import pytest
from scipy import sparse

from eigencoder import Autoencoder, _core, check_gradients, loss_and_gradients
from refusals import assert_refused, data, fitted_on_names


def changed(value, dtype=None):
    X = data() if dtype is None else data().astype(dtype)
    X[3, 2] = value
    return X


class BadlyEncoded:
    def __array__(self, dtype=None, copy=None):
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")


BAD_DATA = [
    (changed(np.nan), ValueError, "NaN"),
    (changed(np.inf), ValueError, "infinity"),
    (changed(-np.inf, "float32"), ValueError, "infinity"),
    (changed(np.longdouble("1e400"), "longdouble"), ValueError, "infinity"),
    (data()[0], ValueError, "2D array"),
    (data().reshape(5, 6, 4), ValueError, "dim 3"),
    (data()[:0], ValueError, "0 sample"),
    (data()[:, :0], ValueError, "0 feature"),
    (data() + 1j, ValueError, "Complex"),
    (data().astype(str), ValueError, "strings"),
    ([["a", "b"], ["c", "d"]], ValueError, "strings"),
    (changed("a", object), ValueError, "could not convert string"),
    (changed({"a": 1}, object), TypeError, "real number|string"),
    (np.ones((3, 4), "datetime64[s]"), TypeError, "real numbers, found dtype datetime64"),
    (np.ma.masked_less(data(), 0.5), ValueError, "X is a masked array"),
    (None, ValueError, "array"),
    (sparse.csr_array(data()), ValueError, "sparse matrices are not available yet"),
    (sparse.coo_matrix(data()), ValueError, "sparse matrices are not available yet"),
]

BAD_FIT_ARGUMENTS = [
    ({"sample_weight": np.ones(29)}, ValueError, r"sample_weight has shape \(29,\), X has 30 rows"),
    ({"sample_weight": np.ones((30, 1))}, ValueError, r"shape \(30, 1\)"),
    ({"sample_weight": np.zeros(30)}, ValueError, "sample_weight is zero in every row"),
    ({"sample_weight": np.full(30, -1.0)}, ValueError, "must not be negative, found -1"),
    ({"sample_weight": np.full(30, np.nan)}, ValueError, "sample_weight contains NaN"),
    ({"sample_weight": np.ma.masked_less(data()[:, 0], 0.5)}, ValueError, "sample_weight is a masked array"),
    ({"sample_weight": ["1"] * 30}, ValueError, "strings"),
    ({"sample_weight": np.ones(30, "datetime64[s]")}, TypeError, "sample_weight must hold real numbers"),
    ({"X_val": BadlyEncoded()}, ValueError, "X_val: .*can't decode"),
    ({"X_val": data(5, 3)}, ValueError, "X_val: X has 3 features, but Autoencoder is expecting 4"),
    ({"X_val": changed(np.nan)}, ValueError, "X_val: .*NaN"),
    ({"X_val": data()[:0]}, ValueError, "X_val: .*0 sample"),
    ({"X_val": sparse.csr_array(data())}, ValueError, "X_val: sparse"),
]


@pytest.mark.parametrize(("X", "error", "message"), BAD_DATA)
def test_bad_data(X, error, message):
    assert_refused(Autoencoder(2), error, message, lambda a: a.fit(X))
    assert_refused(Autoencoder(2), error, message, lambda a: a.partial_fit(X))
    assert_refused(fitted_on_names(), error, message, lambda a: a.fit(X))
    fitted = Autoencoder(2, max_iter=1).fit(data())
    for method in ("partial_fit", "transform", "reconstruct", "score", "score_samples"):
        assert_refused(fitted, error, message, lambda a, method=method: getattr(a, method)(X))


@pytest.mark.parametrize(("arguments", "error", "message"), BAD_FIT_ARGUMENTS)
def test_bad_fit_arguments(arguments, error, message):
    assert_refused(Autoencoder(2), error, message, lambda a: a.fit(data(), **arguments))
    assert_refused(fitted_on_names(), error, message, lambda a: a.fit(data(), **arguments))


@pytest.mark.parametrize("make", [np.random.RandomState, np.random.default_rng])
@pytest.mark.parametrize(
    ("parameters", "X_val"),
    [
        ({"validation_fraction": 0.99}, None),
        ({"penalty": "kl", "activation": "relu"}, None),
        ({"n_components": 10**12}, None),
        ({}, data(5, 3)),
    ],
    ids=["split", "objective", "memory", "X_val"],
)
def test_a_refused_fit_draws_no_random_number(parameters, X_val, make):
    random_state = make(0)
    autoencoder = Autoencoder(2, early_stopping=True, random_state=random_state).set_params(**parameters)
    with pytest.raises(ValueError, match=r"."):
        autoencoder.fit(data(), X_val=X_val)
    assert random_state.random() == make(0).random()


def test_zero_weights_on_one_side_of_the_split():
    validation_rows = _core.permutation(30, 0)[:3]
    only_validation = np.zeros(30)
    only_validation[validation_rows] = 1
    autoencoder = Autoencoder(2, early_stopping=True, random_state=0)
    for weights, side in ((only_validation, "trains"), (1 - only_validation, "set apart for validation")):
        message = f"sample_weight is zero in every row .*{side}"
        assert_refused(autoencoder, ValueError, message, lambda a, w=weights: a.fit(data(), sample_weight=w))


def test_wrong_features_and_names():
    fitted = Autoencoder(2, max_iter=1).fit(data())
    for method in ("partial_fit", "transform", "reconstruct", "score", "score_samples"):
        message = "X has 3 features, but Autoencoder is expecting 4"
        assert_refused(fitted, ValueError, message, lambda a, method=method: getattr(a, method)(data(5, 3)))
    assert_refused(fitted.set_params(warm_start=True), ValueError, "expecting 4", lambda a: a.fit(data(5, 3)))
    assert_refused(fitted, ValueError, "3 columns, but the code has 2 units", lambda a: a.inverse_transform(data(5, 3)))
    assert_refused(fitted, ValueError, "sparse", lambda a: a.inverse_transform(sparse.csr_array(data(5, 2))))
    named = fitted_on_names()
    frame = pytest.importorskip("pandas").DataFrame(data(9, 3), columns=["a", "b", "x"])
    assert_refused(named, ValueError, "feature names should match", lambda a: a.transform(frame))


@pytest.mark.parametrize(
    ("X", "found"), [(2 * data(), "from 0.0.* to 1.9"), (data() - 0.5, "from -0.4.* to 0.4")], ids=["above", "below"]
)
def test_binary_crossentropy_wants_the_unit_interval(X, found):
    autoencoder = Autoencoder(2, loss="binary_crossentropy", output_activation="sigmoid", max_iter=1)
    assert_refused(autoencoder, ValueError, rf"needs X in \[0, 1\], found values {found}", lambda a: a.fit(X))
    assert_refused(autoencoder, ValueError, r"needs X_val in \[0, 1\]", lambda a: a.fit(data(), X_val=X))
    assert_refused(autoencoder.fit(data()), ValueError, r"needs X in \[0, 1\]", lambda a: a.partial_fit(X))
    assert_refused(autoencoder, ValueError, r"needs X in \[0, 1\]", lambda a: loss_and_gradients(a, X))
    assert autoencoder.transform(X).shape == (30, 2)


def test_a_float32_model_refuses_what_float32_cannot_hold():
    fitted = Autoencoder(2, max_iter=1).fit(data().astype("float32"))
    assert_refused(fitted, ValueError, "infinity or a value too large", lambda a: a.transform(changed(1e300)))


@pytest.mark.parametrize(
    "changes",
    [{"n_components": 3}, {"hidden_layer_sizes": (4,)}, {"tied_weights": True}],
    ids=lambda changes: next(iter(changes)),
)
def test_going_on_with_another_network(changes):
    fitted = Autoencoder(2, max_iter=1, warm_start=True).fit(data()).set_params(**changes)
    for method in ("fit", "partial_fit"):
        assert_refused(fitted, ValueError, "coefs_", lambda a, method=method: getattr(a, method)(data()))
    assert_refused(fitted, ValueError, "coefs_", lambda a: loss_and_gradients(a, data()))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [(0, 0), (300, 20), (999, 36)])
def test_a_number_that_is_not_finite_is_found_wherever_it_stands(place, value):
    X = np.zeros((1000, 37), "float32")
    fitted = Autoencoder(37, max_iter=0, n_jobs=2).fit(X)
    X[place] = value
    for method in ("transform", "inverse_transform", "reconstruct", "score_samples"):
        assert_refused(fitted, ValueError, "NaN|infinity", lambda a, method=method: getattr(a, method)(X))


def test_partial_fit_cannot_stop_early():
    message = "cannot honour early_stopping=True"
    assert_refused(Autoencoder(2, early_stopping=True), ValueError, message, lambda a: a.partial_fit(data()))


def test_bad_arguments_of_the_gradient_functions():
    autoencoder = Autoencoder(2, random_state=0)
    for function in (loss_and_gradients, check_gradients):
        assert_refused(autoencoder, ValueError, "NaN", lambda a, f=function: f(a, changed(np.nan)))
        assert_refused(Autoencoder(0), ValueError, "n_components", lambda a, f=function: f(a, data()))
    for noise_seed, error in ((-1, ValueError), (0.5, TypeError), (True, TypeError)):
        assert_refused(
            autoencoder, error, "noise_seed", lambda a, s=noise_seed: loss_and_gradients(a, data(), noise_seed=s)
        )
