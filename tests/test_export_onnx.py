"""Models of ONNX say what their estimators say, by onnxruntime and by onnx's own evaluator."""

import sys

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx.reference import ReferenceEvaluator
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError

from eigencoder import Autoencoder, _core
from eigencoder.export import onnx_model, to_onnx
from networks import DTYPES, autoencoder, classifier, rows, stack
from tolerances import OTHER_RUNTIME

OPSETS = (13, 15, 16, 18, 20, 22, 24, 28)
PARTS = {
    "encoder": ("X", "codes", "transform"),
    "decoder": ("codes", "reconstruction", "inverse_transform"),
    "autoencoder": ("X", "reconstruction", "reconstruct"),
}


def by_onnxruntime(model, x):
    """Its outputs by name, on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {session.get_inputs()[0].name: x}), strict=True))


def by_onnx(model, x):
    """The same by onnx itself, which warns of exponentials that overflow on their way to a right result."""
    names = [output.name for output in model.graph.output]
    with np.errstate(over="ignore", invalid="ignore"):
        return dict(zip(names, ReferenceEvaluator(model).run(None, {model.graph.input[0].name: x}), strict=True))


def assert_says_the_same(estimator, part, x, target_opset=18, runtimes=(by_onnxruntime, by_onnx)):
    input_name, output_name, method = PARTS[part]
    model = to_onnx(estimator, part, target_opset=target_opset)
    onnx.checker.check_model(model, full_check=True)
    assert [value.name for value in model.graph.input] == [input_name]
    expected = getattr(estimator, method)(x)
    for runtime in runtimes:
        result = runtime(model, x)[output_name]
        assert result.dtype == x.dtype
        OTHER_RUNTIME[x.dtype.name].assert_close(result, expected)


@pytest.mark.parametrize("target_opset", OPSETS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", _core.ACTIVATIONS)
def test_each_activation_and_opset(activation, dtype, target_opset):
    model = autoencoder(
        dtype=dtype, hidden_layer_sizes=(9, 3), activation=activation, output_activation=activation, n_active=2
    )
    assert_says_the_same(model, "autoencoder", 3 * rows(40, 7, dtype), target_opset)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", _core.ACTIVATIONS)
def test_each_activation_far_from_zero(activation, dtype):
    model = autoencoder(1, 1, dtype, activation=activation)
    model.coefs_[0][...], model.intercepts_[0][...] = 1, 0
    x = np.array([-1e5, -800, -100, -30, -1, -1e-6, 0, 1e-6, 1, 30, 100, 800, 1e5], dtype)[:, np.newaxis]
    assert_says_the_same(model, "encoder", x)


@pytest.mark.parametrize("n_samples", [1, 2, 301])
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("tied_weights", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_each_part_with_any_number_of_rows(dtype, tied_weights, part, n_samples):
    model = autoencoder(13, 3, dtype, hidden_layer_sizes=(17, 1), tied_weights=tied_weights)
    x = rows(n_samples, 3 if part == "decoder" else 13, dtype)
    assert_says_the_same(model, part, x)


@pytest.mark.parametrize("part", PARTS)
def test_a_stack_is_one_network(part):
    model = stack(["sigmoid", "tanh", "elu"], n_active=2)
    assert_says_the_same(model, part, rows(9, 4 if part == "decoder" else 7))
    assert len([node for node in to_onnx(model, "autoencoder").graph.node if node.op_type == "Gemm"]) == 6


def test_tied_weights_are_stored_once():
    model = autoencoder(40, 30, tied_weights=True, hidden_layer_sizes=(35,))
    sizes = [len(to_onnx(model, part).SerializeToString()) for part in PARTS]
    assert sizes[2] < 1.1 * max(sizes[:2])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("n_units", "n_active"), [(24, 1), (24, 3), (24, 20), (700, 5), (700, 300)])
def test_of_equal_activations_the_first_stay(n_units, n_active, dtype):
    """Of whole numbers, so that equal ones are equal in all runtimes."""
    model = autoencoder(n_units, n_units, dtype, activation="identity", n_active=n_active)
    model.coefs_[0][...], model.intercepts_[0][...] = np.eye(n_units), 0
    x = np.random.default_rng(0).integers(-1, 2, size=(200, n_units)).astype(dtype)
    x[0], x[1] = 1, -1
    codes = by_onnxruntime(to_onnx(model), x)["codes"]
    np.testing.assert_array_equal(codes, model.transform(x))
    np.testing.assert_array_equal(np.flatnonzero(codes[0]), np.arange(n_active))


def test_a_code_of_which_all_stay_is_not_searched():
    model = to_onnx(autoencoder(n_components=5, n_active=5))
    assert [node.op_type for node in model.graph.node] == ["Gemm", "Sigmoid"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("classes", "labels"),
    [
        ([3, 5, 9], np.int64),
        (np.array([0, 1], np.uint8), np.int64),
        ([-(2**62), 2**62 + 1], np.int64),
        ([False, True], np.int64),
        ([1.0, 2.0], np.int64),
        (["no", "yes", "überall"], np.object_),
    ],
    ids=["int64", "uint8", "large", "bool", "whole floats", "strings"],
)
def test_a_classifier_gives_labels_and_probabilities(classes, labels, dtype):
    model = classifier(classes, dtype=dtype, hidden_layer_sizes=(6,), activation="tanh", n_active=2)
    x = rows(50, 7, dtype)
    exported = to_onnx(model)
    onnx.checker.check_model(exported, full_check=True)
    for runtime in (by_onnxruntime, by_onnx):
        result = runtime(exported, x)
        assert list(result) == ["label", "probabilities"]
        np.testing.assert_array_equal(result["label"], model.predict(x))
        OTHER_RUNTIME[dtype].assert_close(result["probabilities"], model.predict_proba(x))
    assert by_onnxruntime(exported, x)["label"].dtype == labels
    assert exported == to_onnx(model, "classifier")


def test_the_encoder_of_a_classifier_gives_its_codes():
    model = classifier(activation="tanh")
    x = rows(5, 7)
    codes = np.tanh(x @ model.coefs_[0] + model.intercepts_[0])
    OTHER_RUNTIME["float64"].assert_close(by_onnxruntime(to_onnx(model, "encoder"), x)["codes"], codes)


@pytest.mark.parametrize("classes", [[0.5, 1.5], np.array([1, 2**63 + 1], np.uint64), [b"a", b"b"]])
def test_classes_that_onnx_lacks_are_refused(classes):
    model = classifier([0, 1])
    model.classes_ = np.asarray(classes)
    with pytest.raises(ValueError, match="labels in ONNX are of int64 or strings, found classes_ of"):
        to_onnx(model)


def test_what_a_model_tells_of_itself():
    model = to_onnx(autoencoder(hidden_layer_sizes=(6,)), "autoencoder")
    assert (model.producer_name, model.ir_version) == ("eigencoder", 8)
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 18)]
    assert model.doc_string == "autoencoder of Autoencoder, 7-6-5-6-7"
    shape = model.graph.input[0].type.tensor_type.shape
    assert [dim.dim_param or dim.dim_value for dim in shape.dim] == ["n", 7]


def test_the_bytes_are_the_same_from_call_to_call(tmp_path):
    model, path = classifier(["a", "b"], n_active=2), tmp_path / "model.onnx"
    expected = to_onnx(model).SerializeToString()
    assert to_onnx(model, path=path).SerializeToString() == expected
    assert path.read_bytes() == expected


def test_an_old_file_stays_where_nothing_can_be_exported(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match="target_opset"):
        to_onnx(autoencoder(), target_opset=99, path=path)
    with pytest.raises(OSError, match="give a path that can be written"):
        to_onnx(autoencoder(), path=tmp_path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("target_opset", [12, 29, True, 18.0, "18", None])
def test_an_opset_that_is_not_there_is_refused(target_opset):
    with pytest.raises(ValueError, match=r"target_opset must be an integer from 13 to \d\d, found"):
        to_onnx(autoencoder(), target_opset=target_opset)


def test_what_is_no_fitted_network_is_refused():
    with pytest.raises(NotFittedError):
        to_onnx(Autoencoder())
    with pytest.raises(TypeError, match="expected an estimator of eigencoder, such as a fitted Autoencoder, found PCA"):
        to_onnx(PCA())
    with pytest.raises(ValueError, match="one of 'encoder', 'decoder', 'autoencoder', found 'classifier'"):
        to_onnx(autoencoder(), "classifier")
    with pytest.raises(ValueError, match="part of EncoderClassifier must be one of 'classifier', 'encoder'"):
        to_onnx(classifier(), "decoder")
    model = autoencoder()
    model.coefs_ = model.coefs_[::-1]
    with pytest.raises(ValueError, match="restore the arrays, or fit afresh"):
        to_onnx(model)


def test_what_is_too_large_for_a_file_is_refused(monkeypatch):
    model = autoencoder(10, 10, tied_weights=True)
    monkeypatch.setattr(onnx_model, "LARGEST", 8 * (100 + 10 + 10))
    to_onnx(model, "autoencoder")
    monkeypatch.setattr(onnx_model, "LARGEST", 8 * (100 + 10 + 10) - 1)
    with pytest.raises(ValueError, match="at most 2 GiB, the weights of this autoencoder take 960 bytes"):
        to_onnx(model, "autoencoder")


def test_without_onnx_the_error_tells_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.delitem(sys.modules, "eigencoder.export.onnx_model")
    with pytest.raises(ImportError, match=r'to_onnx needs onnx: pip install "eigencoder\[onnx\]"'):
        to_onnx(autoencoder())
