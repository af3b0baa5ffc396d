"""Arrays that live on the GPU are read where they lie, and answered with such arrays."""

import ctypes
import os
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

import eigencoder
from as_given import Autoencoder
from backend import DEVICE
from tolerances import OTHER_UNITS, PCA_START

X = np.random.default_rng(0).uniform(size=(50, 7))


class EmulatedArray:
    """What another library has on the emulated GPU."""

    def __init__(self, array: np.ndarray) -> None:
        self._library = ctypes.CDLL(os.environ["EIGENCODER_CUDA_ENGINE"])
        self._library.eigencoder_emulation_to_device.restype = ctypes.c_void_p
        self._library.eigencoder_emulation_free.argtypes = [ctypes.c_void_p]
        self._address = self._library.eigencoder_emulation_to_device(
            array.ctypes.data_as(ctypes.c_void_p), ctypes.c_size_t(array.nbytes)
        )
        self.__cuda_array_interface__ = {
            "shape": array.shape,
            "typestr": array.dtype.str,
            "data": (self._address, False),
            "version": 3,
        }

    def __del__(self) -> None:
        self._library.eigencoder_emulation_free(self._address)


def is_emulated() -> bool:
    return "EIGENCODER_CUDA_ENGINE" in os.environ


def on_gpu(array: np.ndarray) -> Any:
    return EmulatedArray(array) if is_emulated() else pytest.importorskip("torch").from_numpy(array).to(DEVICE)


def on_host(array: Any) -> np.ndarray:
    if not is_emulated():
        return array.cpu().numpy()
    interface = array.__cuda_array_interface__
    result = np.empty(interface["shape"], interface["typestr"])
    ctypes.CDLL(os.environ["EIGENCODER_CUDA_ENGINE"]).eigencoder_emulation_to_host(
        ctypes.c_void_p(interface["data"][0]),
        result.ctypes.data_as(ctypes.c_void_p),
        ctypes.c_size_t(result.nbytes),
    )
    return result


def autoencoder(**settings: Any) -> Autoencoder:
    return Autoencoder(3, batch_size=8, max_iter=3, random_state=0, device=DEVICE, **settings)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "settings",
    [{}, {"solver": "auto"}, {"early_stopping": True}, {"corruption": "salt_and_pepper"}],
    ids=str,
)
def test_a_fit_gives_the_bits_that_it_gives_from_the_host(settings: dict[str, Any], dtype: str) -> None:
    x = X.astype(dtype)
    found, expected = (autoencoder(**settings).fit(data) for data in (on_gpu(x), x))
    assert found.loss_curve_ == expected.loss_curve_
    for one, other in zip(found.coefs_, expected.coefs_, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("hidden", [(), (9,)], ids=str)
def test_the_start_from_pca_is_that_of_the_host(hidden: tuple[int, ...], dtype: str) -> None:
    x = (10 + X * np.arange(1, 8)).astype(dtype)
    start = eigencoder.Autoencoder(3, hidden_layer_sizes=hidden, max_iter=0, random_state=0, device=DEVICE)
    expected = clone(start).fit(x)
    found = clone(start).fit(on_gpu(x))
    codes = expected.transform(x)
    assert found.loss_ == pytest.approx(expected.loss_, rel=PCA_START.relative)
    np.testing.assert_allclose(found.transform(x), codes, rtol=0, atol=OTHER_UNITS[dtype] * np.abs(codes).max())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_answers_lie_on_the_gpu(dtype: str) -> None:
    x = X.astype(dtype)
    fitted = autoencoder().fit(x)
    codes = fitted.transform(on_gpu(x))
    np.testing.assert_array_equal(on_host(codes), fitted.transform(x))
    np.testing.assert_array_equal(on_host(fitted.inverse_transform(codes)), fitted.reconstruct(x))
    np.testing.assert_array_equal(on_host(fitted.reconstruct(on_gpu(x))), fitted.reconstruct(x))
    np.testing.assert_array_equal(fitted.score_samples(on_gpu(x)), fitted.score_samples(x))
    assert fitted.score(on_gpu(x)) == pytest.approx(fitted.score(x), rel=1e-3)


def test_many_rows() -> None:
    x = np.random.default_rng(1).uniform(size=(16_500, 7))
    fitted = autoencoder().fit(X)
    np.testing.assert_array_equal(on_host(fitted.transform(on_gpu(x))), fitted.transform(x))


@pytest.mark.parametrize("shape", [(16_500, 7), (9, 100)], ids=["rows", "columns"])
def test_noise_takes_the_extremes_of_many(shape: tuple[int, int]) -> None:
    x = np.random.default_rng(1).uniform(size=shape)
    salted = autoencoder(corruption="salt_and_pepper").set_params(batch_size=len(x))
    found, expected = (clone(salted).fit(data) for data in (on_gpu(x), x))
    assert found.loss_curve_ == expected.loss_curve_


@pytest.mark.parametrize("row", [0, 49])
def test_what_is_not_finite_is_refused(row: int) -> None:
    x = X.copy()
    x[row, 3] = np.inf
    fitted = autoencoder().fit(X)
    for method in (autoencoder().fit, fitted.transform, fitted.score_samples):
        with pytest.raises(ValueError, match="infinity"):
            method(on_gpu(x))
