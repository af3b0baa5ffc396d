"""Part (c): digits of which 40 % of the pixels are lost, restored."""

from dataclasses import dataclass

import numpy as np

from .._progress import TrainingProgress
from ..denoising import DenoisingAutoencoder
from . import data
from .findings import Finding

MASKED_SHARE = 0.4


@dataclass(frozen=True)
class Denoised:
    """What part (c) measured on test pictures, always against the clean ones. Errors: see `data.squared_error`.

    Attributes
    ----------
    clean, noisy, denoised : (10, 64), one of each digit
    """

    noisy_error: float
    denoised_error: float
    clean: data.Rows
    noisy: data.Rows
    denoised: data.Rows

    def findings(self) -> list[Finding]:
        return [
            Finding(
                "(c) error after denoising",
                f"{self.denoised_error:.2f}",
                f"below {self.noisy_error:.2f}, before it",
                self.denoised_error < self.noisy_error,
            )
        ]


def denoising_autoencoder(max_iter: int) -> DenoisingAutoencoder:
    """64-256-128-256-64."""
    return DenoisingAutoencoder(
        128,
        hidden_layer_sizes=(256,),
        activation="relu",
        output_activation="sigmoid",
        corruption_level=MASKED_SHARE,
        corruption_fill=0,
        max_iter=max_iter,
        random_state=0,
        n_jobs=1,
    )


def measure(progress: TrainingProgress, *, max_iter: int = 300) -> Denoised:
    digits = data.digits()
    autoencoder = denoising_autoencoder(max_iter)
    with progress.step("(c) denoising", autoencoder):
        autoencoder.fit(digits.train)
    lost = np.random.default_rng(0).random(digits.test.shape) < MASKED_SHARE
    noisy = np.where(lost, np.float32(0), digits.test)
    denoised = autoencoder.reconstruct(noisy)
    shown = digits.one_of_each
    return Denoised(
        noisy_error=data.squared_error(digits.test, noisy),
        denoised_error=data.squared_error(digits.test, denoised),
        clean=digits.test[shown],
        noisy=noisy[shown],
        denoised=denoised[shown],
    )
