"""What save_model writes, load_model makes again: class, parameters, attributes, and the bits of every answer."""

import doctest
import json
from fractions import Fraction
from functools import cache

import numpy as np
import pandas as pd
import pytest
import safetensors
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator

import eigencoder
from eigencoder import (
    Autoencoder,
    DenoisingAutoencoder,
    EncoderClassifier,
    SparseAutoencoder,
    StackedAutoencoder,
    load_model,
    model_file,
)
from model_files import bytes_of, load, parts, tensors_of, with_checksum
from states import state

X = load_digits().data[:200] / 16
Y = load_digits().target[:200]
NAMED = pd.DataFrame(X, columns=[f"pixel é{i}" for i in range(64)])
FEW = {"max_iter": 2, "random_state": 0}


def pretrained(**parameters):
    return Autoencoder(5, **FEW, **parameters).fit(X)


def stack(**parameters):
    layers = [Autoencoder(9, hidden_layer_sizes=[20], **FEW), ("inf", SparseAutoencoder(4, tied_weights=True, **FEW))]
    return StackedAutoencoder(layers, **(FEW | parameters))


def classifier(encoder=None, y=Y, **parameters):
    encoder = Autoencoder(5, **FEW) if encoder is None else encoder
    return EncoderClassifier(encoder, **(FEW | parameters)).fit(X, y)


FITTED = {
    "by need": lambda: Autoencoder(3, hidden_layer_sizes=(7,), random_state=2**64 - 1).fit(NAMED),
    "float32, tied, k-sparse": lambda: Autoencoder(
        6, hidden_layer_sizes=(8,), tied_weights=True, activation="relu", n_active=2, **FEW
    ).fit(X.astype(np.float32)),
    "PCA": lambda: Autoencoder(4).fit(X),
    "share": lambda: Autoencoder(0.5, hidden_layer_sizes=(16,), **FEW).fit(X),
    "exact": lambda: Autoencoder(4, solver="exact", activation="identity").fit(X),
    "no epoch": lambda: Autoencoder(4, solver="adam", max_iter=0, tol=0.1, random_state=0).fit(X),
    "sparse": lambda: SparseAutoencoder(8, sparsity_momentum=0.9, solver="sgd", scale="standard", **FEW).fit(X),
    "denoising": lambda: DenoisingAutoencoder(
        8, corruption="salt_and_pepper", scale="minmax", averaging=0.9, tied_weights=True, solver="adamw", **FEW
    ).fit(X),
    "stack": lambda: stack().fit(NAMED),
    "stack of tied layers": lambda: StackedAutoencoder(
        [Autoencoder(9, tied_weights=True, **FEW), Autoencoder(4, tied_weights=True, **FEW)], tied_weights=True, **FEW
    ).fit(X),
    "stack without fine-tuning": lambda: stack(fine_tune=False).fit(X),
    "part of a stack": lambda: stack().fit(NAMED)[1:],
    "classifier": lambda: classifier(class_weight={0: 2.0, 3: 0.5}),
    "classifier of booleans": lambda: classifier(y=Y > 4, class_weight="balanced", corruption="masking"),
    "classifier of floats": lambda: classifier(y=Y * 1.0),
    "classifier of strings": lambda: classifier(y=np.array(list("abcdefghié"))[Y], class_weight={"b": 2}),
    "classifier of objects": lambda: classifier(
        y=np.array(["inf", "nan"] * 5, dtype=object)[Y], class_weight={"nan": 2.0, "inf": 1.0}
    ),
    "classifier of a fitted encoder": lambda: classifier(pretrained()),
    "classifier of a frozen encoder": lambda: classifier(FrozenEstimator(pretrained())),
    "classifier of a stack": lambda: classifier(stack()),
}
ANSWERS = ("transform", "reconstruct", "score_samples", "decision_function", "predict", "predict_proba")
fitted = cache(lambda name: FITTED[name]())


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.mark.parametrize("name", FITTED)
def test_the_loaded_estimator_is_the_saved_one(name, path):
    model = fitted(name)
    before = state(model)
    model.save_model(path, training_state=True)
    assert state(model) == before
    assert state(load_model(path)) == before


@pytest.mark.parametrize("name", FITTED)
def test_without_the_training_state_that_alone_is_missing(name, path):
    model, kept = fitted(name), ("_optimizer_state", "_scales")
    model.save_model(str(path))
    loaded = load_model(str(path), verify=False)
    assert state(loaded, kept) == state(model, kept)
    assert loaded._optimizer_state is loaded._scales is None


@pytest.mark.parametrize("name", FITTED)
def test_it_answers_with_the_same_bits(name, path):
    model = fitted(name)
    model.save_model(path)
    loaded = load_model(path)
    x = NAMED if hasattr(model, "feature_names_in_") and model.n_features_in_ == 64 else X[:, : model.n_features_in_]
    for answer in (answer for answer in ANSWERS if hasattr(model, answer)):
        assert state(getattr(loaded, answer)(x)) == state(getattr(model, answer)(x))
    if hasattr(model, "transform"):
        codes = model.transform(x)
        assert state(loaded.inverse_transform(codes)) == state(model.inverse_transform(codes))
        assert loaded.score(x) == model.score(x)
        assert loaded.get_feature_names_out().tolist() == model.get_feature_names_out().tolist()


@pytest.mark.parametrize("name", FITTED)
def test_saving_twice_writes_the_same_bytes(name, tmp_path):
    data = bytes_of(fitted(name), tmp_path, training_state=True)
    assert bytes_of(fitted(name), tmp_path, training_state=True) == data
    assert bytes_of(load(data), tmp_path, training_state=True) == data


@pytest.mark.parametrize("name", FITTED)
def test_another_reader_of_safetensors_sees_the_weights(name, path):
    model = fitted(name)
    model.save_model(path)
    with safetensors.safe_open(path, framework="np") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        assert list(file.metadata()) == ["eigencoder"]
    for layer, (weights, bias) in enumerate(zip(model.coefs_, model.intercepts_, strict=True)):
        if f"layers.{layer}.weights" in tensors:
            np.testing.assert_array_equal(tensors[f"layers.{layer}.weights"], weights)
        np.testing.assert_array_equal(tensors[f"layers.{layer}.bias"], bias)


def test_the_checksum_is_that_of_zlib_over_all_bytes(tmp_path):
    data = bytes_of(fitted("stack"), tmp_path)
    assert with_checksum(data) == data


def test_tied_weights_stand_in_the_file_once_and_come_back_tied(tmp_path):
    model = fitted("float32, tied, k-sparse")
    data = bytes_of(model, tmp_path)
    stored = [name for name in tensors_of(data) if name.endswith("weights")]
    assert stored == ["layers.0.weights", "layers.1.weights"]
    loaded = load(data)
    loaded.coefs_[0][0, 0] = 7
    assert loaded.coefs_[3][0, 0] == 7


def test_weights_that_are_tied_no_more_are_all_written(tmp_path):
    model = Autoencoder(3, tied_weights=True, **FEW).fit(X)
    model.coefs_[1] = model.coefs_[1] * 2
    loaded = load(bytes_of(model, tmp_path))
    np.testing.assert_array_equal(loaded.coefs_[1], 2 * loaded.coefs_[0].T)


def test_replaced_weights_of_any_layout_and_dtype_are_written_in_the_dtype_of_the_model(tmp_path):
    model = Autoencoder(3, **FEW).fit(X.astype(np.float32))
    model.coefs_ = [np.asfortranarray(w.astype(">f8")) for w in model.coefs_]
    loaded = load(bytes_of(model, tmp_path))
    assert loaded.coefs_[0].dtype == np.float32
    np.testing.assert_array_equal(loaded.transform(X), model.transform(X))


@pytest.mark.parametrize("name", ["classifier of a fitted encoder", "classifier of a frozen encoder"])
def test_an_encoder_that_stands_twice_is_one_object(name, tmp_path):
    loaded = load(bytes_of(fitted(name), tmp_path))
    assert loaded.encoder_ is getattr(loaded.encoder, "estimator", loaded.encoder)


def test_layers_by_name_are_the_layers(tmp_path):
    loaded = load(bytes_of(fitted("stack"), tmp_path))
    assert loaded["inf"] is loaded.layers_[1] is loaded.named_layers_["inf"]
    assert list(loaded.named_layers_) == ["layer1", "inf"]
    assert loaded.get_params()["inf__n_components"] == 4
    np.testing.assert_array_equal(loaded[:1].transform(NAMED), fitted("stack")[:1].transform(NAMED))


def test_weights_may_be_changed_in_place(tmp_path):
    loaded = load(bytes_of(fitted("by need"), tmp_path))
    for array in (*loaded.coefs_, *loaded.intercepts_):
        assert array.flags.writeable
        assert array.flags.aligned
    before = loaded.transform(NAMED)
    loaded.intercepts_[1] += 1
    np.testing.assert_allclose(loaded.transform(NAMED), before + 1)


@pytest.mark.parametrize("generator", [np.random.RandomState, np.random.default_rng])
def test_a_generator_is_saved_as_the_seed_that_it_gave(generator, tmp_path):
    model = Autoencoder(3, solver="adam", max_iter=2, random_state=generator(3)).fit(X)
    loaded = load(bytes_of(model, tmp_path, training_state=True))
    assert loaded.get_params()["random_state"] == model._seed
    assert state(loaded.partial_fit(X), ["random_state"]) == state(model.partial_fit(X), ["random_state"])
    assert state(loaded.fit(X).coefs_) == state(
        Autoencoder(3, solver="adam", max_iter=2, random_state=generator(3)).fit(X).coefs_
    )


def test_a_generator_of_an_estimator_inside_too(tmp_path):
    layer = Autoencoder(3, random_state=np.random.RandomState(5))
    model = StackedAutoencoder([layer], **FEW).fit(X)
    loaded = load(bytes_of(model, tmp_path))
    assert loaded.layers[0].random_state == loaded.layers_[0].random_state == loaded.layers_[0]._seed
    assert state(loaded.fit(X).coefs_) == state(model.coefs_)


def test_parameters_keep_their_types_and_numpys_become_pythons(tmp_path):
    model = Autoencoder(
        np.int32(3), hidden_layer_sizes=np.array([4]), tol=np.float32(0.5), shuffle=np.True_, n_jobs=1, **FEW
    )
    params = load(bytes_of(model.fit(X), tmp_path)).get_params()
    found = {name: params[name] for name in ("n_components", "hidden_layer_sizes", "tol", "shuffle", "n_jobs")}
    assert repr(found) == repr({"n_components": 3, "hidden_layer_sizes": [4], "tol": 0.5, "shuffle": True, "n_jobs": 1})


def test_numbers_that_json_lacks_are_strings(tmp_path):
    model = fitted("part of a stack")
    data = bytes_of(model, tmp_path)
    assert parts(data)[1]["attributes"]["loss_"] == "inf"
    assert load(data).loss_ == np.inf


class Own(Autoencoder):
    pass


OfTheSameName = type("Autoencoder", (Autoencoder,), {})


def named(name):
    model = Autoencoder(2, **FEW).fit(X[:, :1])
    model.feature_names_in_ = np.array([name], object)  # as DataFrames have had it
    return model


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            lambda: Own(3, **FEW).fit(X),
            r"the estimator is a .*\.Own, .* names only the classes Autoencoder",
        ),
        (lambda: OfTheSameName(3, **FEW).fit(X), r"the estimator is a .*\.Autoencoder, and a model file"),
        (lambda: classifier(Own(3, **FEW)), r"encoder of the estimator is a .*\.Own"),
        (lambda: classifier(Own(3, **FEW).fit(X)), r"encoder of the estimator is a .*\.Own"),
        (lambda: StackedAutoencoder([Own(3, **FEW)], **FEW).fit(X), r"layers of the estimator is a .*\.Own"),
        (
            lambda: Autoencoder(3, tol=Fraction(1, 2), **FEW).fit(X),
            r"tol of the estimator holds Fraction\(1, 2\) of type",
        ),
        (lambda: classifier(y=(Y * 1.0).astype(np.longdouble)), "classes_ holds .* of type longdouble"),
        (lambda: Autoencoder(3, **FEW).fit(X).set_params(loss="hinge"), "loss must be one of 'squared_error'"),
        (
            lambda: Autoencoder(3, activation="relu", code_activation=None, **FEW).fit(X).set_params(penalty="kl"),
            "'kl'",
        ),
        (lambda: named("\ud800"), "which UTF-8 cannot write"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_what_cannot_be_written_is_refused_before_the_file_is_touched(model, message, path):
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match=message):
        model().save_model(path)
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    "model", [Autoencoder(3), StackedAutoencoder([Autoencoder(3)]), EncoderClassifier(Autoencoder(3))]
)
def test_an_unfitted_estimator_is_refused(model, path):
    path.write_bytes(b"old")
    with pytest.raises(NotFittedError, match="is not fitted yet"):
        model.save_model(path)
    assert path.read_bytes() == b"old"


def test_weights_of_other_sizes_are_refused(path):
    model = Autoencoder(3, **FEW).fit(X)
    model.coefs_ = [w[:-1] for w in model.coefs_]
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match=r"coefs_ has arrays of the shapes .*: restore the arrays, or fit afresh"):
        model.save_model(path)
    assert path.read_bytes() == b"old"


def test_a_path_that_cannot_be_written(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing there has changed: give a path that can be written"):
        fitted("PCA").save_model(tmp_path / "nowhere" / "model")


def test_the_example_of_the_docstring_runs():
    results = doctest.testmod(model_file)
    assert (results.attempted, results.failed) == (7, 0)


def test_parameters_that_a_fit_has_not_seen_are_kept(tmp_path):
    loaded = load(bytes_of(Autoencoder(3, **FEW).fit(X).set_params(n_components=9, device="cuda"), tmp_path))
    assert (loaded.n_components, loaded.n_components_, loaded.device) == (9, 3, "cuda")


def test_every_parameter_and_every_estimator_is_written(tmp_path):
    assert {type(fitted(name)).__name__ for name in FITTED} == {
        name for name in eigencoder.__all__ if hasattr(getattr(eigencoder, name), "save_model")
    }
    for name in FITTED:
        params = parts(bytes_of(fitted(name), tmp_path))[1]["estimator"]["params"]
        assert params.keys() == fitted(name).get_params(deep=False).keys()
        assert "NaN" not in json.dumps(params)
