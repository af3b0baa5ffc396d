"""A GPU draws the numbers that the CPU draws, and gives the same bits again."""

import signal
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from as_given import Autoencoder, EncoderClassifier
from backend import DEVICE
from eigencoder import _core
from eigencoder.reference import Network, Objective
from tolerances import TRAINING

X = np.random.default_rng(0).uniform(0.1, 1.0, size=(37, 13))
SETTINGS: dict[str, dict[str, Any]] = {
    "kl": {"penalty": "kl", "corruption": "masking"},
    "l1 tied": {"penalty": "l1", "tied_weights": True, "corruption": "salt_and_pepper"},
    "contractive": {"penalty": "contractive", "hidden_layer_sizes": (), "corruption": "gaussian"},
    "n_active": {"n_active": 2, "solver": "rmsprop", "averaging": 0.9},
    "adamw": {
        "solver": "adamw",
        "alpha": 0.1,
        "max_grad_norm": 0.5,
        "loss": "binary_crossentropy",
        "output_activation": "sigmoid",
    },
    "lbfgs": {"solver": "lbfgs", "alpha": 0.01},
    "sgd": {"solver": "sgd", "alpha": 0.01, "early_stopping": True},
}


def autoencoder(device: str, **settings: Any) -> Autoencoder:
    defaults = {"hidden_layer_sizes": (9,), "batch_size": 8, "max_iter": 4, "learning_rate_init": 0.01}
    return Autoencoder(4, **{**defaults, **settings}, tol=0, random_state=3, device=device)


def first_gradient(device: str, corruption: str, row: int) -> np.ndarray:
    """dJ/dW of the first layer where one row alone has weight: an entry is zero where the row's input is."""
    network = Network((13, 3, 13), ("tanh", "identity"))
    objective = Objective(corruption=corruption, corruption_level=0.4)
    parameters = np.random.default_rng(1).normal(size=network.n_parameters)
    gradients = np.empty_like(parameters)
    _core.loss_and_gradients(
        _core.NetworkConfig(*vars(network).values()),
        _core.ObjectiveConfig(**vars(objective)),
        x=X,
        weights=np.where(np.arange(len(X)) == row, float(len(X)), 0.0),
        labels=None,
        column_extremes=np.stack([np.zeros(13), np.full(13, 2.0)]),
        noise_seed=2**40 + 5,
        mean_activity=None,
        parameters=parameters,
        gradients=gradients,
        n_threads=1,
        device=device,
    )
    return gradients[: 13 * 3].reshape(13, 3)


@pytest.mark.parametrize("corruption", ["masking", "salt_and_pepper"])
def test_masks_are_those_of_the_cpu(corruption: str) -> None:
    """Zero is what is masked, and the pepper."""
    found, expected = (
        np.array([first_gradient(device, corruption, row)[:, 0] == 0 for row in range(len(X))])
        for device in (DEVICE, "cpu")
    )
    assert 0 < expected.mean() < 1
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_twenty_steps_lose_what_they_lose_on_the_cpu(settings: dict[str, Any], dtype: str) -> None:
    x = X.astype(dtype)
    found, expected = (autoencoder(device, **settings).fit(x) for device in (DEVICE, "cpu"))
    close = TRAINING["cuda", dtype].assert_close
    close(found.loss_curve_, expected.loss_curve_)
    close(found.transform(x), expected.transform(x))
    close(found.score_samples(x), expected.score_samples(x))
    assert found.transform(x).dtype == dtype


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_the_same_seed_gives_the_same_bits(settings: dict[str, Any]) -> None:
    once, again = (autoencoder(DEVICE, **settings).fit(X) for _ in range(2))
    assert once.loss_curve_ == again.loss_curve_
    for one, other in zip(once.coefs_, again.coefs_, strict=True):
        np.testing.assert_array_equal(one, other)


def fitted_in_parts(devices: Sequence[str], **settings: Any) -> Autoencoder:
    """Each part of X is learned on its device."""
    estimator = autoencoder(devices[0], **settings)
    for device, part in zip(devices, np.array_split(X, len(devices)), strict=True):
        estimator.set_params(device=device).partial_fit(part)
    return estimator


@pytest.mark.parametrize(
    "settings", [{"penalty": "kl", "sparsity_momentum": 0.5}, {"corruption": "masking"}], ids=["kl", "masking"]
)
def test_partial_fit_goes_on(settings: dict[str, Any]) -> None:
    found, expected = (fitted_in_parts([device] * 3, **settings) for device in (DEVICE, "cpu"))
    TRAINING["cuda", "float64"].assert_close(found.transform(X), expected.transform(X))


@pytest.mark.parametrize("devices", [("cpu", DEVICE), (DEVICE, "cpu")], ids=["to the GPU", "to the CPU"])
def test_partial_fit_moves(devices: tuple[str, str]) -> None:
    found, expected = (
        fitted_in_parts(places, penalty="kl", sparsity_momentum=0.5) for places in (devices, ("cpu", "cpu"))
    )
    TRAINING["cuda", "float64"].assert_close(found.transform(X), expected.transform(X))


@pytest.mark.large
def test_a_gradient_of_many_chunks_is_shortened() -> None:
    """More than a block has threads."""
    settings = {"hidden_layer_sizes": (750, 750), "solver": "sgd", "max_grad_norm": 0.05, "batch_size": len(X)}
    found, expected = (autoencoder(device, **settings).fit(X) for device in (DEVICE, "cpu"))
    TRAINING["cuda", "float64"].assert_close(found.loss_curve_, expected.loss_curve_)


def test_a_classifier() -> None:
    y = np.arange(len(X)) % 3
    found, expected = (
        EncoderClassifier(autoencoder(device), max_iter=3, batch_size=8, random_state=0, device=device).fit(X, y)
        for device in (DEVICE, "cpu")
    )
    TRAINING["cuda", "float64"].assert_close(found.predict_proba(X), expected.predict_proba(X))


class Spectator:
    """Keeps the weights that it sees at the end of each epoch."""

    def __init__(self) -> None:
        self.coefs: list[np.ndarray] = []

    def setup(self, estimator: Autoencoder, context: Any) -> None: ...

    def teardown(self, estimator: Autoencoder, context: Any) -> None: ...

    def on_fit_task_begin(self, estimator: Autoencoder, context: Any) -> None: ...

    def on_fit_task_end(self, estimator: Autoencoder, context: Any, *, fitted_estimator: Autoencoder) -> None:
        if context.task_name == "epoch":
            self.coefs.append(fitted_estimator.coefs_[0].copy())


def test_a_callback_sees_the_weights_of_its_epoch() -> None:
    pytest.importorskip("sklearn.callback", reason="scikit-learn < 1.9 has no callbacks")
    spectator = Spectator()
    autoencoder(DEVICE, max_iter=2).set_callbacks(spectator).fit(X)
    assert len(spectator.coefs) == 2
    for n_epochs, coefs in enumerate(spectator.coefs, start=1):
        np.testing.assert_array_equal(coefs, autoencoder(DEVICE, max_iter=n_epochs).fit(X).coefs_[0])


class Alarm(Exception):
    pass


@pytest.mark.large  # and the thread sanitizer holds signals back
def test_a_signal_is_answered() -> None:
    def ring(*_: object) -> None:
        raise Alarm

    previous = signal.signal(signal.SIGALRM, ring)
    begin = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(Alarm):
            autoencoder(DEVICE, max_iter=3000, n_iter_no_change=3000).fit(X)
    finally:
        signal.signal(signal.SIGALRM, previous)
    assert time.monotonic() - begin < 1.2


def test_what_is_not_finite_is_refused() -> None:
    fitted = autoencoder(DEVICE).fit(X)
    with pytest.raises(ValueError, match="NaN"):
        fitted.transform(np.full((3, 13), np.nan))


def test_many_rows_are_encoded_block_by_block() -> None:
    x = np.random.default_rng(1).uniform(size=(17_001, 13)).astype("float32")
    found, expected = (autoencoder(device, max_iter=0).fit(X.astype("float32")) for device in (DEVICE, "cpu"))
    TRAINING["cuda", "float32"].assert_close(found.transform(x), expected.transform(x))
    TRAINING["cuda", "float32"].assert_close(found.score_samples(x), expected.score_samples(x))


@pytest.mark.large
def test_more_columns_than_a_grid_has_threads() -> None:
    network, objective = Network((2_100_000, 1, 2_100_000), ("tanh", "identity")), Objective()
    rng = np.random.default_rng(1)
    x = rng.uniform(size=(9, 2_100_000))
    parameters = rng.normal(scale=0.01, size=network.n_parameters)
    gradients = {device: np.empty_like(parameters) for device in (DEVICE, "cpu")}
    for device, of_device in gradients.items():
        _core.loss_and_gradients(
            _core.NetworkConfig(*vars(network).values()),
            _core.ObjectiveConfig(**vars(objective)),
            x=x,
            weights=None,
            labels=None,
            column_extremes=None,
            noise_seed=None,
            mean_activity=None,
            parameters=parameters,
            gradients=of_device,
            n_threads=1,
            device=device,
        )
    TRAINING["cuda", "float64"].assert_close(gradients[DEVICE], gradients["cpu"])


@pytest.mark.large
def test_more_rows_than_a_grid_has_warps() -> None:
    x = np.random.default_rng(1).uniform(size=(524_281, 1)).astype("float32")
    found, expected = (
        autoencoder(device, hidden_layer_sizes=(), batch_size=len(x), max_iter=1).fit(x) for device in (DEVICE, "cpu")
    )
    TRAINING["cuda", "float32"].assert_close(found.loss_curve_, expected.loss_curve_)
    TRAINING["cuda", "float32"].assert_close(found.intercepts_[0], expected.intercepts_[0])
