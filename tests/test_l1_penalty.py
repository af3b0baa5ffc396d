"""What penalty="l1" asks of a code: small activations, and not small numbers with large weights behind them."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from eigencoder import Autoencoder, loss_and_gradients
from tolerances import EQUIVALENCE

X = load_digits().data / 16


@pytest.mark.parametrize("hidden_layer_sizes", [(), (9,)])
@pytest.mark.parametrize("activation", ["identity", "relu", "leaky_relu"])
def test_the_scale_of_a_unit_costs_nothing(activation: str, hidden_layer_sizes: tuple[int, ...]) -> None:
    autoencoder = Autoencoder(
        5, hidden_layer_sizes=hidden_layer_sizes, activation=activation, penalty="l1", max_iter=3, random_state=0
    ).fit(X)
    before, *_ = loss_and_gradients(autoencoder, X)
    code = len(hidden_layer_sizes)
    scales = np.array([0.01, 0.5, 1, 3, 100])
    autoencoder.coefs_[code][...] *= scales
    autoencoder.intercepts_[code][...] *= scales
    autoencoder.coefs_[code + 1][...] /= scales[:, np.newaxis]
    after, *_ = loss_and_gradients(autoencoder, X)
    EQUIVALENCE.assert_close(after, before)


def test_longer_training_does_not_move_the_code_into_the_weights_of_the_decoder() -> None:
    settings = {"penalty": "l1", "sparsity_weight": 0.3, "learning_rate_init": 3e-3, "tol": 0, "random_state": 0}
    short, long = (Autoencoder(64, activation="relu", **settings, max_iter=n_epochs).fit(X) for n_epochs in (30, 300))

    def share_of_active_units(autoencoder: Autoencoder) -> float:
        return float(np.mean(autoencoder.transform(X) > 0))

    def size_of_the_parts(autoencoder: Autoencoder) -> float:
        """The mean over the rows of the sum of the norms of what each unit adds to the reconstruction."""
        return float(autoencoder.transform(X).mean(axis=0) @ np.linalg.norm(autoencoder.coefs_[1], axis=1))

    assert share_of_active_units(long) < share_of_active_units(short)
    assert size_of_the_parts(long) < size_of_the_parts(short)
