"""A linear autoencoder reaches PCA's error: 30 units, MNIST.

Bourlard & Kamp (1988), "Auto-association by multilayer perceptrons and singular value decomposition", Biological
Cybernetics 59; Baldi & Hornik (1989), "Neural networks and principal component analysis", Neural Networks 2. Metric:
squared error summed over the pixels, the mean of the test pictures. The exact solution, and Adam.
"""

from functools import partial

from sklearn.decomposition import PCA

from eigencoder import Autoencoder
from eigencoder.demo.data import squared_error

from . import data
from .result import Finding, Result, text_of, timed

N_COMPONENTS = 30
ERROR_OF_PCA = 13.87
MARGIN = 1.003


def measure(*, quick: bool) -> Result:
    digits = data.mnist()
    train = digits.train[:1000] if quick else digits.train
    exact = Autoencoder(N_COMPONENTS, activation="identity", solver="exact")
    adam = Autoencoder(
        N_COMPONENTS,
        activation="identity",
        learning_rate_init=3e-4,
        max_iter=40,
        tol=0.0,
        n_iter_no_change=40,
        random_state=0,
        scale=None,
        init="glorot",
        solver="adam",
    )
    pca = PCA(N_COMPONENTS)
    _, pca_seconds = timed(partial(pca.fit, train))
    pca_error = squared_error(digits.test, pca.inverse_transform(pca.transform(digits.test)))
    findings = []
    for estimator in (exact, adam):
        _, seconds = timed(partial(estimator.fit, train))
        findings.append(
            Finding(
                what=f"test error, solver {estimator.solver}",
                found=float(-estimator.score_samples(digits.test).mean()),
                at_most=MARGIN * ERROR_OF_PCA,
                seconds=seconds,
                peer="scikit-learn's PCA",
                peer_found=pca_error,
                peer_seconds=pca_seconds,
            )
        )
    findings.insert(1, Finding(what="its wall time, s", found=findings[0].seconds, at_most=5.0))
    return Result(
        publication="Baldi & Hornik 1989; PCA's error 13.87",
        metric="squared error summed over the pixels of a test picture, pixels in [0, 1]",
        split=f"MNIST, {len(train):,} train, {len(digits.test):,} test",
        held_out="none",
        settings={"exact": text_of(exact), "adam": text_of(adam)},
        findings=findings,
    )
