"""Encoder: the network of an estimator without it, its bits, and what it refuses."""

import copy
import pickle
import re
import subprocess
import sys
import threading

import numpy as np
import pytest
import threadpoolctl
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator

from eigencoder import (
    Autoencoder,
    DenoisingAutoencoder,
    Encoder,
    EncoderClassifier,
    ModelFormatError,
    SparseAutoencoder,
    StackedAutoencoder,
)

DTYPES = (np.float32, np.float64)
X = np.random.default_rng(0).random((40, 12))
SHORT = {"solver": "adam", "max_iter": 2, "random_state": 0}
ESTIMATORS = {
    "plain": Autoencoder(5, **SHORT),
    "deep and tied": Autoencoder(3, hidden_layer_sizes=(9, 6), tied_weights=True, activation="elu", **SHORT),
    "exact": Autoencoder(4, solver="exact"),
    "k-sparse": SparseAutoencoder(8, n_active=3, **SHORT),
    "denoising": DenoisingAutoencoder(7, **SHORT),
    "stack": StackedAutoencoder([Autoencoder(8, **SHORT), SparseAutoencoder(6, n_active=2, **SHORT)], **SHORT),
}


@pytest.fixture(scope="module")
def autoencoder():
    return ESTIMATORS["deep and tied"].fit(X)


@pytest.fixture
def encoder(autoencoder):
    return Encoder.from_estimator(autoencoder)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=ESTIMATORS)
def test_gives_what_the_estimator_gives(estimator, dtype):
    x = X.astype(dtype)
    estimator.fit(x)
    encoder = Encoder.from_estimator(estimator)
    assert (encoder.n_features, encoder.n_components, encoder.dtype) == (12, estimator.n_components_, dtype)
    codes, reconstruction = estimator.transform(x), estimator.reconstruct(x)
    assert encoder(x).tobytes() == codes.tobytes()
    assert encoder.decode(codes).tobytes() == estimator.inverse_transform(codes).tobytes()
    assert encoder.reconstruct(x).tobytes() == reconstruction.tobytes()
    for row in range(3):
        assert encoder(x[row]).tobytes() == codes[row].tobytes()
        assert encoder.decode(codes[row]).tobytes() == estimator.inverse_transform(codes)[row].tobytes()
        assert encoder.reconstruct(x[row]).tobytes() == reconstruction[row].tobytes()


def test_deep_panels_with_few_last_columns_give_the_same_bits():
    x = np.random.default_rng(1).random((40, 1100), dtype=np.float32)
    autoencoder = Autoencoder(99, hidden_layer_sizes=(1059,), **SHORT).fit(x)
    encoder = Encoder.from_estimator(autoencoder, n_jobs=1)
    codes = autoencoder.transform(x)
    assert encoder(x).tobytes() == codes.tobytes()
    assert encoder(x[7]).tobytes() == codes[7].tobytes()


def test_of_a_classifier_it_is_the_encoder_alone():
    y = (X[:, 0] > 0.5).astype(int)
    classifier = EncoderClassifier(Autoencoder(5, **SHORT), max_iter=3, solver="adam", random_state=0).fit(X, y)
    encoder = Encoder.from_estimator(classifier)
    expected = Encoder.from_estimator(classifier.encoder_)
    assert (encoder.n_features, encoder.n_components) == (12, 5)
    assert encoder(X).shape == (40, 5)
    assert not np.array_equal(encoder(X), expected(X))  # it was trained on
    logits = encoder(X) @ classifier.coefs_[-1] + classifier.intercepts_[-1]
    np.testing.assert_array_equal(classifier.classes_[logits.argmax(axis=1)], classifier.predict(X))
    for method in (encoder.decode, encoder.reconstruct):
        with pytest.raises(ValueError, match="there is no decoder: this is the encoder of an EncoderClassifier"):
            method(X)


@pytest.mark.parametrize("n_jobs", [None, 1, 2, -1, np.int64(3)])
def test_number_of_threads_changes_no_bit(n_jobs):
    x = np.random.default_rng(1).random((3000, 64), dtype=np.float32)
    autoencoder = Autoencoder(100, hidden_layer_sizes=(50,), **SHORT).fit(x[:50])
    encoder = Encoder.from_estimator(autoencoder, n_jobs=n_jobs)
    assert encoder.reconstruct(x).tobytes() == autoencoder.reconstruct(x).tobytes()


def test_calls_with_work_for_several_threads_ask_how_many_may_run(monkeypatch):
    limits = []
    monkeypatch.setattr(
        "eigencoder.encoder.n_threads",
        lambda n_jobs: limits.append((n_jobs, threadpoolctl.threadpool_info()[-1]["num_threads"])) or 1,
    )
    x = np.random.default_rng(1).random((3000, 64))
    encoder = Encoder.from_estimator(Autoencoder(200, **SHORT).fit(x[:50]))
    encoder(x[:3])
    assert limits == []
    with threadpoolctl.threadpool_limits(1):
        encoder(x)
    assert limits == [(None, 1)]


def test_many_threads_at_once_get_the_same_bits(autoencoder):
    encoder = Encoder.from_estimator(autoencoder)  # packed by whoever comes first
    expected = autoencoder.transform(X), autoencoder.reconstruct(X)
    wrong = []

    def call():
        for _ in range(50):
            if not np.array_equal(encoder(X), expected[0]) or not np.array_equal(encoder.reconstruct(X), expected[1]):
                wrong.append(1)

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


WIDE = """
import os, sys, time
import numpy as np
from eigencoder import Autoencoder, Encoder

x = np.random.default_rng(0).random((20, 800), dtype=np.float32)
autoencoder = Autoencoder(900, solver="adam", max_iter=1, random_state=0).fit(x)
expected = autoencoder.transform(x)
encoder = Encoder.from_estimator(autoencoder, n_jobs=2)

def check():
    for row, code in zip(x, expected):
        assert encoder(row).tobytes() == code.tobytes()
"""


@pytest.mark.parametrize("seconds", [0, 0.01], ids=["awake", "asleep"])
def test_a_row_shared_by_two_threads_survives_a_fork_and_an_end(seconds):
    code = f"""{WIDE}
check()
time.sleep({seconds})
child = os.fork()
check()
del encoder  # in both processes
if child == 0:
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_later_changes_of_the_estimator_do_not_reach_it():
    autoencoder = Autoencoder(5, **SHORT).fit(X)
    encoder = Encoder.from_estimator(autoencoder)
    expected = encoder.reconstruct(X)
    for array in (*autoencoder.coefs_, *autoencoder.intercepts_):
        array[...] = 0.25
    assert encoder.reconstruct(X).tobytes() == expected.tobytes()  # the decoder was packed before
    assert Encoder.from_estimator(autoencoder).reconstruct(X).tobytes() != expected.tobytes()
    fresh = Autoencoder(5, **SHORT).fit(X)
    encoder = Encoder.from_estimator(fresh)
    for array in (*fresh.coefs_, *fresh.intercepts_):
        array[...] = 0.25
    assert encoder.reconstruct(X).tobytes() == expected.tobytes()  # and here it was not


def test_cannot_be_changed(encoder):
    for name in ("dtype", "n_components", "_network", "anything"):
        with pytest.raises(AttributeError, match=f"an Encoder cannot be changed, found an assignment to '{name}'"):
            setattr(encoder, name, 1)
    with pytest.raises(AttributeError, match="found a deletion of 'dtype'"):
        del encoder.dtype


@pytest.mark.parametrize("name", ESTIMATORS)
def test_pickles_and_copies(name):
    encoder = Encoder.from_estimator(ESTIMATORS[name].fit(X), n_jobs=2)
    pickled = pickle.dumps(encoder)
    restored = pickle.loads(pickled)
    assert restored.reconstruct(X).tobytes() == encoder.reconstruct(X).tobytes()
    assert repr(restored) == repr(encoder)
    assert pickle.dumps(restored) == pickled
    assert copy.copy(encoder) is copy.deepcopy(encoder) is encoder


@pytest.mark.parametrize("training_state", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ESTIMATORS)
def test_loads_model_files(tmp_path, name, dtype, training_state):
    estimator = ESTIMATORS[name].fit(X.astype(dtype))
    path = tmp_path / "model.safetensors"
    estimator.save_model(path, training_state=training_state)
    encoder, loaded = Encoder.from_estimator(estimator), Encoder.load(path)
    assert repr(loaded) == repr(encoder)
    assert loaded.reconstruct(X.astype(dtype)).tobytes() == encoder.reconstruct(X.astype(dtype)).tobytes()
    assert (
        pickle.loads(pickle.dumps(loaded)).reconstruct(X.astype(dtype)).tobytes()
        == encoder.reconstruct(X.astype(dtype)).tobytes()
    )


def test_loads_a_classifier_s_encoder(tmp_path):
    y = np.where(X[:, 0] > 0.5, "high", "low")
    classifier = EncoderClassifier(Autoencoder(5, **SHORT), max_iter=3, solver="adam", random_state=0).fit(X, y)
    classifier.save_model(tmp_path / "model")
    loaded = Encoder.load(tmp_path / "model")
    assert loaded(X).tobytes() == Encoder.from_estimator(classifier)(X).tobytes()
    with pytest.raises(ValueError, match="there is no decoder"):
        loaded.decode(loaded(X))


def test_a_file_that_it_cannot_load_is_named(tmp_path, autoencoder):
    path = tmp_path / "model"
    with pytest.raises(FileNotFoundError):
        Encoder.load(path)
    autoencoder.save_model(path)
    content = path.read_bytes()
    for damaged in (content[:-1], content[:-1] + b"!", content.replace(b'format_version\\":1', b'format_version\\":2')):
        path.write_bytes(damaged)
        with pytest.raises(ModelFormatError, match=f"{path} cannot be loaded"):
            Encoder.load(path)
    path.write_bytes(content)
    with pytest.raises(ValueError, match="n_jobs must be a positive number"):
        Encoder.load(path, n_jobs=0)


def test_pickle_holds_the_arrays_once(encoder, autoencoder):
    tied = autoencoder.coefs_[: len(autoencoder.coefs_) // 2]
    n_bytes = sum(array.nbytes for array in (*tied, *autoencoder.intercepts_))
    assert n_bytes < len(pickle.dumps(encoder)) < n_bytes + 1500


def test_repr(encoder):
    assert repr(encoder) == "<Encoder: 12 -> 3, float64>"


def without_padding(x):
    """The same numbers at an odd address."""
    odd = np.empty(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    odd[...] = x
    return odd


@pytest.mark.parametrize(
    "laid_out",
    [
        lambda x: np.repeat(x, 2, axis=1)[:, ::2],
        lambda x: x[::-1].copy()[::-1],
        np.asfortranarray,
        lambda x: x.astype(x.dtype.newbyteorder(">")),
        without_padding,
        lambda x: x.view(np.memmap),
    ],
    ids=["strided", "reversed", "Fortran", "big-endian", "unaligned", "subclass"],
)
def test_any_layout_of_the_dtype_is_taken(encoder, laid_out):
    expected = encoder(X)
    x = laid_out(X)
    assert encoder(x).tobytes() == expected.tobytes()
    assert type(encoder(x)) is np.ndarray
    assert encoder(x[3]).tobytes() == expected[3].tobytes()


def test_rows_are_read_in_place(encoder):
    x = X.copy()
    x.setflags(write=False)
    assert encoder(x).tobytes() == encoder(X).tobytes()
    assert x.tobytes() == X.tobytes()


def test_no_rows_give_no_codes(encoder):
    assert encoder(X[:0]).shape == (0, 3)
    assert encoder.decode(np.empty((0, 3))).shape == encoder.reconstruct(X[:0]).shape == (0, 12)
    assert encoder(X[:0], np.empty((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("rows", [3, slice(None)], ids=["one row", "rows"])
def test_out_is_written_to_and_given_back(encoder, rows):
    x = X[rows]
    for method, given in ((encoder, x), (encoder.decode, encoder(x)), (encoder.reconstruct, x)):
        expected = method(given)
        out = np.full_like(expected, np.nan)
        assert method(given, out) is out
        assert method(given, out=out) is out
        assert out.tobytes() == expected.tobytes()


def test_out_may_share_memory_with_x():
    x = np.random.default_rng(1).random((300, 50))  # several blocks of rows and panels of columns
    autoencoder = Autoencoder(50, **SHORT).fit(x)
    encoder = Encoder.from_estimator(autoencoder)
    for method in (encoder, encoder.reconstruct):
        expected = method(x)
        for shift in (0, 1, 7, 1000):
            memory = np.concatenate([np.zeros(1000), x.ravel()])
            out = memory[1000 - shift : len(memory) - shift].reshape(x.shape)
            assert method(memory[1000:].reshape(x.shape), out).tobytes() == expected.tobytes()


READ_ONLY = np.zeros((40, 3))
READ_ONLY.setflags(write=False)


@pytest.mark.parametrize(
    ("x", "out", "error", "message"),
    [
        (X.astype(np.float32), None, TypeError, "x has the dtype float32, but the network has float64: convert it"),
        (X.astype(int), None, TypeError, "x has the dtype int64, but the network has float64"),
        (X.astype(object), None, TypeError, "x has the dtype object, but the network has float64"),
        (X.tolist(), None, TypeError, "x must be a NumPy array of float64, found an object of type list"),
        (None, None, TypeError, "x must be a NumPy array of float64, found an object of type NoneType"),
        (X[:, :11], None, ValueError, r"x has the shape (40, 11), expected (12,) or (n, 12)"),
        (X[0, :11], None, ValueError, r"x has the shape (11,), expected (12,) or (n, 12)"),
        (X[None], None, ValueError, r"x has the shape (1, 40, 12), expected (12,) or (n, 12)"),
        (np.float64(1), None, TypeError, "x must be a NumPy array of float64, found an object of type float64"),
        (np.array(1.0), None, ValueError, r"x has the shape (), expected (12,) or (n, 12)"),
        (np.ma.masked_less(X, 0.5), None, ValueError, "x is a masked array, whose mask would be ignored"),
        (X, np.empty((40, 3), np.float32), TypeError, "out has the dtype float32, but the network has float64"),
        (X, [], TypeError, "out must be a NumPy array of float64, found an object of type list"),
        (X, np.empty((40, 4)), ValueError, r"out has the shape (40, 4), but the result has (40, 3)"),
        (X[0], np.empty((1, 3)), ValueError, r"out has the shape (1, 3), but the result has (3,)"),
        (X, READ_ONLY, ValueError, "out must be C-contiguous, of native numbers and writeable"),
        (X, np.empty((3, 40)).T, ValueError, "out must be C-contiguous, of native numbers and writeable"),
        (X, np.empty((40, 3), ">f8"), ValueError, "out must be C-contiguous, of native numbers and writeable"),
    ],
)
def test_what_it_cannot_take_is_named(encoder, x, out, error, message):
    with pytest.raises(error, match=re.escape(message)):
        encoder(x, out)
    assert not READ_ONLY.any()


def test_codes_are_named_in_errors(encoder):
    with pytest.raises(ValueError, match=re.escape("codes has the shape (40, 12), expected (3,) or (n, 3)")):
        encoder.decode(X)
    with pytest.raises(ValueError, match="codes must be finite, found nan in row 1, column 2"):
        encoder.decode(np.array([[0, 0, 0], [0, 0, np.nan]]))


def test_made_of_fitted_estimators_alone():
    with pytest.raises(TypeError, match=r"such as Autoencoder, found an object of type FrozenEstimator"):
        Encoder.from_estimator(FrozenEstimator(Autoencoder(2)))
    with pytest.raises(NotFittedError):
        Encoder.from_estimator(Autoencoder(2))
    with pytest.raises(TypeError, match=r"an Encoder is made by Encoder\.from_estimator.* or Encoder\.load"):
        Encoder(Autoencoder(2))
    fitted = Autoencoder(5, **SHORT).fit(X)
    with pytest.raises(ValueError, match="n_jobs must be a positive number of threads"):
        Encoder.from_estimator(fitted, n_jobs=0)
    with pytest.raises(TypeError, match="n_jobs must be an integer"):
        Encoder.from_estimator(fitted, n_jobs="2")
    fitted.coefs_[0] = fitted.coefs_[0][1:]
    with pytest.raises(ValueError, match="coefs_ has arrays of the shapes"):
        Encoder.from_estimator(fitted)


@pytest.mark.parametrize("made", ["Encoder.load(folder + '/model')", "pickle.load(open(folder + '/pickle', 'rb'))"])
def test_loading_imports_neither_scikit_learn_nor_scipy(tmp_path, autoencoder, encoder, made):
    autoencoder.save_model(tmp_path / "model")
    (tmp_path / "pickle").write_bytes(pickle.dumps(encoder))
    program = f"""
import pickle, sys
import numpy as np
from eigencoder import Encoder
folder = {str(tmp_path)!r}
encoder = {made}
heavy = ("sklearn", "scipy", "joblib", "safetensors")
print(encoder(np.full(12, 0.5)).tobytes().hex(), [name for name in heavy if name in sys.modules])
"""
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed == f"{encoder(np.full(12, 0.5)).tobytes().hex()} []\n"


def test_ctrl_c_ends_a_long_call(encoder):
    program = """
import _thread, threading
import numpy as np
from eigencoder import Autoencoder, Encoder
x = np.random.default_rng(0).random((200_000, 64), dtype=np.float32)
encoder = Encoder.from_estimator(Autoencoder(64, hidden_layer_sizes=(500, 500), solver='adam', max_iter=1).fit(x[:9]))
threading.Timer(0.3, _thread.interrupt_main).start()
try:
    encoder(x)
except KeyboardInterrupt:
    print("interrupted")
"""
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed == "interrupted\n"
