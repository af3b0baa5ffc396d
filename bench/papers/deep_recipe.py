"""How the deep autoencoder of MNIST is trained, for deep.py and deep_bce.py.

ELU, a linear code, a sigmoid output trained on its cross-entropy, AdamW with a cosine schedule; the bias of the output
starts at the logit of the mean picture. The last twelfth of the training rows is held out.
"""

from typing import NamedTuple

import numpy as np

from eigencoder import Autoencoder

from . import data

N_EPOCHS = 60
HELD_OUT = "the weights kept are those of the epoch with the lowest loss on them"


class Split(NamedTuple):
    """Pictures, (n_pictures, 784) in [0, 1]."""

    train: data.Rows
    validation: data.Rows
    test: data.Rows


def split_of_mnist(*, quick: bool) -> Split:
    digits = data.mnist()
    train, validation = np.split(digits.train, [len(digits.train) * 11 // 12])
    n_rows = 500 if quick else None
    return Split(train[:n_rows], validation[:n_rows], digits.test)


def text_of_split(split: Split) -> str:
    return f"MNIST, {len(split.train):,} train, {len(split.validation):,} held out, {len(split.test):,} test"


def deep_autoencoder(seed: int, n_epochs: int) -> Autoencoder:
    return Autoencoder(
        30,
        hidden_layer_sizes=(1000, 500, 250),
        activation="elu",
        code_activation="identity",
        output_activation="sigmoid",
        loss="binary_crossentropy",
        solver="adamw",
        alpha=0.1,
        learning_rate_init=3e-3,
        learning_rate="cosine",
        warmup_epochs=0.05 * n_epochs,
        batch_size=128,
        max_iter=n_epochs,
        tol=0.0,
        n_iter_no_change=n_epochs,
        early_stopping=True,
        warm_start=True,
        random_state=seed,
        scale=None,
        init="glorot",
    )


def started(seed: int, split: Split, *, quick: bool) -> Autoencoder:
    """With its initial weights, and an output that is the mean picture."""
    n_epochs = 2 if quick else N_EPOCHS
    autoencoder = deep_autoencoder(seed, n_epochs)
    autoencoder.set_params(max_iter=0).fit(split.train, X_val=split.validation)
    autoencoder.set_params(max_iter=n_epochs)
    mean = (split.train.sum(axis=0, dtype=np.float64) + 0.5) / (len(split.train) + 1)  # never 0 or 1
    autoencoder.intercepts_[-1][...] = np.log(mean / (1 - mean))
    return autoencoder
