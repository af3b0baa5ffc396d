"""What a fitted estimator holds and answers."""

import copy
import inspect
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, UndefinedMetricWarning

import eigencoder
from eigencoder import Autoencoder, DenoisingAutoencoder, SparseAutoencoder
from tolerances import EQUIVALENCE, NATIVE_OVER_REFERENCE

DTYPES = ["float32", "float64"]


def data(n_samples=60, n_features=7, dtype="float64"):
    return np.random.default_rng(0).random((n_samples, n_features)).astype(dtype)


def deep(**parameters):
    return Autoencoder(3, hidden_layer_sizes=(5,), activation="tanh", max_iter=4, random_state=0, **parameters)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@pytest.mark.parametrize("tied_weights", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_fitted_attributes(dtype, tied_weights):
    X = data(dtype=dtype)
    autoencoder = deep(tied_weights=tied_weights, solver="adam", learning_rate_init=0.5).fit(X)
    assert [coef.shape for coef in autoencoder.coefs_] == [(7, 5), (5, 3), (3, 5), (5, 7)]
    assert [intercept.shape for intercept in autoencoder.intercepts_] == [(5,), (3,), (5,), (7,)]
    assert {array.dtype for array in autoencoder.coefs_ + autoencoder.intercepts_} == {np.dtype(dtype)}
    assert len(autoencoder.loss_curve_) == autoencoder.n_iter_ == 4
    assert autoencoder.validation_loss_curve_ == []
    assert autoencoder.loss_ == autoencoder.loss_curve_[-1]
    assert autoencoder.best_loss_ == min(autoencoder.loss_curve_) < autoencoder.loss_
    assert autoencoder.t_ == 4 * len(X)
    assert autoencoder.n_features_in_ == 7


def test_a_fitted_estimator_holds_arrays_and_plain_numbers_only():
    def plain(value):
        if isinstance(value, (list, tuple)):
            return all(map(plain, value))
        return value is None or type(value) in (bool, int, float, str, np.ndarray)

    autoencoder = DenoisingAutoencoder(2, corruption="salt_and_pepper", max_iter=2, random_state=0).partial_fit(data())
    assert [name for name, value in vars(autoencoder).items() if not plain(value)] == []


@pytest.mark.parametrize("tied_weights", [False, True])
def test_all_parameters_are_views_of_one_array(tied_weights):
    autoencoder = deep(tied_weights=tied_weights).fit(data())
    flat = autoencoder.intercepts_[0].base
    assert flat.ndim == 1
    assert all(np.shares_memory(flat, array) for array in autoencoder.coefs_ + autoencoder.intercepts_)


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda estimator: pickle.loads(pickle.dumps(estimator))]
)
@pytest.mark.parametrize("tied_weights", [False, True])
def test_a_duplicate_answers_alike_and_keeps_the_tie(duplicate, tied_weights):
    X = data()
    autoencoder = deep(tied_weights=tied_weights).fit(X)
    twin = duplicate(autoencoder)
    np.testing.assert_array_equal(twin.reconstruct(X), autoencoder.reconstruct(X))
    for encoder, decoder in zip(twin.coefs_[:2], reversed(twin.coefs_[2:]), strict=True):
        assert np.shares_memory(encoder, decoder) == tied_weights
        assert np.array_equal(encoder, decoder.T) == tied_weights
    for _ in range(2):  # in turn, the first without and the second with an optimizer's state
        np.testing.assert_array_equal(twin.partial_fit(X).coefs_[0], autoencoder.partial_fit(X).coefs_[0])


def test_a_shallow_copy_has_an_optimizer_of_its_own():
    X = data()
    autoencoder = deep().partial_fit(X)
    shallow, expected = copy.copy(autoencoder), copy.deepcopy(autoencoder).partial_fit(X)
    autoencoder.partial_fit(X)
    np.testing.assert_array_equal(shallow.partial_fit(X).coefs_[0], expected.coefs_[0])


def test_a_clone_is_not_fitted():
    autoencoder = clone(deep().fit(data()))
    for method in (autoencoder.transform, autoencoder.reconstruct, autoencoder.score, autoencoder.score_samples):
        with pytest.raises(NotFittedError):
            method(data())
    with pytest.raises(NotFittedError):
        autoencoder.inverse_transform(data(n_features=3))
    with pytest.raises(NotFittedError):
        autoencoder.get_feature_names_out()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("tied_weights", [False, True])
def test_the_answers_follow_the_formulas(dtype, tied_weights):
    X = data(dtype=dtype)
    autoencoder = Autoencoder(
        3,
        hidden_layer_sizes=(5,),
        activation="tanh",
        code_activation="identity",
        output_activation="sigmoid",
        tied_weights=tied_weights,
        max_iter=4,
        random_state=0,
    ).fit(X)
    w, b = autoencoder.coefs_, autoencoder.intercepts_
    code = np.tanh(X @ w[0] + b[0]) @ w[1] + b[1]
    output = sigmoid(np.tanh(code @ w[2] + b[2]) @ w[3] + b[3])
    errors = ((X - output) ** 2).sum(axis=1)
    close = NATIVE_OVER_REFERENCE["cpu", dtype].assert_close
    close(autoencoder.transform(X), code)
    close(autoencoder.reconstruct(X), output)
    close(autoencoder.inverse_transform(code), output)
    close(autoencoder.score_samples(X), -errors)
    close(autoencoder.score(X), 1 - errors.sum() / ((X - X.mean(axis=0)) ** 2).sum())


def test_fit_transform_is_fit_and_transform():
    X, weights = data(), np.arange(60)
    together = deep().fit_transform(X, sample_weight=weights)
    np.testing.assert_array_equal(together, deep().fit(X, sample_weight=weights).transform(X))


def test_score_weighs_rows_as_repetition_does():
    X, weights = data(), np.arange(60) % 4
    autoencoder = deep().fit(X)
    weighted = autoencoder.score(X, sample_weight=weights)
    EQUIVALENCE.assert_close(weighted, autoencoder.score(X.repeat(weights, axis=0)))
    assert weighted != autoencoder.score(X)


def test_score_of_one_row_is_nan_with_a_warning():
    autoencoder = deep().fit(data())
    with pytest.warns(UndefinedMetricWarning, match="two rows"):
        assert np.isnan(autoencoder.score(data(1)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("value", [1, 0.1])  # the mean of many 0.1 is not 0.1
def test_score_of_equal_rows(value, dtype):
    X = np.full((10, 3), value, dtype)
    autoencoder = Autoencoder(1, scale=None, init="glorot", max_iter=0, random_state=0).fit(X)
    assert autoencoder.score(X) == 0
    autoencoder.coefs_[1][...] = 0
    autoencoder.intercepts_[1][...] = value
    assert autoencoder.score(X) == 1


def test_score_of_equal_rows_and_another_without_weight():
    X, weights = np.full((10, 3), 0.1), np.append(0, np.random.default_rng(2).random(9))
    X[0] = 1 / 3
    assert Autoencoder(1, max_iter=0, random_state=0).fit(X).score(X, sample_weight=weights) == 0


def test_score_far_from_the_origin():
    X = data()
    autoencoder = deep().fit(X)
    far = copy.deepcopy(autoencoder)
    shift = 2.0**20
    far.intercepts_[0] -= shift * far.coefs_[0].sum(axis=0)
    far.intercepts_[-1] += shift
    expected = 1 - ((X - autoencoder.reconstruct(X)) ** 2).sum() / ((X - X.mean(axis=0)) ** 2).sum()
    EQUIVALENCE.assert_close(autoencoder.score(X), expected)
    NATIVE_OVER_REFERENCE["cpu", "float32"].assert_close(far.score(X + shift), expected)


def test_parameters_set_after_fit_do_not_change_the_answers():
    X = data()
    autoencoder = deep().fit(X)
    expected = autoencoder.reconstruct(X)
    names = autoencoder.get_feature_names_out()
    changes = {"activation": "relu", "code_activation": "sigmoid", "output_activation": "tanh"}
    autoencoder.set_params(n_components=9, hidden_layer_sizes=(), tied_weights=True, **changes)
    np.testing.assert_array_equal(autoencoder.reconstruct(X), expected)
    np.testing.assert_array_equal(autoencoder.inverse_transform(autoencoder.transform(X)), expected)
    assert list(autoencoder.get_feature_names_out()) == list(names)


@pytest.mark.parametrize("method", ["transform", "reconstruct", "score"])
@pytest.mark.parametrize(
    ("attribute", "change", "found"),
    [
        ("coefs_", lambda arrays: arrays[:3], r"\[\(7, 5\), \(5, 3\), \(3, 5\)\]"),
        ("coefs_", lambda arrays: [*arrays, arrays[0]], r"\(5, 7\), \(7, 5\)\]"),
        ("coefs_", lambda arrays: [arrays[0].T, *arrays[1:]], r"\[\(5, 7\), \(5, 3\)"),
        ("coefs_", lambda arrays: [arrays[0][0], *arrays[1:]], r"\[\(5,\), \(5, 3\)"),
        ("intercepts_", lambda arrays: arrays[1:], r"\[\(3,\), \(5,\), \(7,\)\]"),
        ("intercepts_", lambda arrays: [arrays[0][:, np.newaxis], *arrays[1:]], r"\[\(5, 1\), \(3,\)"),
    ],
)
def test_arrays_of_another_network_are_refused(attribute, change, found, method):
    autoencoder = deep().fit(data())
    setattr(autoencoder, attribute, change(getattr(autoencoder, attribute)))
    with pytest.raises(ValueError, match=f"{attribute} has arrays of the shapes .*{found}.*, expected"):
        getattr(autoencoder, method)(data())


@pytest.mark.parametrize(
    ("n_jobs", "error", "message"),
    [
        ("a", TypeError, "n_jobs must be an integer, found 'a'"),
        (2.5, TypeError, "n_jobs must be an integer, found 2.5"),
        (10**12, ValueError, "n_jobs must fit into 32 bits"),
        (0, ValueError, "n_jobs must be a positive number"),
    ],
)
def test_n_jobs_set_after_fit_is_checked(n_jobs, error, message):
    autoencoder = deep().fit(data()).set_params(n_jobs=n_jobs)
    for method, X in [("transform", data()), ("inverse_transform", data(9, 3)), ("score_samples", data())]:
        with pytest.raises(error, match=message):
            getattr(autoencoder, method)(X)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_model_keeps_its_dtype(dtype):
    autoencoder = deep().fit(data(dtype=dtype))
    for other in (*DTYPES, "float16", "int8"):
        X = (10 * data()).astype(other)
        assert autoencoder.transform(X).dtype == dtype
        np.testing.assert_array_equal(autoencoder.transform(X), autoencoder.transform(X.astype(dtype)))
    assert autoencoder.inverse_transform(np.ones((2, 3), "int64")).dtype == dtype
    autoencoder.set_params(warm_start=True)
    assert autoencoder.fit(data()).coefs_[0].dtype == autoencoder.partial_fit(data()).coefs_[0].dtype == dtype


@pytest.mark.parametrize("change", [np.asfortranarray, lambda w: w.astype("float64"), lambda w: w.repeat(2, 0)[::2]])
def test_changed_weights_are_seen(change):
    X = data(dtype="float32")
    autoencoder = deep().fit(X)
    before = autoencoder.transform(X)
    autoencoder.coefs_[0] *= 2
    doubled = autoencoder.transform(X)
    assert not np.array_equal(doubled, before)
    autoencoder.coefs_[0] = change(autoencoder.coefs_[0])
    np.testing.assert_array_equal(autoencoder.transform(X), doubled)
    assert autoencoder.transform(X).dtype == np.float32


def test_transform_may_run_in_threads_at_once():
    X = data(500)
    autoencoder = deep(n_jobs=2).fit(X)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: autoencoder.transform(X), range(50)))
    for answer in answers:
        np.testing.assert_array_equal(answer, answers[0])


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_contiguous_array_reaches_the_core_uncopied(dtype, monkeypatch):
    seen = []
    fit = eigencoder._core.fit
    monkeypatch.setattr(eigencoder._core, "fit", lambda *args, **kwargs: seen.append(kwargs) or fit(*args, **kwargs))
    X, X_val = data(dtype=dtype), data(9, dtype=dtype)
    deep().fit(X, X_val=X_val)
    assert seen[0]["x"].ctypes.data == X.ctypes.data
    assert seen[0]["x_validation"].ctypes.data == X_val.ctypes.data
    assert seen[0]["on_epoch_begin"] is None
    assert seen[0]["on_epoch_end"] is None


@pytest.mark.parametrize(
    "X",
    [np.ones((9, 4)), np.zeros((9, 4)), np.ones((1, 4)), data(9, 1), data(1, 1)],
    ids=["constant", "zero", "one row", "one feature", "one number"],
)
@pytest.mark.parametrize("estimator", [Autoencoder, SparseAutoencoder, DenoisingAutoencoder])
def test_poor_data_is_fitted(estimator, X):
    autoencoder = estimator(2, random_state=0).fit(X)
    assert np.isfinite(autoencoder.loss_curve_).all()
    assert autoencoder.transform(X).shape == (len(X), 2)


def test_variants_differ_in_one_default_each():
    def defaults(estimator):
        return {name: p.default for name, p in inspect.signature(estimator).parameters.items()}

    assert defaults(SparseAutoencoder) == defaults(Autoencoder) | {"penalty": "kl"}
    assert defaults(DenoisingAutoencoder) == defaults(Autoencoder) | {"corruption": "masking"}
    for estimator in (Autoencoder, SparseAutoencoder, DenoisingAutoencoder):
        values = {name: object() for name in defaults(estimator)}
        assert estimator(**values).get_params() == values


def test_show_config_tells_what_computes(capsys):
    eigencoder.show_config()
    printed = capsys.readouterr().out
    for expected in (eigencoder.__version__, eigencoder._core.engine()["name"], "threads", "compiler", "CUDA"):
        assert expected in printed
