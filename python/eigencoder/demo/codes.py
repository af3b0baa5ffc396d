"""Part (a): a code of 16 numbers for each digit, beside PCA's."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from .._progress import TrainingProgress
from ..autoencoder import Autoencoder
from . import data
from .findings import Finding

N_COMPONENTS = 16
HIDDEN_LAYER_SIZES = (128,)
LEARNING_RATE, BATCH_SIZE = 2e-3, 64


def deep_autoencoder(max_iter: int) -> Autoencoder:
    """64-128-16-128-64 with a linear code; small enough that a second thread would gain nothing.

    From random weights, so that its curves show all that it learns; for a given time, so that test rows judge nothing.
    """
    return Autoencoder(
        N_COMPONENTS,
        hidden_layer_sizes=HIDDEN_LAYER_SIZES,
        activation="tanh",
        code_activation="identity",
        scale=None,
        init="glorot",
        solver="adam",
        learning_rate_init=LEARNING_RATE,
        batch_size=BATCH_SIZE,
        max_iter=max_iter,
        n_iter_no_change=max_iter,
        random_state=0,
        n_jobs=1,
    )


@dataclass(frozen=True)
class Codes:
    """What part (a) measured, on pictures it was not trained on. Errors: see `data.squared_error`.

    Attributes
    ----------
    error_curve : test error after each epoch
    pictures, reconstructions, pca_reconstructions : (10, 64), one of each digit
    codes : (10, 16), theirs
    """

    error: float
    pca_error: float
    error_curve: list[float]
    accuracy_on_codes: float
    accuracy_on_pixels: float
    pictures: data.Rows
    codes: data.Rows
    reconstructions: data.Rows
    pca_reconstructions: data.Rows

    def findings(self) -> list[Finding]:
        return [
            Finding(
                f"(a) error of {N_COMPONENTS} numbers a digit",
                f"{self.error:.2f}",
                f"below {self.pca_error:.2f}, PCA's",
                self.error < self.pca_error,
            ),
            Finding(
                "    accuracy from these numbers",
                f"{self.accuracy_on_codes:.1%}",
                f"{self.accuracy_on_pixels:.1%} from the pixels",
            ),
        ]


def measure(progress: TrainingProgress, *, max_iter: int = 500) -> Codes:
    digits = data.digits()
    autoencoder = deep_autoencoder(max_iter)
    with progress.step("(a) a code of the digits", autoencoder):
        autoencoder.fit(digits.train, X_val=digits.test)
    pca = PCA(N_COMPONENTS).fit(digits.train)
    pca_reconstructions = pca.inverse_transform(pca.transform(digits.test))
    with progress.step("    a classifier on the codes"):
        accuracy_on_codes = _accuracy(digits, autoencoder.transform(digits.train), autoencoder.transform(digits.test))
        accuracy_on_pixels = _accuracy(digits, digits.train, digits.test)
    shown = digits.one_of_each
    return Codes(
        error=data.squared_error(digits.test, autoencoder.reconstruct(digits.test)),
        pca_error=data.squared_error(digits.test, pca_reconstructions),
        error_curve=autoencoder.validation_loss_curve_,
        accuracy_on_codes=accuracy_on_codes,
        accuracy_on_pixels=accuracy_on_pixels,
        pictures=digits.test[shown],
        codes=autoencoder.transform(digits.test[shown]),
        reconstructions=autoencoder.reconstruct(digits.test[shown]),
        pca_reconstructions=pca_reconstructions[shown],
    )


def _accuracy(digits: data.Digits, train: NDArray[Any], test: NDArray[Any]) -> float:
    classifier = LogisticRegression(max_iter=5000)  # so small that BLAS threads mostly wait for each other
    with threadpool_limits(1):
        return float(classifier.fit(train, digits.train_labels).score(test, digits.test_labels))
