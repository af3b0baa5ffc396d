"""What device= means where there is no GPU, and that a training goes to the engine of its device."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

import eigencoder
from as_given import Autoencoder, DenoisingAutoencoder, EncoderClassifier, SparseAutoencoder, StackedAutoencoder
from eigencoder import _core
from refusals import data

LACKS_ENGINE = "device 'cuda' needs the CUDA engine, which this installation lacks: .* cmake.define.EIGENCODER_CUDA=ON"
ENGINES = Path(_core.__file__).parent / "lib"
STAND_IN = next(ENGINES.glob(f"libeigencoder_engine_{_core.available_engines()[0]}.*"))
LABELS = np.arange(30) % 3


@pytest.fixture
def no_cuda(monkeypatch):
    monkeypatch.setenv("EIGENCODER_CUDA_ENGINE", "/no/engine.so")
    if not _core.cuda_status():
        pytest.skip("the CUDA engine is open")


def pickled_attributes(estimator):
    return {name: pickle.dumps(value) for name, value in vars(estimator).items()}


def assert_refused(estimator, error, message, call):
    """The call raises the error, and the estimator does not change."""
    before = pickled_attributes(estimator)
    with pytest.raises(error, match=message):
        call(estimator)
    assert pickled_attributes(estimator) == before


def estimators(**parameters):
    return [
        Autoencoder(2, max_iter=2, random_state=0, **parameters),
        Autoencoder(0.1, max_iter=50, learning_rate_init=0.05, random_state=0, **parameters),
        SparseAutoencoder(2, max_iter=2, random_state=0, **parameters),
        DenoisingAutoencoder(2, max_iter=2, random_state=0, **parameters),
        StackedAutoencoder([Autoencoder(3), Autoencoder(2)], max_iter=2, random_state=0, **parameters),
        EncoderClassifier(Autoencoder(2), max_iter=2, random_state=0, **parameters),
    ]


@pytest.mark.parametrize("estimator", estimators(device="cuda"), ids=repr)
def test_a_device_without_an_engine_is_refused_before_any_work(no_cuda, estimator):
    message = "EIGENCODER_CUDA_ENGINE=/no/engine.so names no file"
    assert_refused(clone(estimator), RuntimeError, message, lambda e: e.fit(data(), LABELS))
    fitted = clone(estimator).set_params(device="cpu").fit(data(), LABELS).set_params(device="cuda:1")
    assert_refused(fitted, RuntimeError, message, lambda e: e.fit(data(), LABELS))


@pytest.mark.skipif(any(ENGINES.glob("*_cuda.*")), reason="this installation has the CUDA engine")
def test_an_installation_without_the_cuda_engine_says_how_to_get_it(monkeypatch, capsys):
    monkeypatch.delenv("EIGENCODER_CUDA_ENGINE", raising=False)
    assert_refused(Autoencoder(2, device="cuda"), RuntimeError, LACKS_ENGINE, lambda a: a.fit(data()))
    eigencoder.show_config()
    assert "CUDA       not available: device 'cuda' needs the CUDA engine" in capsys.readouterr().out


def test_a_file_that_is_no_engine_is_refused(no_cuda, monkeypatch):
    monkeypatch.setenv("EIGENCODER_CUDA_ENGINE", __file__)
    with pytest.raises(RuntimeError, match=r"cannot open the engine 'cuda': .*install eigencoder again"):
        _core.engine("cuda")


@pytest.mark.parametrize("name", ["tpu", "cuda:", "cuda:-1", "cuda:+1", "cuda:1 ", "cuda:99999999999", "CPU", ""])
def test_the_core_lists_the_devices(name):
    with pytest.raises(
        ValueError, match=f"device must be 'cpu', 'cuda', .* or 'auto', found '{name}'".replace("+", r"\+")
    ):
        _core.engine(name)


@pytest.mark.parametrize("estimator", estimators(device="auto"), ids=repr)
def test_auto_without_a_gpu_gives_the_bits_of_the_cpu(no_cuda, estimator):
    auto = estimator.fit(data(), LABELS)
    cpu = clone(estimator).set_params(device="cpu").fit(data(), LABELS)
    assert auto.loss_curve_ == cpu.loss_curve_
    for ours, theirs in zip([*auto.coefs_, *auto.intercepts_], [*cpu.coefs_, *cpu.intercepts_], strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("method", ["transform", "reconstruct", "score_samples", "score"])
def test_a_fitted_estimator_goes_on_elsewhere(no_cuda, method):
    fitted = Autoencoder(2, max_iter=1, random_state=0).fit(data())
    expected = getattr(fitted, method)(data())
    loaded = pickle.loads(pickle.dumps(fitted.set_params(device="cuda")))
    assert loaded.device == "cuda"
    assert_refused(loaded, RuntimeError, "EIGENCODER_CUDA_ENGINE", lambda a: getattr(a, method)(data()))
    np.testing.assert_array_equal(getattr(loaded.set_params(device="cpu"), method)(data()), expected)
    with pytest.raises(ValueError, match="device must be one of"):
        getattr(loaded.set_params(device="tpu"), method)(data())


def test_auto_leaves_an_exact_solution_to_the_cpu():
    parameters = {"activation": "identity", "solver": "exact", "max_iter": 3, "random_state": 0}
    auto, cpu = (Autoencoder(2, device=device, **parameters).fit(data()) for device in ("auto", "cpu"))
    np.testing.assert_array_equal(auto.coefs_[0], cpu.coefs_[0])


def test_a_layer_of_a_stack_has_its_own_device(no_cuda):
    stack = StackedAutoencoder([Autoencoder(3), Autoencoder(2, device="cuda")])
    assert_refused(stack, RuntimeError, "layer2: EIGENCODER_CUDA_ENGINE", lambda s: s.fit(data()))
    stack.set_params(layer2__solver="exact", layer2__activation="identity")
    assert_refused(stack, ValueError, "layer2: solver='exact' is solved on the CPU", lambda s: s.fit(data()))


@pytest.mark.parametrize("function", [eigencoder.loss_and_gradients, eigencoder.check_gradients])
def test_gradients_are_those_of_the_estimator_s_device(no_cuda, function):
    fitted = Autoencoder(2, max_iter=1).fit(data()).set_params(device="cuda")
    with pytest.raises(RuntimeError, match="EIGENCODER_CUDA_ENGINE"):
        function(fitted, data())


def test_a_training_goes_to_the_engine_of_its_device():
    """Which a CPU engine other than the chosen one plays here."""
    code = """
import numpy as np, eigencoder
from eigencoder import _core
X = np.random.default_rng(0).random((50, 8))
assert _core.cuda_status() == ""
eigencoder.show_config()
for device in ("cuda", "cuda:1", "auto"):
    print(_core.engine(device)["name"])
settings = {"learning_rate_init": 0.05, "max_iter": 50, "random_state": 0}
cuda, cpu = (eigencoder.Autoencoder(0.1, device=device, **settings).fit(X) for device in ("cuda", "cpu"))
assert np.allclose(cuda.coefs_[0], cpu.coefs_[0])
assert np.allclose(cuda.transform(X), cpu.transform(X))
assert np.isclose(cuda.score(X), cpu.score(X))
assert eigencoder.check_gradients(cuda, X).ok
"""
    environment = {**os.environ, "EIGENCODER_CUDA_ENGINE": str(STAND_IN)}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    *_, shown, first, second, auto = result.stdout.splitlines()
    assert shown == "CUDA       available"
    assert [first, second, auto] == [_core.available_engines()[0]] * 3


class UntouchableArray:
    """On a GPU, as its device says; whoever reads more of it fails."""

    def __dlpack_device__(self):
        return 2, 0

    def __getattr__(self, name):
        raise AssertionError(f"{name} was read")


@pytest.mark.parametrize("method", ["fit", "partial_fit", "transform", "reconstruct", "score_samples", "score"])
@pytest.mark.parametrize("device", ["cpu", "cuda", "auto"])
def test_an_array_on_a_gpu_stays_untouched_where_it_cannot_be_used(no_cuda, method, device):
    fitted = Autoencoder(2, max_iter=1).fit(data()).set_params(device=device)
    error, message = (
        (TypeError, "X lies on a GPU, but .* on the CPU: use device='cuda', or pass a copy on the host")
        if device == "cpu"
        else (RuntimeError, "EIGENCODER_CUDA_ENGINE")
    )
    assert_refused(fitted, error, message, lambda a: getattr(a, method)(UntouchableArray()))


def test_arrays_on_a_gpu():
    tests = Path(__file__).parent / "stand_in"
    code = f"import sys, pytest; sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', {str(tests)!r}]))"
    environment = {**os.environ, "EIGENCODER_CUDA_ENGINE": str(STAND_IN)}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
    assert "skipped" not in result.stdout
