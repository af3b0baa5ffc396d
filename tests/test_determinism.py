"""The same key gives the same bits, whatever the number of threads and however the data lie in memory."""

import os

import numpy as np
import pytest
from sklearn.base import clone

from eigencoder import Autoencoder, DenoisingAutoencoder, SparseAutoencoder, _core, loss_and_gradients
from tolerances import EQUIVALENCE

DTYPES = ["float32", "float64"]
ESTIMATORS = [
    Autoencoder(31, hidden_layer_sizes=(45,), activation="tanh", output_activation="sigmoid", batch_size=96),
    Autoencoder(150, activation="elu", tied_weights=True, solver="sgd", learning_rate_init=1e-4, early_stopping=True),
    SparseAutoencoder(60, alpha=1e-4, sparsity_momentum=0.9, n_active=20),
    SparseAutoencoder(60, solver="lbfgs", alpha=1e-4),
    Autoencoder(31, solver="adamw", alpha=0.1, averaging=0.9, max_grad_norm=0.1, early_stopping=True),
    Autoencoder(31, solver="rmsprop", penalty="contractive"),
    DenoisingAutoencoder(33, corruption="gaussian"),
    DenoisingAutoencoder(9, corruption="salt_and_pepper", penalty="l1", batch_size=50),
]


def data(dtype="float64", n_samples=333, n_features=131):
    return np.random.default_rng(0).random((n_samples, n_features)).astype(dtype)


def fitted(estimator, X, **parameters):
    copy = type(estimator)(**{**estimator.get_params(), "max_iter": 3, "random_state": 11} | parameters)
    return copy.fit(X, sample_weight=np.arange(len(X)) % 5)


def assert_same_bits(actual, expected, X):
    for a, b in zip(actual.coefs_ + actual.intercepts_, expected.coefs_ + expected.intercepts_, strict=True):
        np.testing.assert_array_equal(a, b)
    assert actual.loss_curve_ == expected.loss_curve_
    assert actual.validation_loss_curve_ == expected.validation_loss_curve_
    for method in ("transform", "reconstruct", "score_samples"):
        np.testing.assert_array_equal(getattr(actual, method)(X), getattr(expected, method)(X))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=range(len(ESTIMATORS)))
def test_any_number_of_threads(estimator, dtype):
    X = data(dtype)
    expected = fitted(estimator, X, n_jobs=1)
    for n_jobs in (2, 3, 7, None, -1):
        assert_same_bits(fitted(estimator, X, n_jobs=n_jobs), expected, X)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "estimator",
    [
        SparseAutoencoder(160, batch_size=600, corruption="masking"),
        Autoencoder(163, batch_size=600, solver="sgd", learning_rate_init=1e-4),
        SparseAutoencoder(160, solver="lbfgs"),
        Autoencoder(163, batch_size=600, penalty="contractive", max_grad_norm=0.1, n_active=None, averaging=0.9),
        Autoencoder(163, batch_size=600, penalty="l1"),
    ],
    ids=["adam", "sgd", "lbfgs", "stored gradient", "l1"],
)
def test_seven_threads_at_work(estimator, dtype, monkeypatch):
    """So wide that each of the seven has enough to do in a step, in transform and in score_samples."""
    X = data(dtype, n_samples=1800, n_features=323)
    expected = fitted(estimator, X, n_jobs=1)
    fit, n_tasks = _core.fit, []

    def counting_fit(*args, on_epoch_end, **kwargs):
        def count(*_):
            n_tasks.append(len(os.listdir("/proc/self/task")))
            return True

        return fit(*args, on_epoch_end=count, **kwargs)

    monkeypatch.setattr(_core, "fit", counting_fit)
    n_tasks_before = len(os.listdir("/proc/self/task"))
    actual = fitted(estimator, X, n_jobs=7)
    assert min(n_tasks) >= n_tasks_before + 6
    assert_same_bits(actual, expected, X)


@pytest.mark.parametrize("tied", [False, True])
def test_a_step_of_so_many_rows_that_its_gradient_is_made_in_blocks(tied):
    """It goes along the mean of the gradients of its rows, in the bits of any number of threads."""
    X = data(n_samples=1200, n_features=1500)
    descent = {"solver": "sgd", "momentum": 0, "alpha": 0.1, "learning_rate_init": 1, "batch_size": len(X)}
    descent |= {"scale": None, "init": "glorot"}
    step = Autoencoder(1200, tied_weights=tied, **descent, max_iter=1, n_jobs=1, random_state=0)
    start = clone(step).set_params(max_iter=0).fit(X)
    one, other = (loss_and_gradients(start, half) for half in np.split(X, 2))
    stepped = step.fit(X)
    before, after = start.coefs_ + start.intercepts_, stepped.coefs_ + stepped.intercepts_
    for a, b, g, h in zip(before, after, one[1] + one[2], other[1] + other[2], strict=True):
        EQUIVALENCE.assert_close(a - b, (g + h) / 2)
    assert_same_bits(clone(step).set_params(n_jobs=3).fit(X), stepped, X)


@pytest.mark.parametrize("corruption", [None, "masking"])
def test_any_number_of_threads_of_an_exact_solution(corruption):
    """So wide that LAPACK would use them."""
    X = data(n_samples=1200, n_features=300)
    estimator = Autoencoder(9, activation="identity", corruption=corruption, solver="exact")
    expected = fitted(estimator, X, n_jobs=1)
    for n_jobs in (2, 7):
        assert_same_bits(fitted(estimator, X, n_jobs=n_jobs), expected, X)


def memmap(X, folder):
    np.save(folder / "X.npy", X)
    return np.load(folder / "X.npy", mmap_mode="r")


def read_only(X, folder):
    X = X.copy()
    X.flags.writeable = False
    return X


def misaligned(X, folder):
    buffer = np.empty(X.nbytes + 1, np.uint8)
    buffer[1:] = X.view(np.uint8).ravel()
    return buffer[1:].view(X.dtype).reshape(X.shape)


LAYOUTS = {
    "Fortran": lambda X, folder: np.asfortranarray(X),
    "every other column": lambda X, folder: X.repeat(2, axis=1)[:, ::2],
    "every other row": lambda X, folder: X.repeat(2, axis=0)[::2],
    "backwards": lambda X, folder: X[::-1, ::-1].copy()[::-1, ::-1],
    "big-endian": lambda X, folder: X.astype(X.dtype.newbyteorder(">")),
    "another address": lambda X, folder: np.concatenate([X[:1], X])[1:],
    "misaligned": misaligned,
    "read-only": read_only,
    "memmap": memmap,
    "list": lambda X, folder: X.tolist() if X.dtype == np.float64 else X,
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_any_layout_of_the_same_numbers(layout, dtype, tmp_path):
    X = data(dtype)
    same = layout(X, tmp_path)
    np.testing.assert_array_equal(same, X)
    expected = fitted(ESTIMATORS[0], X)
    actual = fitted(ESTIMATORS[0], same)
    assert actual.coefs_[0].dtype == dtype
    assert_same_bits(actual, expected, X)
    np.testing.assert_array_equal(actual.transform(same), expected.transform(X))


@pytest.mark.parametrize("dtype", ["float16", "int8", "int64", "uint16", "bool", ">i4", "longdouble", "object"])
def test_other_types_are_converted_to_float64(dtype):
    X = (9 * data()).astype(dtype)
    assert_same_bits(fitted(ESTIMATORS[0], X), fitted(ESTIMATORS[0], X.astype("float64")), X)


def test_a_warm_start_in_two_halves_equals_itself():
    X = data()
    halves = [fitted(DenoisingAutoencoder(9), X, warm_start=True).fit(X) for _ in range(2)]
    assert_same_bits(*halves, X)


def initial_weights(random_state):
    return Autoencoder(3, init="glorot", max_iter=0, random_state=random_state).fit(data())


def test_an_int_is_the_key_itself():
    expected = initial_weights(5).coefs_[0]
    np.testing.assert_array_equal(initial_weights(5).coefs_[0], expected)
    np.testing.assert_array_equal(initial_weights(np.uint8(5)).coefs_[0], expected)
    for other in (0, 6, 5 + 2**32, 2**64 - 1):
        assert not np.array_equal(initial_weights(other).coefs_[0], expected)


@pytest.mark.parametrize("make", [np.random.RandomState, np.random.default_rng])
def test_a_generator_gives_a_key_at_each_fit(make):
    generator = make(0)
    first, second = initial_weights(generator), initial_weights(generator)
    assert not np.array_equal(first.coefs_[0], second.coefs_[0])
    np.testing.assert_array_equal(initial_weights(make(0)).coefs_[0], first.coefs_[0])


def test_none_follows_the_global_seed():
    np.random.seed(0)  # noqa: NPY002
    first, second = initial_weights(None), initial_weights(None)
    assert not np.array_equal(first.coefs_[0], second.coefs_[0])
    np.random.seed(0)  # noqa: NPY002
    np.testing.assert_array_equal(initial_weights(None).coefs_[0], first.coefs_[0])
