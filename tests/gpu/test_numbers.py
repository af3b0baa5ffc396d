"""A GPU draws the numbers that the CPU draws, and gives the same bits again."""

from typing import Any

import numpy as np
import pytest

from backend import DEVICE
from eigencoder import Autoencoder, EncoderClassifier, _core
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


def test_partial_fit_goes_on() -> None:
    found, expected = (autoencoder(device, penalty="kl", sparsity_momentum=0.5) for device in (DEVICE, "cpu"))
    for start in (0, 10, 20):
        for estimator in (found, expected):
            estimator.partial_fit(X[start : start + 10])
    TRAINING["cuda", "float64"].assert_close(found.transform(X), expected.transform(X))


def test_a_classifier() -> None:
    y = np.arange(len(X)) % 3
    found, expected = (
        EncoderClassifier(autoencoder(device), max_iter=3, batch_size=8, random_state=0, device=device).fit(X, y)
        for device in (DEVICE, "cpu")
    )
    TRAINING["cuda", "float64"].assert_close(found.predict_proba(X), expected.predict_proba(X))


def test_a_callback_sees_the_weights_of_its_epoch() -> None:
    """With verbose the epochs are reported while the weights lie on the GPU."""
    autoencoder(DEVICE, verbose=1, max_iter=2).fit(X)


def test_what_is_not_finite_is_refused() -> None:
    fitted = autoencoder(DEVICE).fit(X)
    with pytest.raises(ValueError, match="NaN"):
        fitted.transform(np.full((3, 13), np.nan))


def test_many_rows_are_encoded_block_by_block() -> None:
    x = np.random.default_rng(1).uniform(size=(17_001, 13)).astype("float32")
    found, expected = (autoencoder(device, max_iter=0).fit(X.astype("float32")) for device in (DEVICE, "cpu"))
    TRAINING["cuda", "float32"].assert_close(found.transform(x), expected.transform(x))
    TRAINING["cuda", "float32"].assert_close(found.score_samples(x), expected.score_samples(x))
