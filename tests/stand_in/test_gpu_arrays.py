"""Arrays on a GPU reach the core where they lie. tests/test_device.py runs this with an engine that needs no GPU."""

import copy
import gc
import os
import sys
import types
import weakref

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA

import eigencoder
from as_given import Autoencoder, DenoisingAutoencoder, EncoderClassifier, StackedAutoencoder
from eigencoder import DivergenceError, _core
from eigencoder._training.training import Training

if not os.environ.get("EIGENCODER_CUDA_ENGINE"):
    pytest.skip("needs an engine of the CPU in the place of CUDA's", allow_module_level=True)

from stand_in.gpu import DlpackArray, GpuArray, Relabelled, on_host
from tolerances import OTHER_UNITS, PCA_START, Tolerance

EXPORTS = [GpuArray, DlpackArray]
DTYPES = [np.float32, np.float64]
LABELS = np.arange(40) % 3
WEIGHTS = np.linspace(0.5, 2, 40)


def data(dtype=np.float64, n_samples=40, seed=0):
    return np.random.default_rng(seed).random((n_samples, 5)).astype(dtype)


def autoencoder(**parameters):
    defaults = {"n_components": 2, "max_iter": 3, "random_state": 0, "device": "cuda"}
    return Autoencoder(**(defaults | parameters))


def assert_same_fit(on_gpu, on_host_):
    assert on_gpu.loss_curve_ == on_host_.loss_curve_
    assert on_gpu.validation_loss_curve_ == on_host_.validation_loss_curve_
    for ours, theirs in zip(on_gpu.coefs_, on_host_.coefs_, strict=True):
        assert type(ours) is np.ndarray
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("export", EXPORTS)
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"device": "auto"},
        {"early_stopping": True},
        {"corruption": "salt_and_pepper"},
        {"loss": "binary_crossentropy", "output_activation": "sigmoid"},
    ],
    ids=str,
)
def test_fit(export, dtype, parameters):
    x, x_val = data(dtype), data(dtype, 9, seed=1)
    estimator = autoencoder(**parameters)
    weights = None if parameters.get("early_stopping") else WEIGHTS
    for X_val, gpu_X_val in ((None, None), (x_val, x_val), (x_val, export(x_val))):
        if X_val is None and "corruption" in parameters:
            X_val = gpu_X_val = x_val
        expected = clone(estimator).fit(x, sample_weight=weights, X_val=X_val)
        assert_same_fit(clone(estimator).fit(export(x), sample_weight=weights, X_val=gpu_X_val), expected)
        assert_same_fit(clone(estimator).fit(x, sample_weight=weights, X_val=gpu_X_val), expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "parameters",
    [
        {"scale": "auto"},
        {"scale": "auto", "solver": "auto"},
        {"scale": "auto", "early_stopping": True},
        {"scale": "auto", "corruption": "masking"},
        {"corruption": "masking", "corruption_fill": "mean"},
        {"init": "auto", "loss": "binary_crossentropy", "output_activation": "sigmoid"},
    ],
    ids=str,
)
def test_means_and_units_are_those_of_host_arrays(dtype, parameters):
    x = data(dtype)
    weights = None if parameters.get("early_stopping") else WEIGHTS
    expected, found = (
        autoencoder(**({"init": "glorot", "code_activation": None} | parameters)).fit(array, sample_weight=weights)
        for array in (x, GpuArray(x))
    )
    for ours, theirs in zip(found.coefs_ + found.intercepts_, expected.coefs_ + expected.intercepts_, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=100 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"hidden_layer_sizes": (8,), "n_components": 4},
        {"hidden_layer_sizes": (8,), "activation": "relu"},
        {"hidden_layer_sizes": (8,), "scale": None},
        {"n_components": 4, "tied_weights": True, "corruption": "masking"},
    ],
    ids=str,
)
def test_the_start_is_that_of_host_arrays(dtype, parameters):
    x = (100 + data(dtype) * [1, 2, 3, 4, 5]).astype(dtype)
    estimator = eigencoder.Autoencoder(2, max_iter=0, random_state=0, device="cuda").set_params(**parameters)
    expected = clone(estimator).fit(x, sample_weight=WEIGHTS)
    found = clone(estimator).fit(GpuArray(x), sample_weight=WEIGHTS)
    assert found.solver_ == expected.solver_
    assert found.loss_ == pytest.approx(expected.loss_, rel=PCA_START.relative)
    tolerance = Tolerance(OTHER_UNITS[np.dtype(dtype).name], floor=1)
    tolerance.assert_close(found.transform(x), expected.transform(x))
    for ours, theirs in zip(found.coefs_, expected.coefs_, strict=True):
        tolerance.assert_close(ours, theirs)
    if expected._scales is not None:
        tolerance.assert_close(found._scales, expected._scales)


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_judges_cycles_is_that_of_host_arrays(dtype):
    x = (100 + data(dtype, 600)).astype(dtype)
    estimator = eigencoder.Autoencoder(2, hidden_layer_sizes=(8,), max_iter=0, random_state=0, device="cuda")
    found, expected = (
        Training(clone(estimator), X, None, sample_weight=None, X_val=None, y_val=None, classes=None, incremental=False)
        for X in (GpuArray(x), x)
    )
    for training in (found, expected):
        training.begin()
    errors = expected.errors(expected.data, expected.parameters)
    Tolerance(OTHER_UNITS[np.dtype(dtype).name], floor=1).assert_close(
        found.errors(found.data, expected.parameters), errors
    )


@pytest.mark.parametrize("hidden", [(), (8,)])
def test_training_by_need_is_not_below_pca(hidden):
    x = data(np.float32, 600)
    estimator = eigencoder.Autoencoder(2, hidden_layer_sizes=hidden, random_state=0, device="cuda").fit(GpuArray(x))
    assert estimator.score(x) > PCA(2).fit(x).explained_variance_ratio_.sum() - PCA_START.relative


def test_a_start_that_needs_the_host_is_left_where_nothing_is_given():
    wide = np.random.default_rng(0).random((20, 4097), np.float32)
    for parameters, X, found in (
        ({"corruption": "masking"}, data(), "corruption='masking'"),
        ({}, wide, "over 4096 features"),
    ):
        estimator = eigencoder.Autoencoder(2, max_iter=0, random_state=0, device="cuda").set_params(**parameters)
        expected = clone(estimator).set_params(init="glorot", code_activation="identity").fit(X)
        np.testing.assert_allclose(clone(estimator).fit(GpuArray(X)).coefs_[0], expected.coefs_[0], rtol=1e-4)
        with pytest.raises(TypeError, match=f"init='pca' with {found} takes it from the host alone"):
            estimator.set_params(init="pca").fit(GpuArray(X))


@pytest.mark.parametrize("export", EXPORTS)
def test_partial_fit_and_warm_start(export):
    x = data(np.float32)
    expected, found = autoencoder(), autoencoder()
    for block in (x[:25], x[25:]):
        expected.partial_fit(block)
        found.partial_fit(export(block))
        assert_same_fit(found, expected)
    assert_same_fit(found.set_params(warm_start=True).fit(export(x)), expected.set_params(warm_start=True).fit(x))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("export", EXPORTS)
def test_inference(export, dtype):
    x = data(dtype)
    fitted = autoencoder().fit(x)
    for method, rows in (("transform", x), ("reconstruct", x), ("inverse_transform", fitted.transform(x))):
        found = getattr(fitted, method)(export(rows))
        assert isinstance(found, _core.DeviceArray)
        assert found.device == "cuda:0"
        assert found.dtype == dtype
        assert len(found) == len(rows)
        np.testing.assert_array_equal(on_host(found), getattr(fitted, method)(rows))
        np.testing.assert_array_equal(on_host(_core.DeviceArray(DlpackArray(on_host(found)), 0)), on_host(found))
    np.testing.assert_array_equal(fitted.score_samples(export(x)), fitted.score_samples(x))
    for weights in (None, WEIGHTS):
        assert fitted.score(export(x), sample_weight=weights) == pytest.approx(
            fitted.score(x, sample_weight=weights), abs=1e-6 if dtype == np.float32 else 1e-12
        )


@pytest.mark.parametrize("export", EXPORTS)
def test_the_score_of_equal_rows(export):
    x = np.full((6, 5), 0.1, np.float32)
    fitted = autoencoder().fit(x)
    assert fitted.score(export(x)) == fitted.score(x) == 0.0


@pytest.mark.parametrize("export", EXPORTS)
def test_a_stack_and_a_classifier(export):
    x = data()
    layers = [DenoisingAutoencoder(4, max_iter=2, device="cuda"), Autoencoder(2, max_iter=2, device="auto")]
    stack = StackedAutoencoder(layers, max_iter=2, random_state=0, device="cuda")
    assert_same_fit(clone(stack).fit(export(x)), clone(stack).fit(x))
    on_cpu = clone(stack).set_params(layer2__device="cpu")
    with pytest.raises(TypeError, match="layer2: X lies on a GPU, but device='cpu' takes it from the host alone"):
        on_cpu.fit(export(x))
    assert not hasattr(on_cpu, "n_features_in_")

    classifier = EncoderClassifier(autoencoder(), max_iter=2, random_state=0, device="cuda")
    found, expected = clone(classifier).fit(export(x), LABELS), clone(classifier).fit(x, LABELS)
    assert_same_fit(found, expected)
    np.testing.assert_array_equal(found.predict_proba(export(x)), expected.predict_proba(x))
    np.testing.assert_array_equal(found.predict(export(x)), expected.predict(x))
    assert_same_fit(found.partial_fit(export(x), LABELS), expected.partial_fit(x, LABELS))


@pytest.mark.parametrize("export", EXPORTS)
def test_a_classifier_on_a_fitted_encoder(export):
    x = data(np.float32)
    classifier = EncoderClassifier(autoencoder().fit(x), max_iter=2, random_state=0, device="cuda")
    arguments = {"X_val": x[:9], "y_val": LABELS[:9]}
    assert_same_fit(
        copy.copy(classifier).fit(export(x), LABELS, X_val=export(x[:9]), y_val=LABELS[:9]),
        copy.copy(classifier).fit(x, LABELS, **arguments),
    )
    for X, error, message in (
        (data(), TypeError, "has the dtype float64, expected float32"),
        (x[:, :4].copy(), ValueError, "X has 4 features, but Autoencoder is expecting 5"),
    ):
        with pytest.raises(error, match=message):
            classifier.fit(export(X), LABELS)


def test_the_answer_is_an_array_of_the_same_library(monkeypatch):
    taken = []
    library = types.ModuleType("cupy")
    library.from_dlpack = lambda array: taken.append(array) or "array of the library"
    monkeypatch.setitem(sys.modules, "cupy", library)
    array = type("ndarray", (GpuArray,), {"__module__": "cupy"})(data())
    assert autoencoder().fit(array).transform(array) == "array of the library"
    assert taken[0].__dlpack_device__() == (2, 0)


def test_another_gpu():
    x = DlpackArray(data(), number=1)
    with pytest.raises(ValueError, match="X lies on GPU number 1, found device='cuda': use device='cuda:1'"):
        autoencoder().fit(x)
    expected = autoencoder().fit(data())
    for device in ("cuda:1", "auto"):
        assert_same_fit(autoencoder(device=device).fit(x), expected)
    assert expected.set_params(device="auto").transform(x).device == "cuda:1"
    with pytest.raises(ValueError, match="X_val: X lies on GPU number 0"):
        autoencoder(device="auto").fit(x, X_val=DlpackArray(data(), number=0))


REFUSED = [
    (GpuArray(data()[0]), ValueError, r"must have 2 dimensions, \(n_samples, n_features\), found 1"),
    (GpuArray(data().T), ValueError, r"must be C-contiguous.*X.contiguous\(\)"),
    (GpuArray(data()[:, ::2]), ValueError, "must be C-contiguous"),
    (GpuArray(data()[::-1]), ValueError, "must be C-contiguous"),
    (GpuArray(data()[:0]), ValueError, r"must have a row and a column at least, found the shape \(0, 5\)"),
    (GpuArray(data(np.float16)), TypeError, r"must hold float32 or float64, found '<f2': .*X.float\(\)"),
    (GpuArray(np.ones((4, 5), int)), TypeError, "must hold float32 or float64, found '<i8'"),
    (GpuArray(data().astype(">f8")), TypeError, "must hold float32 or float64, found '>f8'"),
    (GpuArray(data(), mask=GpuArray(data() > 0)), ValueError, "must have no mask"),
    (GpuArray(np.where(data() < 0.1, np.nan, data())), ValueError, "Input X contains NaN or infinity"),
    (GpuArray(np.where(data() < 0.1, np.inf, data())), ValueError, "Input X contains NaN or infinity"),
]


@pytest.mark.parametrize(("array", "error", "message"), REFUSED, ids=[message for *_, message in REFUSED])
def test_what_the_core_cannot_read_is_refused(array, error, message):
    estimator = autoencoder()
    with pytest.raises(error, match=message):
        estimator.fit(array)
    assert not hasattr(estimator, "n_features_in_")
    with pytest.raises(error, match="X_val: .*" + message):
        estimator.fit(data(), X_val=array)


def test_what_a_fitted_estimator_refuses():
    fitted = autoencoder().fit(data(np.float32))
    bad = data(np.float32)
    bad[3, 2] = np.nan
    for method in ("transform", "score_samples", "score"):
        call = getattr(fitted, method)
        with pytest.raises(ValueError, match="X has 4 features, but Autoencoder is expecting 5 features"):
            call(GpuArray(data(np.float32)[:, :4].copy()))
        with pytest.raises(TypeError, match="has the dtype float64, expected float32: convert it there"):
            call(GpuArray(data()))
        with pytest.raises(ValueError, match="NaN or infinity"):
            call(GpuArray(bad))
    with pytest.raises(ValueError, match="X has 5 columns, but the code has 2 units"):
        fitted.inverse_transform(GpuArray(data(np.float32)))


def test_entries_whose_squares_overflow_are_named_by_their_column():
    x = data(np.float32)
    x[3, 2] = 1e25
    fitted = autoencoder().fit(data(np.float32))
    with pytest.raises(
        ValueError, match=r"the squared error of row 3 is not finite, where X has 1e\+25 in column 2: scale"
    ):
        fitted.score_samples(GpuArray(x))
    with pytest.raises(DivergenceError, match=r"X has entries up to 1e\+25, in column 2, whose squares float32 cannot"):
        autoencoder().fit(GpuArray(x))


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"n_components": 0.5}, TypeError, "n_components=0.5 takes it from the host alone"),
        ({"scale": "standard"}, TypeError, "scale='standard' takes it from the host alone"),
        ({"scale": "minmax"}, TypeError, "scale='minmax' takes it from the host alone"),
        ({"corruption": "salt_and_pepper", "early_stopping": True}, ValueError, "'salt_and_pepper' needs .*X_val"),
        ({"loss": "binary_crossentropy", "output_activation": "sigmoid"}, ValueError, r"needs X in \[0, 1\]"),
    ],
    ids=str,
)
def test_settings_that_need_the_host(parameters, error, message):
    with pytest.raises(error, match=message):
        autoencoder(**parameters).fit(GpuArray(2 * data()))


@pytest.mark.parametrize("function", [eigencoder.loss_and_gradients, eigencoder.check_gradients])
def test_gradients_are_those_of_host_arrays(function):
    with pytest.raises(TypeError, match="a function of gradients takes it from the host alone"):
        function(autoencoder(), GpuArray(data()))


def test_memory_lives_as_long_as_an_array_needs_it():
    array = GpuArray(data())
    alive = weakref.ref(array)
    view = _core.DeviceArray(array, 0)
    capsule = view.__dlpack__(stream=None, max_version=(1, 0))
    del array, view
    gc.collect()
    assert alive() is not None
    del capsule
    gc.collect()
    assert alive() is None


@pytest.mark.parametrize("dtype", DTYPES)
def test_dlpack_is_laid_out_as_numpy_lays_it_out(dtype):
    x = data(dtype)
    view = _core.DeviceArray(Relabelled(x, 2), 0)
    np.testing.assert_array_equal(on_host(view), x)
    np.testing.assert_array_equal(np.from_dlpack(Relabelled(view, 1)), x)
    with pytest.raises(ValueError, match="must be one of CUDA, found DLPack's device type 1"):
        _core.DeviceArray(Relabelled(x, 1), 0)


def test_dlpack_of_another_device_or_a_copy_is_refused():
    view = _core.DeviceArray(GpuArray(data()), 0)
    assert view.__dlpack__(dl_device=(2, 0), copy=False) is not None
    with pytest.raises(BufferError, match="the array lies on cuda:0"):
        view.__dlpack__(dl_device=(1, 0))
    with pytest.raises(BufferError, match="copy=True is not available"):
        view.__dlpack__(copy=True)


def test_the_core_reads_an_array_where_it_lies_alone():
    view = _core.DeviceArray(GpuArray(data()), 1)
    for device in ("cpu", "cuda:0", "auto"):
        with pytest.raises(ValueError, match=f"x needs device 'cuda:1', found '{device}'"):
            _core.describe(view, device)
