"""C that emx-onnx-cgen makes of an exported network compiles without a warning, and computes the same."""

import ctypes
import os
import subprocess

import numpy as np
import pytest
from emx_onnx_cgen.cli import main as emx_onnx_cgen

from eigencoder import _core
from eigencoder.export import to_onnx
from networks import DTYPES, autoencoder, classifier, rows, stack
from tolerances import OTHER_RUNTIME

WARNINGS = ("-std=c11", "-Wall", "-Wextra", "-Werror")


def compiled(folder, model, part=None, *, n_rows=None):
    """The function `network` of the C of a model, for any number of rows or for some."""
    to_onnx(model, part, path=folder / "network.onnx")
    pinned = [f"--input-dim=n={n_rows}"] if n_rows else []
    files = [str(folder / name) for name in ("network.onnx", "network.c")]
    assert not emx_onnx_cgen(["compile", *files, "--model-name=network", "--large-weight-threshold=0", *pinned])
    compiler = os.environ.get("CC", "cc")
    library = folder / "network.so"
    subprocess.run([compiler, *WARNINGS, "-O2", "-shared", "-fPIC", files[1], "-o", library, "-lm"], check=True)
    return ctypes.CDLL(str(library)).network


def pointer(array):
    return array.ctypes.data_as(ctypes.c_void_p)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_activation_and_a_sparse_code(tmp_path, dtype):
    model, x = stack(_core.ACTIVATIONS, 12, dtype, n_active=2), rows(23, 12, dtype)
    network, result = compiled(tmp_path, model, "autoencoder", n_rows=len(x)), np.empty_like(x)
    network(pointer(x), pointer(result))
    OTHER_RUNTIME[dtype].assert_close(result, model.reconstruct(x))


def test_tied_weights_and_any_number_of_rows(tmp_path):
    model = autoencoder(7, 5, tied_weights=True)
    network = compiled(tmp_path, model, "autoencoder")
    for n_rows in (1, 40):
        x, result = rows(n_rows, 7), np.empty((n_rows, 7))
        network(n_rows, pointer(x), pointer(result))
        OTHER_RUNTIME["float64"].assert_close(result, model.reconstruct(x))


def test_a_classifier_whose_code_has_equal_activations(tmp_path):
    model = classifier([3, 5, 9], 6, "float32", n_components=20, activation="relu", n_active=3)
    model.coefs_[0][...], model.intercepts_[0][...] = np.round(model.coefs_[0]), 0
    x = np.random.default_rng(0).integers(-1, 2, size=(40, 6)).astype("float32")
    network = compiled(tmp_path, model, n_rows=len(x))
    labels, probabilities = np.empty(len(x), np.int64), np.empty((len(x), 3), np.float32)
    network(pointer(x), pointer(labels), pointer(probabilities))
    np.testing.assert_array_equal(labels, model.predict(x))
    OTHER_RUNTIME["float32"].assert_close(probabilities, model.predict_proba(x))
