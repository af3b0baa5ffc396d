"""Part (e): how many numbers a digit needs for an allowed error, beside PCA's."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from .._progress import TrainingProgress
from . import data
from .codes import deep_autoencoder
from .findings import Finding

SHARE = 0.9


@dataclass(frozen=True)
class Sizes:
    """What part (e) measured: shares of the variance of held-out digits, `score` of an estimator.

    Attributes
    ----------
    n_components, pca_n_components : fewest units, and fewest components of PCA, that explain SHARE
    sizes, scores : (n_sizes,), the sizes that the search trained, and what they explain
    pca_scores : (64,), what PCA explains with 1, 2, ... components
    """

    n_components: int
    pca_n_components: int
    sizes: NDArray[np.int64]
    scores: NDArray[np.float64]
    pca_scores: NDArray[np.float64]

    def findings(self) -> list[Finding]:
        return [
            Finding(
                f"(e) numbers that explain {SHARE:.0%} of a digit",
                f"{self.n_components}",
                f"fewer than {self.pca_n_components}, PCA's",
                self.n_components < self.pca_n_components,
            )
        ]


def measure(progress: TrainingProgress, *, max_iter: int = 300) -> Sizes:
    digits = data.digits()
    autoencoder = deep_autoencoder(max_iter).set_params(n_components=SHARE)
    with progress.step("(e) the smallest code"):
        autoencoder.fit(digits.train, X_val=digits.test)
    pca_scores = _explained_by_pca(digits)
    return Sizes(
        n_components=autoencoder.n_components_,
        pca_n_components=int(np.argmax(pca_scores >= SHARE)) + 1,
        sizes=autoencoder.size_curve_["n_components"],
        scores=autoencoder.size_curve_["score"],
        pca_scores=pca_scores,
    )


def _explained_by_pca(digits: data.Digits) -> NDArray[np.float64]:
    pca = PCA().fit(digits.train)
    deviations = digits.test - pca.mean_
    errors = np.sum(deviations**2) - np.cumsum(np.sum((deviations @ pca.components_.T) ** 2, axis=0))
    return np.asarray(1 - errors / np.sum((digits.test - digits.test.mean(axis=0)) ** 2), np.float64)
