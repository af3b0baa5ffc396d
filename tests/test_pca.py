"""What an autoencoder owes to PCA: a linear one reaches it, one without hidden layers in its decoder cannot pass it."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from eigencoder import Autoencoder, _core
from tolerances import PCA_GAP

X = load_digits().data / 16
N_COMPONENTS = 16


def training_error(model: PCA | Autoencoder) -> float:
    """Mean squared error of a row, summed over its features."""
    return float(((X - model.inverse_transform(model.transform(X))) ** 2).sum(axis=1).mean())


PCA_ERROR = training_error(PCA(N_COMPONENTS).fit(X))


@pytest.mark.parametrize("tied", [False, True])
def test_a_linear_autoencoder_reaches_pca(tied: bool) -> None:
    model = Autoencoder(
        N_COMPONENTS,
        activation="identity",
        tied_weights=tied,
        learning_rate_init=0.005,
        batch_size=len(X),
        max_iter=2000,
        tol=0,
        random_state=0,
    ).fit(X)
    assert PCA_ERROR <= training_error(model) <= (1 + PCA_GAP) * PCA_ERROR


@pytest.mark.parametrize("activation", _core.ACTIVATIONS)
def test_a_decoder_without_hidden_layers_does_not_pass_pca(activation: str) -> None:
    model = Autoencoder(
        N_COMPONENTS, activation=activation, learning_rate_init=0.01, batch_size=64, max_iter=200, random_state=0
    ).fit(X)
    assert PCA_ERROR <= training_error(model) < np.var(X, axis=0).sum()
