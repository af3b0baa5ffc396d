"""A k-sparse code, 1000 units of which the 25 largest stay, and what a linear classifier makes of it: MNIST.

Makhzani & Frey (2013), "k-Sparse autoencoders", arXiv 1312.5663: a linear encoder with tied weights. Metric: test error
of logistic regression, in percent, on the codes, on the pixels, and on PCA's codes with as many numbers a row. Nothing
is fine-tuned.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

from eigencoder import Autoencoder

from . import data
from .result import Finding, Result, text_of, timed

N_COMPONENTS, N_ACTIVE = 1000, 25
N_EPOCHS = 50


def measure(*, quick: bool) -> Result:
    digits = data.mnist()
    if quick:
        digits = digits._replace(train=digits.train[:1000], train_labels=digits.train_labels[:1000])
    n_epochs = 2 if quick else N_EPOCHS
    autoencoder = Autoencoder(
        N_COMPONENTS,
        activation="identity",
        tied_weights=True,
        n_active=N_ACTIVE,
        batch_size=128,
        max_iter=n_epochs,
        tol=0.0,
        n_iter_no_change=n_epochs,
        random_state=0,
        scale=None,
        init="glorot",
        solver="adam",
    )
    _, seconds = timed(lambda: autoencoder.fit(digits.train))
    pca = PCA(N_ACTIVE).fit(digits.train)
    percent = {
        name: percent_wrong(encode(digits.train), encode(digits.test), digits)
        for name, encode in (("codes", autoencoder.transform), ("pixels", np.asarray), ("PCA", pca.transform))
    }
    return Result(
        publication="Makhzani & Frey 2013",
        metric="test error of logistic regression, %",
        split=f"MNIST, {len(digits.train):,} train, {len(digits.test):,} test",
        held_out="none",
        settings={"autoencoder": text_of(autoencoder)},
        findings=[
            Finding(what=f"on {N_COMPONENTS} units, {N_ACTIVE} active", found=percent["codes"], seconds=seconds),
            Finding(what="on the pixels", found=percent["pixels"]),
            Finding(what=f"on {N_ACTIVE} principal components", found=percent["PCA"]),
        ],
    )


def percent_wrong(train: NDArray[Any], test: NDArray[Any], digits: data.Mnist) -> float:
    """Of the test digits, by logistic regression on rows scaled to [-1, 1]."""
    classifier = make_pipeline(MaxAbsScaler(), LogisticRegression(max_iter=2_000)).fit(train, digits.train_labels)
    return 100 * (1 - float(classifier.score(test, digits.test_labels)))
