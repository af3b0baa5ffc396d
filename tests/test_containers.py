"""X may come in a DataFrame or in an array of another library."""

import os
import subprocess
import sys

import numpy as np
import pytest

from eigencoder import Autoencoder
from refusals import assert_refused

GUISES = ["float32", "Float32", "float[pyarrow]"]


def data():
    return np.random.default_rng(0).random((20, 3)).astype("float32")


def frame(*dtypes):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    return pandas.DataFrame(data(), columns=["a", "b", "c"]).astype(dict(zip("abc", dtypes, strict=True)))


def autoencoder():
    return Autoencoder(2, max_iter=2, random_state=0)


@pytest.mark.parametrize("dtypes", [[guise] * 3 for guise in GUISES] + [GUISES], ids=str)
def test_float32_columns_of_pandas_stay_float32(dtypes):
    X = frame(*dtypes)
    fitted = autoencoder().fit(X, X_val=X)
    np.testing.assert_array_equal(fitted.coefs_[0], autoencoder().fit(data()).coefs_[0])
    assert fitted.coefs_[0].dtype == fitted.transform(X).dtype == "float32"
    assert list(fitted.feature_names_in_) == ["a", "b", "c"]


@pytest.mark.parametrize("other", ["float64", "Float64", "double[pyarrow]"])
@pytest.mark.parametrize("guise", GUISES)
def test_columns_of_several_types_become_float64(guise, other):
    assert autoencoder().fit(frame(guise, other, guise)).coefs_[0].dtype == "float64"


def test_float32_columns_of_polars_stay_float32():
    polars = pytest.importorskip("polars")
    X = polars.DataFrame(data(), schema=["a", "b", "c"])
    assert autoencoder().fit(X).coefs_[0].dtype == "float32"
    assert autoencoder().fit(X.with_columns(polars.col("b").cast(polars.Float64))).coefs_[0].dtype == "float64"


@pytest.mark.parametrize("guise", GUISES)
def test_a_missing_value_is_refused_as_nan_is(guise):
    X = frame(*[guise] * 3)
    X.iloc[4, 1] = None
    assert_refused(autoencoder(), ValueError, "Input X contains NaN", lambda a: a.fit(X))


STAND_IN = """
class Foreign:
    'What scikit-learn must not compute with: an array whose library has nothing.'
    def __init__(self, array):
        self.array, self.shape, self.ndim, self.dtype = array, array.shape, array.ndim, object()
    def __len__(self):
        return len(self.array)
    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.array, dtype)
    def __array_namespace__(self, api_version=None):
        return object()
"""
ARRAYS = {"a stand-in": STAND_IN, "array_api_strict": "from array_api_strict import asarray as Foreign"}
EVERY_ARGUMENT = """
from sklearn import config_context
from eigencoder import Autoencoder, EncoderClassifier, StackedAutoencoder, loss_and_gradients

x = np.random.default_rng(0).random((30, 4)).astype("float32")
y, weights, codes = np.arange(30) % 3, np.linspace(0.5, 1, 30), x[:, :2].copy()

def answers(of):
    autoencoder = Autoencoder(2, max_iter=2, random_state=0).fit(of(x), sample_weight=of(weights), X_val=of(x[:9]))
    autoencoder.partial_fit(of(x), sample_weight=of(weights))
    yield from (getattr(autoencoder, method)(of(x)) for method in ("transform", "reconstruct", "score_samples"))
    yield autoencoder.score(of(x), sample_weight=of(weights))
    yield autoencoder.inverse_transform(of(codes))
    yield loss_and_gradients(autoencoder, of(x), sample_weight=of(weights))[0]
    yield StackedAutoencoder([Autoencoder(2)], random_state=0).fit(of(x), X_val=of(x)).transform(of(x))
    classifier = EncoderClassifier(autoencoder, max_iter=2, random_state=0)
    classifier.fit(of(x), of(y), sample_weight=of(weights), X_val=of(x), y_val=of(y))
    classifier.partial_fit(of(x), of(y), of(np.arange(3)), sample_weight=of(weights))
    yield classifier.predict_proba(of(x))
    yield classifier.score(of(x), of(y), sample_weight=of(weights))

with config_context(array_api_dispatch=True):
    found = list(answers(Foreign))
for ours, expected in zip(found, answers(np.asarray), strict=True):
    assert type(ours) is type(expected)
    np.testing.assert_array_equal(ours, expected)
"""


@pytest.mark.parametrize("array", ARRAYS)
def test_arrays_of_another_library_under_array_api_dispatch(array):
    if array == "array_api_strict":
        pytest.importorskip(array)
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}  # which SciPy reads when it is imported
    code = "import numpy as np\n" + ARRAYS[array] + EVERY_ARGUMENT
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
