"""Files of SAELens: what is written, and that what is read computes what SAELens says it does."""

import json
import os
import resource

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from sklearn.exceptions import NotFittedError

from eigencoder import Autoencoder
from eigencoder.export import from_saelens, to_saelens
from networks import DTYPES, autoencoder, classifier, rows, stack
from tolerances import OTHER_RUNTIME

RELU = {"activation": "relu"}
TENSORS = {"W_enc": (7, 11), "b_enc": (11,), "W_dec": (11, 7), "b_dec": (7,)}


def tensors(dtype="float32"):
    rng = np.random.default_rng(0)
    return {name: rng.normal(size=shape).astype(dtype) for name, shape in TENSORS.items()}


def encode_as_saelens(x, config, W_enc, b_enc, W_dec, b_dec):
    """The code and the reconstruction of SAELens 6, in float64."""
    norms = np.linalg.norm(W_dec, axis=1) if config.get("rescale_acts_by_decoder_norm") else 1
    z = ((x - b_dec * config.get("apply_b_dec_to_input", True)) @ W_enc + b_enc) * norms
    if config.get("architecture", "standard") == "topk":
        smallest = np.sort(z, axis=1)[:, -config.get("k", 100), np.newaxis]
        z = np.where(z >= smallest, z, 0)
    code = np.maximum(z, 0)
    return code, (code / norms) @ W_dec + b_dec


def write(folder, config, arrays):
    folder.mkdir()
    (folder / "cfg.json").write_text(config if isinstance(config, str) else json.dumps(config))
    if arrays is not None:
        save_file(arrays, folder / "sae_weights.safetensors")
    return folder


@pytest.mark.parametrize("tied_weights", [False, True])
@pytest.mark.parametrize("n_active", [None, 3])
@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_written(tmp_path, dtype, n_active, tied_weights):
    model = autoencoder(7, 11, dtype, n_active=n_active, tied_weights=tied_weights, **RELU)
    to_saelens(model, tmp_path / "sae")
    assert sorted(os.listdir(tmp_path)) == ["sae"]
    assert sorted(os.listdir(tmp_path / "sae")) == ["cfg.json", "sae_weights.safetensors"]
    config, arrays = (
        json.loads((tmp_path / "sae/cfg.json").read_text()),
        load_file(tmp_path / "sae/sae_weights.safetensors"),
    )
    assert {name: array.shape for name, array in arrays.items()} == TENSORS
    metadata = config.pop("metadata")
    assert metadata["sae_lens_version"] == "6.18.0"
    assert config == {
        "architecture": "topk" if n_active else "standard",
        "d_in": 7,
        "d_sae": 11,
        "dtype": dtype,
        "device": "cpu",
        "apply_b_dec_to_input": False,
        "normalize_activations": "none",
        "reshape_activations": "none",
    } | ({"k": 3, "rescale_acts_by_decoder_norm": False} if n_active else {})
    x = rows(30, 7, dtype)
    code, reconstruction = encode_as_saelens(x, config, **arrays)
    OTHER_RUNTIME[dtype].assert_close(model.transform(x), code)
    OTHER_RUNTIME[dtype].assert_close(model.reconstruct(x), reconstruction)


@pytest.mark.parametrize("n_active", [None, 3])
@pytest.mark.parametrize("dtype", DTYPES)
def test_there_and_back(tmp_path, dtype, n_active):
    model, x = autoencoder(7, 11, dtype, n_active=n_active, **RELU), rows(30, 7, dtype)
    to_saelens(model, tmp_path / "sae")
    again = from_saelens(tmp_path / "sae")
    assert repr(again) == repr(Autoencoder(11, code_activation="relu", n_active=n_active))
    np.testing.assert_array_equal(again.transform(x), model.transform(x))
    np.testing.assert_array_equal(again.reconstruct(x), model.reconstruct(x))
    assert (again.n_features_in_, again.n_iter_, again.loss_, again.loss_curve_) == (7, 0, np.inf, [])
    before = again.coefs_[0].copy()
    again.set_params(learning_rate_init=0.01).partial_fit(x)
    assert 0 < np.abs(again.coefs_[0] - before).max() < 0.1


@pytest.mark.parametrize("dtype", [*DTYPES, "float16"])
@pytest.mark.parametrize(
    "config",
    [
        {"architecture": "standard", "apply_b_dec_to_input": False, "normalize_activations": "none"},
        {"architecture": "topk", "k": 4, "rescale_acts_by_decoder_norm": True, "apply_b_dec_to_input": True},
        {"architecture": "topk", "k": 4, "rescale_acts_by_decoder_norm": False},
        {"activation_fn_str": "relu", "normalize_activations": False},
        {},
    ],
    ids=["standard", "top k with norms", "top k", "before version 6", "no key"],
)
def test_what_is_read(tmp_path, config, dtype):
    arrays, x = tensors(dtype), rows(30, 7, "float64" if dtype == "float64" else "float32")
    model = from_saelens(write(tmp_path / "sae", config, arrays))
    code, reconstruction = encode_as_saelens(x, config, **{name: a.astype("float64") for name, a in arrays.items()})
    OTHER_RUNTIME[x.dtype.name].assert_close(model.transform(x), code)
    OTHER_RUNTIME[x.dtype.name].assert_close(model.reconstruct(x), reconstruction)
    assert model.transform(x).dtype == x.dtype


def test_top_k_before_version_6(tmp_path):
    config = {"activation_fn_str": "topk", "activation_fn_kwargs": {"k": 5}}
    assert from_saelens(write(tmp_path / "sae", config, tensors())).n_active == 5


def test_a_unit_that_the_decoder_does_not_read(tmp_path):
    arrays = tensors()
    arrays["W_dec"][3] = 0
    config = {"architecture": "topk", "k": 11, "rescale_acts_by_decoder_norm": True}
    model, x = from_saelens(write(tmp_path / "sae", config, arrays)), rows(9, 7, "float32")
    assert np.isfinite(model.reconstruct(x)).all()
    assert not model.transform(x)[:, 3].any()


def test_reading_draws_no_random_numbers(tmp_path):
    folder = write(tmp_path / "sae", {}, tensors())
    before = np.random.get_state(legacy=False)  # noqa: NPY002
    from_saelens(folder)
    np.testing.assert_equal(np.random.get_state(legacy=False), before)  # noqa: NPY002


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"architecture": "jumprelu"}, "architecture 'jumprelu', available are 'standard' and 'topk'"),
        ({"architecture": "gated"}, "architecture 'gated'"),
        ({"architecture": "transcoder"}, "architecture 'transcoder'"),
        ({"activation_fn_str": "tanh-relu"}, "architecture 'standard with tanh-relu'"),
        ({"normalize_activations": "layer_norm"}, "normalize_activations='layer_norm', available is 'none'"),
        ({"normalize_activations": True}, "normalize_activations=True"),
        ({"reshape_activations": "hook_z"}, "reshape_activations='hook_z'"),
        ({"architecture": "topk", "k": 0}, "k=0, expected a positive integer"),
        ("{", "is no JSON"),
        ("[]", "must hold an object of JSON, found list"),
    ],
)
def test_configurations_that_are_refused(tmp_path, config, message):
    with pytest.raises(ValueError, match=message):
        from_saelens(write(tmp_path / "sae", config, tensors()))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"threshold": np.ones(11, "float32")},
            "has the tensors W_dec, W_enc, b_dec, b_enc, threshold, expected",
        ),
        ({"b_dec": np.ones(8, "float32")}, r"shapes .*expected \(d, h\), \(h,\), \(h, d\) and \(d,\)"),
        ({"W_enc": np.ones(7, "float32")}, "tensors of the shapes"),
        ({"b_enc": np.full(11, np.nan, "float32")}, "entries of b_enc that are not finite"),
    ],
)
def test_tensors_that_are_refused(tmp_path, changed, message):
    with pytest.raises(ValueError, match=message):
        from_saelens(write(tmp_path / "sae", {}, tensors() | changed))


def test_damaged_and_missing_files(tmp_path):
    folder = write(tmp_path / "sae", {}, None)
    with pytest.raises(FileNotFoundError, match="sae_weights"):
        from_saelens(folder)
    (folder / "sae_weights.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{")
    with pytest.raises(ValueError, match="is no file of safetensors"):
        from_saelens(folder)
    with pytest.raises(FileNotFoundError, match=r"cfg\.json"):
        from_saelens(tmp_path)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (Autoencoder, NotFittedError, "not fitted"),
        (classifier, TypeError, "SAELens has no classifiers, found EncoderClassifier"),
        (lambda: tensors, TypeError, "expected an estimator of eigencoder.*found function"),
        (autoencoder, ValueError, "found layers of sigmoid, identity: fit Autoencoder"),
        (
            lambda: autoencoder(hidden_layer_sizes=(6,), **RELU),
            ValueError,
            "found layers of relu, relu, relu, id",
        ),
        (lambda: autoencoder(output_activation="tanh", **RELU), ValueError, "found layers of relu, tanh"),
        (lambda: stack(["relu"]), ValueError, "found layers of relu, relu"),
    ],
)
def test_networks_that_saelens_lacks(tmp_path, make, error, message):
    with pytest.raises(error, match=message):
        to_saelens(make(), tmp_path / "sae")
    assert os.listdir(tmp_path) == []


def test_a_folder_with_something_in_it_stays_as_it_is(tmp_path):
    (tmp_path / "note").write_text("mine")
    with pytest.raises(FileExistsError, match="holds 'note': give one that is new or empty"):
        to_saelens(autoencoder(**RELU), tmp_path)
    assert os.listdir(tmp_path) == ["note"]


def test_an_empty_folder_is_taken(tmp_path):
    to_saelens(autoencoder(**RELU), tmp_path)
    assert len(os.listdir(tmp_path)) == 2


def test_folders_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("mine")
    for path in (tmp_path / "file", tmp_path / "file/sae", tmp_path / "no/sae"):
        with pytest.raises(OSError, match="give a folder that can be written") as caught:
            to_saelens(autoencoder(**RELU), path)
        assert caught.value.filename == str(path)
    assert os.listdir(tmp_path) == ["file"]


def test_a_full_disk_leaves_nothing(tmp_path):
    model = autoencoder(64, 64, **RELU)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large, and nothing there has changed: give a folder"):
            to_saelens(model, tmp_path / "sae")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert os.listdir(tmp_path) == []
