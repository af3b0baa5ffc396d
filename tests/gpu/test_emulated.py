"""What only an emulated GPU can be made to do: have little memory, and fail at any call."""

import ctypes
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from as_given import Autoencoder, EncoderClassifier
from backend import DEVICE
from eigencoder import loss_and_gradients

X = np.random.default_rng(0).uniform(size=(11, 5))
Y = np.arange(11) % 2
LITTLE = 64  # bytes


def fitted(**settings: Any) -> Autoencoder:
    settings = {"batch_size": 4, "max_iter": 2, "penalty": "kl", "corruption": "masking", "tol": 0, **settings}
    return Autoencoder(3, **settings, random_state=0, device=DEVICE).fit(X, sample_weight=1.0 + Y)


@pytest.mark.parametrize(
    "settings",
    [{}, {"penalty": None, "corruption": None, "early_stopping": True}, {"solver": "sgd", "shuffle": False}],
    ids=["kl", "validation", "in order"],
)
def test_data_that_is_streamed_gives_the_bits_of_data_that_stays(
    emulation: ctypes.CDLL, settings: dict[str, Any]
) -> None:
    """In so many batches that each of the two blocks is filled again while its rows are still computed with."""
    stays = fitted(batch_size=2, **settings)
    emulation.eigencoder_emulation_report_free_memory(LITTLE)
    streamed = fitted(batch_size=2, **settings)
    assert streamed.loss_curve_ == stays.loss_curve_
    assert streamed.validation_loss_curve_ == stays.validation_loss_curve_
    for one, other in zip(streamed.coefs_, stays.coefs_, strict=True):
        np.testing.assert_array_equal(one, other)


def streamed_fit(emulation: ctypes.CDLL) -> Callable[[], list[Any]]:
    def run() -> list[Any]:
        emulation.eigencoder_emulation_report_free_memory(LITTLE)
        estimator = fitted()
        emulation.eigencoder_emulation_report_free_memory(2**62)
        return [estimator.loss_curve_, *estimator.coefs_]

    return run


def resident_fit(_: ctypes.CDLL) -> Callable[[], list[Any]]:
    def run() -> list[Any]:
        estimator = fitted(
            penalty="l1", n_active=2, solver="adamw", alpha=0.1, max_grad_norm=0.1, averaging=0.5, early_stopping=True
        )
        return [estimator.loss_curve_, *estimator.coefs_]

    return run


def classifier_fit(_: ctypes.CDLL) -> Callable[[], list[Any]]:
    encoder = fitted()

    def run() -> list[Any]:
        estimator = EncoderClassifier(encoder, max_iter=1, batch_size=4, random_state=0, device=DEVICE).fit(X, Y)
        return [estimator.loss_curve_, *estimator.coefs_]

    return run


def gradients(_: ctypes.CDLL) -> Callable[[], list[Any]]:
    estimator = fitted(penalty="contractive", tied_weights=True)

    def run() -> list[Any]:
        loss, of_coefs, of_intercepts = loss_and_gradients(estimator, X)
        return [loss, *of_coefs, *of_intercepts]

    return run


def inference(_: ctypes.CDLL) -> Callable[[], list[Any]]:
    estimator = fitted(n_active=2)
    return lambda: [estimator.transform(X), estimator.score_samples(X)]


@pytest.mark.parametrize("prepare", [resident_fit, streamed_fit, classifier_fit, gradients, inference])
def test_a_failure_of_any_call_is_an_error_that_leaves_nothing_behind(
    emulation: ctypes.CDLL, prepare: Callable[[ctypes.CDLL], Callable[[], list[Any]]]
) -> None:
    run = prepare(emulation)
    expected = run()
    live = emulation.eigencoder_emulation_live()
    emulation.eigencoder_emulation_fail_at(0)
    run()
    n_calls = emulation.eigencoder_emulation_calls()
    assert emulation.eigencoder_emulation_live() == live

    errors = []
    for n in range(1, n_calls + 1):
        emulation.eigencoder_emulation_fail_at(n)
        try:
            found = run()
        except RuntimeError as error:
            errors.append(str(error))
        else:  # the end of what goes out of scope: there is nobody to tell
            for one, other in zip(found, expected, strict=True):
                np.testing.assert_array_equal(one, other)
        assert emulation.eigencoder_emulation_live() == live, f"call {n} of {n_calls}"
    assert len(errors) > 0.9 * n_calls
    assert all("failed" in error or "no room" in error for error in errors)

    emulation.eigencoder_emulation_fail_at(0)
    for one, other in zip(run(), expected, strict=True):
        np.testing.assert_array_equal(one, other)


FIRST_USE = """
import ctypes, os, sys
import numpy as np
from eigencoder import Autoencoder
emulation = ctypes.CDLL(os.environ["EIGENCODER_CUDA_ENGINE"])
emulation.eigencoder_emulation_live.restype = ctypes.c_long
for n in range(1, 9):
    child = os.fork()
    if child == 0:
        emulation.eigencoder_emulation_fail_at(ctypes.c_long(n))
        try:
            Autoencoder(2, max_iter=1, device="cuda").fit(np.eye(4, 3))
        except RuntimeError as error:
            os._exit(emulation.eigencoder_emulation_live())
        os._exit(100)
    print(n, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_failure_at_the_first_use_leaves_nothing_behind(emulation: ctypes.CDLL) -> None:
    """What later calls find made: the engine, a stream, a handle of cuBLAS."""
    done = subprocess.run([sys.executable, "-c", FIRST_USE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [word for n in range(1, 9) for word in (str(n), "0")]


def test_a_failed_fit_leaves_the_estimator_as_it_was(emulation: ctypes.CDLL) -> None:
    estimator = fitted(warm_start=True)
    before = [w.copy() for w in estimator.coefs_]
    emulation.eigencoder_emulation_fail_at(120)
    with pytest.raises(RuntimeError, match="failed"):
        estimator.fit(X)
    for one, other in zip(estimator.coefs_, before, strict=True):
        np.testing.assert_array_equal(one, other)
