"""Pipelines that skl2onnx converts say under onnxruntime what they say in scikit-learn."""

import sys
from functools import partial

import numpy as np
import onnxruntime
import pandas
import pytest
import skl2onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

from eigencoder import (
    Autoencoder,
    DenoisingAutoencoder,
    EncoderClassifier,
    SparseAutoencoder,
    StackedAutoencoder,
)
from eigencoder.export import register_skl2onnx
from networks import DTYPES, rows
from tolerances import CONVERTED

NAMES = list("abcdef")
BRIEF = {"init": "glorot", "solver": "adam", "max_iter": 2, "random_state": 0}
autoencoder = partial(Autoencoder, 3, **BRIEF)
TRANSFORMERS = {
    "autoencoder": autoencoder,
    "sparse": lambda: SparseAutoencoder(9, **BRIEF),
    "denoising": lambda: DenoisingAutoencoder(9, n_active=2, **BRIEF),
    "stack": lambda: StackedAutoencoder([autoencoder(), autoencoder()], fine_tune=False, random_state=0),
    "scaler first": lambda: make_pipeline(StandardScaler(), autoencoder()),
    "union": lambda: make_union(autoencoder(), SparseAutoencoder(2, **BRIEF)),
    "columns": lambda: ColumnTransformer(
        [("scaled", make_pipeline(StandardScaler(), autoencoder()), [0, 1]), ("rest", autoencoder(), [2, 3, 4, 5])]
    ),
}
CLASSIFIERS = {
    "alone": lambda: EncoderClassifier(autoencoder(), solver="adam", max_iter=2, random_state=0),
    "scaler first": lambda: make_pipeline(StandardScaler(), CLASSIFIERS["alone"]()),
    "another last": lambda: make_pipeline(StandardScaler(), autoencoder(), LogisticRegression()),
}


@pytest.fixture(autouse=True)
def _registered():
    register_skl2onnx()


def data(kind, dtype):
    x = rows(60, 6, dtype)
    return pandas.DataFrame(x, columns=NAMES) if kind == "frame" else x


def tolerance_of(kind, dtype):
    """skl2onnx's own scaler puts the columns of a frame together in float32."""
    return CONVERTED["float32" if kind == "frame" else dtype]


def run(model, x):
    """The outputs of a converted model for a matrix, or for a frame whose columns are its inputs."""
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [node.name for node in session.get_inputs()]
    feeds = {names[0]: x} if isinstance(x, np.ndarray) else {name: x[[name]].to_numpy() for name in names}
    return dict(zip([node.name for node in session.get_outputs()], session.run(None, feeds), strict=True))


def convert(model, x, **arguments):
    return skl2onnx.to_onnx(model, x[:1], target_opset=18, **arguments)


@pytest.mark.parametrize("kind", ["matrix", "frame"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("make", TRANSFORMERS.values(), ids=list(TRANSFORMERS))
def test_transformers(make, dtype, kind):
    x = data(kind, dtype)
    model = make().fit(x)
    (codes,) = run(convert(model, x), x).values()
    assert codes.dtype == dtype
    tolerance_of(kind, dtype).assert_close(codes, model.transform(x))


@pytest.mark.parametrize("kind", ["matrix", "frame"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("make", CLASSIFIERS.values(), ids=list(CLASSIFIERS))
@pytest.mark.parametrize("classes", [["no", "yes", "perhaps"], [4, 7]], ids=["strings", "numbers"])
def test_classifiers(make, classes, dtype, kind):
    x = data(kind, dtype)
    model = make().fit(x, np.resize(classes, len(x)))
    result = run(convert(model, x, options={"zipmap": False}), x)
    assert list(result) == ["label", "probabilities"]
    np.testing.assert_array_equal(result["label"], model.predict(x))
    tolerance_of(kind, dtype).assert_close(result["probabilities"], model.predict_proba(x))


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"zipmap": True}, ["output_label", "output_probability"]),
        ({"zipmap": "columns"}, ["output_label", "sno", "syes"]),
        ({"zipmap": False, "nocl": True}, ["label", "probabilities"]),
    ],
)
def test_the_options_of_classifiers(options, names):
    x = data("matrix", "float32")
    model = CLASSIFIERS["alone"]().fit(x, np.resize(["no", "yes"], len(x)))
    result = run(convert(model, x, options={EncoderClassifier: options}), x)
    assert list(result) == names
    expected = model.predict(x)
    np.testing.assert_array_equal(result[names[0]], expected == "yes" if "nocl" in options else expected)


def test_columns_far_from_zero_keep_their_digits():
    """Seconds since 1970: float32 knows them by steps of two minutes."""
    x = pandas.DataFrame(1.7e9 + 1000 * rows(60, 6), columns=NAMES)
    for model in (autoencoder(), TRANSFORMERS["columns"]()):
        (codes,) = run(convert(model.fit(x), x), x).values()
        CONVERTED["far from zero"].assert_close(codes, model.transform(x))


@pytest.mark.parametrize("dtype", DTYPES)
def test_whole_numbers_leave_the_weights_as_they_are(dtype):
    x = np.random.default_rng(0).integers(-3, 3, size=(50, 6))
    model = autoencoder().fit(x.astype(dtype))
    for rows_of_it in (x, pandas.DataFrame(x, columns=NAMES)):
        (codes,) = run(convert(model, rows_of_it), rows_of_it).values()
        assert codes.dtype == np.float32
        CONVERTED["float32"].assert_close(codes, model.transform(x))


@pytest.mark.parametrize("integers", ["a", "f"])
def test_one_column_in_double_makes_the_output_so(integers):
    x = data("frame", "float64")
    x[integers] = np.arange(len(x))
    x["c"] = x["c"].astype(np.float32)
    y = np.resize([0, 1], len(x))
    for model in (make_pipeline(autoencoder(), LogisticRegression()), CLASSIFIERS["alone"]()):
        probabilities = run(convert(model.fit(x, y), x, options={"zipmap": False}), x)["probabilities"]
        assert probabilities.dtype == np.float64
        CONVERTED["float64"].assert_close(probabilities, model.predict_proba(x))


@pytest.mark.parametrize(("fitted", "given"), [("float32", "float64"), ("float64", "float32")])
def test_the_output_has_the_type_of_the_input(fitted, given):
    model, x = autoencoder().fit(rows(60, 6, fitted)), rows(60, 6, given)
    (codes,) = run(convert(model, x), x).values()
    assert codes.dtype == given
    CONVERTED["float32"].assert_close(codes, model.transform(x))


def test_a_pipeline_fitted_on_a_frame_takes_a_matrix():
    x = data("frame", "float64")
    model = TRANSFORMERS["scaler first"]().fit(x)
    converted = skl2onnx.to_onnx(model, initial_types=[("X", DoubleTensorType([None, 6]))], target_opset=18)
    (codes,) = run(converted, x.to_numpy()).values()
    CONVERTED["float64"].assert_close(codes, model.transform(x))


@pytest.mark.parametrize("target_opset", [13, 15, 18, 21])
def test_opsets(target_opset):
    x = rows(20, 6)
    model = SparseAutoencoder(9, activation="softplus", penalty=None, n_active=2, **BRIEF).fit(x)
    converted = skl2onnx.to_onnx(model, x[:1], target_opset=target_opset)
    CONVERTED["float64"].assert_close(run(converted, x)["variable"], model.transform(x))


def test_what_cannot_be_converted_is_refused():
    model = autoencoder().fit(rows(20, 6))
    with pytest.raises(ValueError, match="target_opset must be at least 13 for estimators of eigencoder, found 12"):
        skl2onnx.to_onnx(model, rows(1, 6), target_opset=12)
    with pytest.raises(ValueError, match="was fitted on 6 columns, its inputs in the ONNX graph have 5"):
        skl2onnx.to_onnx(model, initial_types=[("X", FloatTensorType([None, 5]))], target_opset=18)
    with pytest.raises(TypeError, match="needs numbers, found the input 'X' of strings"):
        skl2onnx.to_onnx(model, initial_types=[("X", StringTensorType([None, 6]))], target_opset=18)


def test_without_skl2onnx_the_error_tells_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    monkeypatch.delitem(sys.modules, "eigencoder.export.converter")
    with pytest.raises(ImportError, match=r'register_skl2onnx needs skl2onnx: pip install "eigencoder\[onnx\]"'):
        register_skl2onnx()
