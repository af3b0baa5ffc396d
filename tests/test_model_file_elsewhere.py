"""Files that others wrote: this version of the format, read for ever, and C++, which lacks what Python alone knows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eigencoder import (
    Autoencoder,
    DenoisingAutoencoder,
    EncoderClassifier,
    ModelFormatError,
    SparseAutoencoder,
    load_model,
)
from model_files import load, of_tensors
from tolerances import FORMULA

DATA = Path(__file__).parent / "data"
ROWS = np.arange(6.0).reshape(2, 3) / 8
X = np.random.default_rng(0).random((40, 3))


def assert_codes(found, expected):
    FORMULA["cpu", found.dtype.name].assert_close(found, np.array(expected))


def test_an_autoencoder_of_version_1():
    """Trained on X, with averaged and tied weights, and saved with training_state=True."""
    rows = pd.DataFrame(ROWS.astype(np.float32), columns=["height", "width", "größe"])
    model = load_model(DATA / "autoencoder_1.safetensors")
    assert type(model) is Autoencoder
    assert model.feature_names_in_.tolist() == list(rows)
    assert (model.n_components, model.hidden_layer_sizes, model.tied_weights, model.averaging) == (2, (4,), True, 0.9)
    assert model.random_state == model._seed == 10123822223749065263
    assert_codes(model.transform(rows), [[0.37117195, 0.1394246], [0.09447132, 0.07405656]])
    model.partial_fit(pd.DataFrame(X.astype(np.float32), columns=list(rows)))
    assert_codes(model.transform(rows), [[0.37261868, 0.14094773], [0.09567124, 0.07567466]])


def test_a_classifier_of_version_1():
    """Of a stack with a named layer."""
    model = load_model(DATA / "classifier_1.safetensors")
    assert type(model) is EncoderClassifier
    assert model.classes_.tolist() == ["high", "low"]
    assert model.class_weight == {"low": 2.0}
    probabilities = [[0.5561859626265769, 0.4438140373734231], [0.5627638143174541, 0.4372361856825458]]
    assert_codes(model.predict_proba(ROWS), probabilities)
    codes = [[0.5214396481480622, 0.3338430863198865], [0.5605758345170777, 0.40955881825937485]]
    assert_codes(model.encoder_.transform(ROWS), codes)
    assert type(model.encoder_["first"]) is DenoisingAutoencoder
    assert type(model.encoder_["layer2"]) is SparseAutoencoder


WEIGHTS = {
    "layers.0.weights": np.arange(6.0).reshape(3, 2) / 10,
    "layers.0.bias": np.array([0.5, -0.5]),
    "layers.1.weights": np.arange(6.0).reshape(2, 3) / -10,
    "layers.1.bias": np.zeros(3),
}
CONFIGURATION = {
    "crc32": "00000000",
    "format_version": 1,
    "eigencoder_version": "0.1.0",
    "dtype": "float64",
    "network": {
        "layer_sizes": [3, 2, 3],
        "activations": ["sigmoid", "identity"],
        "tied_weights": False,
        "n_active": 0,
        "n_encoder_layers": 0,
    },
    "objective": {
        "loss": "squared_error",
        "alpha": 0,
        "penalty": "none",
        "sparsity": 0.05,
        "sparsity_weight": 3.0,
        "sparsity_momentum": 0.0,
        "corruption": "none",
        "corruption_level": 0.3,
    },
    "estimator": {
        "class": "Autoencoder",
        "params": {"n_components": 2, "activation": "sigmoid", "code_activation": "sigmoid"},
    },
    "feature_names": None,
    "classes": None,
    "attributes": {},
    "training": None,
}


def of_cpp(class_name="Autoencoder", **params):
    known = CONFIGURATION["estimator"]["params"]
    estimator = {"class": class_name, "params": known | params}
    return load(of_tensors(CONFIGURATION | {"estimator": estimator}, WEIGHTS))


@pytest.mark.parametrize("model_class", [Autoencoder, SparseAutoencoder, DenoisingAutoencoder])
def test_a_file_without_attributes_has_the_other_parameters_at_their_defaults(model_class):
    model = of_cpp(model_class.__name__)
    defaults = model_class().get_params()
    assert type(model) is model_class
    assert model.get_params() == defaults | {"n_components": 2, "activation": "sigmoid", "code_activation": "sigmoid"}
    codes = 1 / (1 + np.exp(-(ROWS @ WEIGHTS["layers.0.weights"] + WEIGHTS["layers.0.bias"])))
    output = codes @ WEIGHTS["layers.1.weights"]
    assert_codes(model.transform(ROWS), codes)
    assert_codes(model.reconstruct(ROWS), output)
    assert_codes(model.inverse_transform(codes), output)
    assert_codes(model.score_samples(ROWS), -((ROWS - output) ** 2).sum(axis=1))
    assert (model.n_iter_, model.loss_curve_, model.loss_) == (0, [], np.inf)


def test_its_training_goes_on_from_its_weights():
    before = of_cpp().score(X)
    for model in (of_cpp().partial_fit(X), of_cpp(warm_start=True).fit(X)):
        assert model.score(X) > before
        assert model.n_iter_ >= 1
        assert len(model.loss_curve_) == model.n_iter_
    np.testing.assert_allclose(
        of_cpp(learning_rate_init=1e-12).partial_fit(X).coefs_[0], WEIGHTS["layers.0.weights"], atol=1e-11
    )


def test_it_can_be_saved_again(tmp_path):
    of_cpp().save_model(tmp_path / "model")
    np.testing.assert_array_equal(load_model(tmp_path / "model").transform(X), of_cpp().transform(X))


@pytest.mark.parametrize(
    "params",
    [{"n_components": 3}, {"code_activation": "auto"}, {"tied_weights": True}, {"n_active": 1}, {"n_components": 0.5}],
)
def test_parameters_that_mean_another_network_are_refused_where_some_are_missing(params):
    with pytest.raises(ModelFormatError, match="of the parameters of Autoencoder, "):
        of_cpp(**params)
