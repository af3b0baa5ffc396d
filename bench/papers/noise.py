"""Where an autoencoder fails: of pure noise a linear code of k units holds k/d of the variance.

No publication: it follows from the independence of the features. Metric: the share of the variance explained on rows
that were not trained on, `score` of the estimator.
"""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.metrics import r2_score

from eigencoder import Autoencoder

from .result import Finding, Result, text_of, timed

N_COMPONENTS, N_FEATURES = 16, 64
MARGIN = 0.02


def measure(*, quick: bool) -> Result:
    n_rows = 2_000 if quick else 50_000
    rows = np.random.default_rng(0).standard_normal((2 * n_rows, N_FEATURES), dtype=np.float32)
    train, test = rows[:n_rows], rows[n_rows:]
    autoencoder = Autoencoder(
        N_COMPONENTS,
        activation="identity",
        max_iter=30,
        tol=0.0,
        n_iter_no_change=30,
        random_state=0,
        scale=None,
        init="glorot",
        solver="adam",
    )
    pca = PCA(N_COMPONENTS)
    _, seconds = timed(lambda: autoencoder.fit(train))
    _, pca_seconds = timed(lambda: pca.fit(train))
    share = N_COMPONENTS / N_FEATURES
    finding = Finding(
        what=f"variance explained, k/d = {share}",
        found=autoencoder.score(test),
        at_least=share - MARGIN,
        at_most=share + MARGIN,
        seconds=seconds,
        peer="scikit-learn's PCA",
        peer_found=r2_score(test, pca.inverse_transform(pca.transform(test)), multioutput="variance_weighted"),
        peer_seconds=pca_seconds,
    )
    return Result(
        publication="none; k/d of independent features of equal variance",
        metric="share of the variance explained, of standard normal noise",
        split=f"{N_FEATURES} features, {n_rows:,} train, {n_rows:,} test",
        held_out="none",
        settings={"autoencoder": text_of(autoencoder)},
        findings=[finding],
    )
