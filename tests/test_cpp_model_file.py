"""Model files across the border: what Python saves, C++ and C compute with, and the other way round."""

import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import cpp_builds
from eigencoder import (
    Autoencoder,
    DenoisingAutoencoder,
    EncoderClassifier,
    SparseAutoencoder,
    StackedAutoencoder,
    load_model,
)


def rows(n_features: int) -> NDArray[np.float64]:
    """Those that across.cpp makes, by the same arithmetic."""
    i, j = np.arange(20)[:, np.newaxis], np.arange(n_features)
    return (i * (j + 3) + j * j) % 17 / 17.0


X = rows(6)
FEW = {"max_iter": 2, "random_state": 2**64 - 1}
PLAIN = {"scale": None, "init": "glorot", "code_activation": "tanh", **FEW}

SINGLE: dict[str, Callable[[], Any]] = {
    "plain": partial(Autoencoder, 3, **FEW),
    "deep": partial(Autoencoder, 3, hidden_layer_sizes=(5, 4), activation="elu", scale="standard", **FEW),
    "tied": partial(Autoencoder, 3, hidden_layer_sizes=(5,), tied_weights=True, activation="leaky_relu", **PLAIN),
    "k-sparse": partial(Autoencoder, 4, n_active=2, activation="relu", alpha=0.01, **FEW),
    "sparse": partial(SparseAutoencoder, 4, sparsity=0.1, sparsity_weight=0.5, sparsity_momentum=0.5, **FEW),
    "sparse and noisy": partial(
        SparseAutoencoder, 4, penalty="l1", corruption="gaussian", activation="softplus", **FEW
    ),
    "denoising": partial(DenoisingAutoencoder, 4, corruption="salt_and_pepper", corruption_level=0.2, **FEW),
    "logits": partial(Autoencoder, 3, loss="binary_crossentropy", output_activation="sigmoid", **FEW),
}


@pytest.fixture(scope="module")
def across(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("across")
    return cpp_builds.build(cpp_builds.ROOT / "tests/cpp", folder, cpp_builds.installed(), target="across") / "across"


def taken_across(across: Path, estimator: Any, path: Path, *copy: Path) -> tuple[str, NDArray[Any], NDArray[Any]]:
    """dtype, codes and reconstructions of rows, as C++ prints them; it may save a copy."""
    done = subprocess.run([across, path, *copy], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    dtype, *numbers = done.stdout.split()
    codes, reconstructions = np.split(np.array(numbers, float), [20 * estimator.n_components_])
    return dtype, codes.reshape(20, -1), reconstructions.reshape(20, -1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", SINGLE)
def test_both_sides_give_the_same_bits_and_parameters(across: Path, tmp_path: Path, name: str, dtype: str) -> None:
    x = X.astype(dtype)
    model = SINGLE[name]().fit(x)
    model.save_model(tmp_path / "of_python")
    found, codes, reconstructions = taken_across(across, model, tmp_path / "of_python", tmp_path / "of_cpp")
    assert found == dtype
    np.testing.assert_array_equal(codes, model.transform(x))
    np.testing.assert_array_equal(reconstructions, model.reconstruct(x))

    copy = load_model(tmp_path / "of_cpp")
    assert type(copy) is type(model)
    np.testing.assert_array_equal(copy.transform(x), model.transform(x))
    np.testing.assert_array_equal(copy.reconstruct(x), model.reconstruct(x))
    known, activations = model.get_params(), model._activations
    of_cpp = {
        "scale": None,
        "init": "glorot",
        "code_activation": activations[len(activations) // 2 - 1],
        "output_activation": activations[-1],
    }
    if not model.hidden_layer_sizes:
        of_cpp["activation"] = of_cpp["code_activation"]
    if model.sparsity_weight == "auto":
        of_cpp["sparsity_weight"] = 6.0 if model.penalty == "kl" else 3.0
    assert copy.get_params() == {**type(model)().get_params(), **known, **of_cpp, "max_iter": "auto"}


def test_what_cpp_saved_is_trained_further(across: Path, tmp_path: Path) -> None:
    model = Autoencoder(3, hidden_layer_sizes=(5,), **PLAIN).fit(X)
    model.save_model(tmp_path / "of_python")
    taken_across(across, model, tmp_path / "of_python", tmp_path / "of_cpp")
    copy = load_model(tmp_path / "of_cpp")
    before = copy.score(X)
    assert copy.partial_fit(X).score(X) > before
    assert copy.fit(X).score(X) > before


def test_cpp_takes_a_stack_as_the_network_that_it_is(across: Path, tmp_path: Path) -> None:
    frame = pd.DataFrame(X, columns=list("abcdef"))
    layers = [
        DenoisingAutoencoder(5, activation="tanh", output_activation="identity", **FEW),
        Autoencoder(3, activation="relu", output_activation="tanh", **FEW),
    ]
    stack = StackedAutoencoder(layers, solver="adam", **FEW).fit(frame)
    stack.save_model(tmp_path / "stack", training_state=True)
    _, codes, reconstructions = taken_across(across, stack, tmp_path / "stack", tmp_path / "network")
    np.testing.assert_array_equal(codes, stack.transform(frame))
    np.testing.assert_array_equal(reconstructions, stack.reconstruct(frame))
    np.testing.assert_array_equal(load_model(tmp_path / "network").transform(X), codes)


def test_cpp_refuses_to_save_what_no_autoencoder_is(across: Path, tmp_path: Path) -> None:
    layers = [Autoencoder(n, activation="tanh", output_activation="identity", **FEW) for n in (5, 3)]
    StackedAutoencoder(layers, solver="adam", **FEW).fit(X).save_model(tmp_path / "stack")
    done = subprocess.run([across, tmp_path / "stack", tmp_path / "copy"], capture_output=True, text=True, check=False)
    assert "one activation of all hidden layers, found tanh of layer 0 and identity of layer 2" in done.stdout
    assert not (tmp_path / "copy").exists()


def test_cpp_takes_files_of_each_version(across: Path) -> None:
    files = sorted((cpp_builds.ROOT / "tests/data").glob("autoencoder_*.safetensors"))
    assert files
    for file in files:
        model = load_model(file)
        dtype, codes, reconstructions = taken_across(across, model, file)
        x = pd.DataFrame(rows(model.n_features_in_).astype(dtype), columns=model.feature_names_in_)
        np.testing.assert_array_equal(codes, model.transform(x))
        np.testing.assert_array_equal(reconstructions, model.reconstruct(x))


def test_cpp_refuses_a_classifier_by_name(across: Path, tmp_path: Path) -> None:
    classifier = EncoderClassifier(Autoencoder(3, **FEW), **FEW).fit(X, np.arange(20) % 3)
    classifier.save_model(tmp_path / "classifier")
    done = subprocess.run([across, tmp_path / "classifier", "copy"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "holds a classifier, EncoderClassifier, expected an autoencoder" in done.stdout


@pytest.mark.parametrize("language", ["c", "cpp"])
def test_example_encodes_as_python_does(tmp_path: Path, language: str) -> None:
    build = cpp_builds.build(
        cpp_builds.ROOT / "examples" / language, tmp_path / "build", cpp_builds.installed(), target="encode"
    )
    model = Autoencoder(3, hidden_layer_sizes=(5,), **FEW).fit(X.astype(np.float32))
    model.save_model(tmp_path / "model")
    text = "\n".join(" ".join(f"{number:.9g}" for number in row) for row in X.astype(np.float32))
    encode = [build / "encode", tmp_path / "model"]
    printed = subprocess.run(encode, input=text, capture_output=True, text=True, check=True).stdout
    codes = np.array([line.split() for line in printed.splitlines()], np.float32)
    np.testing.assert_array_equal(codes, model.transform(X.astype(np.float32)))

    Autoencoder(3, **FEW).fit(X).save_model(tmp_path / "model")
    done = subprocess.run(encode, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "double" in done.stderr
