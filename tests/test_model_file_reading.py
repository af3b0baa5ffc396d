"""A file that save_model did not write, or not as it is now, is refused with a sentence; nothing is believed."""

import pickle
import re
import tracemalloc

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy

import eigencoder
from eigencoder import (
    Autoencoder,
    Encoder,
    EncoderClassifier,
    ModelFormatError,
    SparseAutoencoder,
    StackedAutoencoder,
    load_model,
)
from model_files import START, bytes_of, joined, load, of_tensors, parts, tensors_of, with_checksum

X = np.random.default_rng(0).random((40, 3))
FEW = {"max_iter": 1, "random_state": 0}
NAMED = pd.DataFrame(X, columns=["a", "b", "c"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def small(folder):
    return bytes_of(SparseAutoencoder(2, tied_weights=True, solver="adam", **FEW).fit(NAMED), folder)


@pytest.fixture(scope="module")
def large(folder):
    """With everything that a file may have."""
    stack = StackedAutoencoder([Autoencoder(3, **FEW), ("top", Autoencoder(2, **FEW))], averaging=0.9, **FEW)
    classifier = EncoderClassifier(stack, solver="adam", class_weight={"x": 2.0}, scale="standard", **FEW)
    return bytes_of(classifier.fit(NAMED, np.array(list("xyz"))[np.arange(40) % 3]), folder, training_state=True)


def assert_refused(data, message=None, verify=True):
    with pytest.raises(ModelFormatError, match=message) as raised:
        load(data, verify)
    return str(raised.value)


def test_every_truncation_is_refused(small):
    for size in range(len(small)):
        assert_refused(small[:size])


def test_every_truncation_is_refused_without_the_checksum_too(small):
    for size in range(len(small)):
        assert_refused(small[:size], verify=False)


@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80, 0xFF])
def test_every_single_byte_flip_is_refused(small, mask):
    for position in range(len(small)):
        assert_refused(b"%s%c%s" % (small[:position], small[position] ^ mask, small[position + 1 :]))


def test_every_flip_without_the_checksum_is_refused_or_gives_an_estimator(small):
    for position in range(len(small)):
        try:
            loaded = load(b"%s%c%s" % (small[:position], small[position] ^ 0x04, small[position + 1 :]), verify=False)
        except ModelFormatError:
            continue
        assert isinstance(loaded, Autoencoder)


def test_what_is_added_is_refused(small):
    assert_refused(small + b"\0", f"it has {len(small) + 1} bytes, expected {len(small)}: the file is damaged")
    assert_refused(small + small)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"it has 0 bytes and begins with b'', as no model file does: give one that save_model wrote"),
        (pickle.dumps(Autoencoder()), r"begins with b'\\x80"),
        (safetensors.numpy.save({"w": np.zeros(3)}), r"begins with .*\{\"w"),
        (safetensors.numpy.save({"w": np.zeros(3)}, {"format": "pt"}), "begins with .*__metadata__"),
        (b"\xff" * 8 + START + b"0" * 99, "and says that 18446744073709551615 are its header: the file is damaged"),
    ],
)
def test_a_foreign_file_is_refused(data, message):
    assert_refused(data, message)


def test_a_flip_is_called_damage(small):
    assert_refused(
        small[:-1] + b"\x7f", "its checksum is [0-9a-f]{8}, and it says [0-9a-f]{8}: the file is damaged, copy"
    )


@pytest.mark.parametrize("load", [load_model, Encoder.load])
def test_a_number_is_no_path_but_might_be_an_open_file(tmp_path, small, load):
    (tmp_path / "model").write_bytes(small)
    with (tmp_path / "model").open("rb") as file:
        with pytest.raises(TypeError, match="not int"):
            load(file.fileno())
        assert file.read() == small  # open() would have closed it


def test_load_model_names_the_file_and_leaves_errors_of_the_system(tmp_path, small):
    with pytest.raises(FileNotFoundError):
        load_model(tmp_path / "nothing")
    with pytest.raises(IsADirectoryError):
        load_model(tmp_path)
    (tmp_path / "model").write_bytes(small[:-1])
    with pytest.raises(ModelFormatError, match=re.escape(f"{tmp_path}/model cannot be loaded: it has ")):
        load_model(tmp_path / "model")
    (tmp_path / "model").write_bytes(small[:-1] + b"\x7f")
    assert isinstance(load_model(tmp_path / "model", verify=False), SparseAutoencoder)


def test_a_later_version_is_refused_by_its_number(small):
    header, configuration, body = parts(small)
    later = configuration | {"format_version": 2, "new": True}
    assert_refused(
        joined(header, later, body), f"its format version is 2, and eigencoder {eigencoder.__version__} reads 1"
    )


def places(value, path=()):
    """Where something stands, with what it is."""
    yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


def changed(value, path, change):
    """A copy in which what stands at the path is another."""
    if not path:
        return change(value)
    copy = value.copy()
    copy[path[0]] = changed(value[path[0]], path[1:], change)
    return copy


def test_an_unknown_key_is_refused_by_name_at_any_level(large):
    header, configuration, body = parts(large)
    objects = [path for path, value in places(configuration) if isinstance(value, dict)]
    assert len(objects) > 25
    for path in objects:
        other = changed(configuration, path, lambda found: found | {"surprise": 1})
        assert_refused(joined(header, other, body), "has the unknown key 'surprise'")
    for name in header.keys() - {"__metadata__"}:
        other = changed(header, (name,), lambda found: found | {"surprise": 1})
        assert_refused(joined(other, configuration, body), "has the unknown key 'surprise'")


@pytest.mark.parametrize(
    "path", [(), ("network",), ("objective",), ("estimator",), ("attributes", "units"), ("training",)]
)
def test_a_missing_key_is_refused_by_name(large, path):
    header, configuration, body = parts(large)
    (found,) = [value for place, value in places(configuration) if place == path]
    for key in found.keys() - {"crc32"}:
        other = changed(configuration, path, lambda found, key=key: {k: v for k, v in found.items() if k != key})
        assert_refused(joined(header, other, body), f"lacks '{key}'" if key != "solver" else None)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("classes",), ["x", "z", "y"], "its classes must be 3 in ascending order"),
        (("classes",), ["x", "x", "y"], "its classes must be 3 in ascending order"),
        (("classes",), ["x", "y"], "its classes must be 3 in ascending order"),
        (("feature_names",), ["a", "b"], "it has 2 feature names, expected 3"),
        (("network", "n_encoder_layers"), 1, "n_encoder_layers of EncoderClassifier must be 2, found 1"),
        (("network", "activations"), ["sigmoid", "sin", "identity"], "of network and objective, .*'sin'"),
        (
            ("attributes", "encoder_"),
            3,
            "'encoder_' of attributes must be the number of one of the 3 estimators inside",
        ),
        (("attributes", "estimators", 2, "attributes", "layers_", 1, 1), 0, "layers_ have the shapes"),
        (("attributes", "estimators", 2, "attributes", "layers_", 1, 1), 2, "the number of one of the 2 estimators"),
        (("estimator", "class"), "Autoencoder", "params of Autoencoder has the unknown key"),
        (("estimator", "class"), "os.system", "'class' of estimator must be one of 'Autoencoder'"),
        (("estimator", "params", "solver"), "exact", "of the parameters of EncoderClassifier, solver must be one of"),
    ],
)
def test_what_contradicts_the_rest_is_refused(large, path, value, message):
    header, configuration, body = parts(large)
    assert_refused(joined(header, changed(configuration, path, lambda _: value), body), message)


def test_moments_of_another_network_are_refused(large):
    tensors = tensors_of(large)
    longer = {name: np.repeat(t, 2) for name, t in tensors.items() if name.startswith("training.")}
    assert len(longer) == 4
    message = r"the tensors of training have the lengths \[58\], expected 29"
    assert_refused(of_tensors(parts(large)[1], tensors | longer), message)


def test_a_tensor_too_many_or_missing_is_refused_by_name(large):
    configuration, tensors = parts(large)[1], tensors_of(large)
    assert isinstance(load(of_tensors(configuration, tensors)), EncoderClassifier)
    assert_refused(of_tensors(configuration, tensors | {"layers.9.bias": np.zeros(2)}), "'layers.9.bias' is unknown")
    optional = [
        name for name in tensors if re.search("curve_|extremes|scales|average|parameters|packed|activity", name)
    ]
    for name in tensors.keys() - optional:
        rest = {key: tensor for key, tensor in tensors.items() if key != name}
        assert_refused(of_tensors(configuration, rest), f"the tensor '{re.escape(name)}' is missing")


def test_tensors_of_other_shapes_or_dtypes_are_refused_by_name(large):
    configuration, tensors = parts(large)[1], tensors_of(large)
    for name, tensor in tensors.items():
        assert_refused(of_tensors(configuration, tensors | {name: tensor[np.newaxis]}), re.escape(name))
        assert_refused(of_tensors(configuration, tensors | {name: tensor.astype("f4")}))
        if "curve_" not in name:
            assert_refused(of_tensors(configuration, tensors | {name: np.repeat(tensor, 2, axis=0)}))


ODD = [
    None,
    True,
    -1,
    0,
    3,
    10**400,
    0.5,
    "x",
    "nan",
    [],
    {},
    [1, "x"],
    {"fitted": 0},
    {"tuple": [1]},
    {"dict": [[[], 1]]},
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("which", "n_values"), [("small", len(ODD)), ("large", 1)])
def test_any_other_value_is_refused_or_gives_an_estimator_that_answers(request, which, n_values):
    header, configuration, body = parts(request.getfixturevalue(which))
    draw, outcomes = np.random.default_rng(0), []
    for path, _ in places(configuration):
        for number in draw.choice(len(ODD), n_values, replace=False):
            try:
                loaded = load(
                    joined(header, changed(configuration, path, lambda _, n=number: ODD[n]), body), verify=False
                )
            except ModelFormatError as error:
                outcomes.append(str(error))
                continue
            if loaded.n_jobs != 0:  # which no answer takes
                assert len(loaded.reconstruct(X) if which == "small" else loaded.predict_proba(X)) == len(X)
            outcomes.append("loaded")
    assert 0.1 < outcomes.count("loaded") / len(outcomes) < 0.9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda header: {"shape": [2**61], "data_offsets": [0, 2**64]}, "'data_offsets' of .* must be an integer in"),
        (lambda header: {"shape": [2**61], "data_offsets": [0, 2**62]}, "lies at 0 to 4611686018427387904"),
        (lambda header: {"shape": [2**62, 2**62], "data_offsets": [0, 0]}, "lies at 0 to 0"),
        (lambda header: {"shape": [2**62, 0], "data_offsets": [0, 0]}, "lies at 8 to 32, expected at 0"),
        (lambda header: {"shape": [1] * 99}, "has 99 dimensions"),
        (lambda header: {"data_offsets": [8, 16]}, "expected at 0"),
        (lambda header: {"data_offsets": [0]}, "has 1 dimensions and 1 offsets"),
        (lambda header: {"dtype": "F8"}, "'dtype' of .* must be one of 'BOOL'"),
        (lambda header: {"dtype": "I64"}, "is int64"),
    ],
)
def test_sizes_that_do_not_fit_are_refused_before_memory_is_taken(small, change, message):
    header, configuration, body = parts(small)
    first = min((name for name in header if name != "__metadata__"), key=lambda name: header[name]["data_offsets"])
    data = joined(header | {first: header[first] | change(header)}, configuration, body)
    tracemalloc.start()
    try:
        assert_refused(data, message)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_header_longer_than_the_file_takes_no_memory(small):
    tracemalloc.start()
    try:
        assert_refused((99_999_992).to_bytes(8, "little") + small[8:], "and says that 99999992 are its header")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_tensors_that_overlap_or_are_not_aligned_are_refused(small):
    configuration, tensors = parts(small)[1], tensors_of(small)
    header, _, body = parts(of_tensors(configuration, tensors))
    names = [name for name in header if name != "__metadata__"]
    same = {names[1]: header[names[1]] | {"data_offsets": [0, header[names[1]]["data_offsets"][1]]}}
    assert_refused(joined(header | same, configuration, body), "the file is damaged")
    odd = {"classes": np.array([True]), **tensors}
    assert_refused(of_tensors(configuration, odd), "of 8 bytes, lies at 1 to 9|lies at 1 ")


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        (r'\"a\":1,\"a\":1}"}}', "a key stands twice"),
        (r'\"a\":NaN}"}}', "NaN is no number of JSON"),
        (r'\"format_version\":1e400}"}}', "'format_version' of the configuration must be an integer"),
        (r"\"a\":" + "[" * 100_000, "the header is no JSON"),
        (r"\"a\":" + "[" * 100_000 + '"}}', "the configuration is no JSON"),
        (r'\"a\":\"\ud800\"}"}}', "the configuration is no JSON"),
        (r'\"a\":1}","b":"c"}}', "__metadata__ has the unknown key 'b'"),
        (r'\"a\":1}"},"b":[]}', "'b' of the header must be an object"),
        (r'\"a\":1}"},"b":{}}' + "\x00", "the header is no JSON"),
    ],
)
def test_json_that_is_none_or_evil(rest, message):
    text = START + rb"00000000\"," + rest.encode()
    text += b" " * (-len(text) % 8)
    assert_refused(with_checksum(len(text).to_bytes(8, "little") + text), message)


def test_values_nested_too_deeply_are_refused(small):
    header, configuration, body = parts(small)
    value = 1
    for _ in range(300):
        value = {"tuple": [value]}
    other = changed(configuration, ("estimator", "params", "tol"), lambda _: value)
    assert_refused(joined(header, other, body), "nested too deeply|no JSON|must be a real number")
