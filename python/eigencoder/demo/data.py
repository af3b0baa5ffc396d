"""The data of the demo, and the error that its parts report."""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits, load_sample_images
from sklearn.feature_extraction.image import extract_patches_2d
from sklearn.model_selection import train_test_split

Rows: TypeAlias = NDArray[np.float32]

TILE = (8, 8)
N_PIXELS = 64


class Digits(NamedTuple):
    """Pictures, (n_pictures, 64) in [0, 1], and their labels, (n_pictures,)."""

    train: Rows
    test: Rows
    train_labels: NDArray[Any]
    test_labels: NDArray[Any]

    @property
    def one_of_each(self) -> NDArray[np.intp]:
        """The index of the first test picture of each digit."""
        return np.unique(self.test_labels, return_index=True)[1]


def digits() -> Digits:
    """scikit-learn's 1797 digits of 8 x 8 pixels, a third of them for testing."""
    pictures, labels = load_digits(return_X_y=True)
    pictures = (pictures / 16).astype(np.float32)
    return Digits(*train_test_split(pictures, labels, test_size=1 / 3, stratify=labels, random_state=0))


def photographs() -> list[NDArray[np.float64]]:
    """scikit-learn's two sample photographs in grey, (427, 640) each."""
    return [photograph.mean(axis=2) for photograph in load_sample_images().images]


def patches(photographs: list[NDArray[np.float64]], n_patches: int) -> Rows:
    """Patches of 8 x 8 pixels, the same number of each photograph, (n_patches, 64) in [0.1, 0.9].

    The mean of each patch is removed, and what lies beyond three standard deviations is clipped.
    """
    n_each = n_patches // len(photographs)
    rows = np.concatenate(
        [extract_patches_2d(p, TILE, max_patches=n_each, random_state=0).reshape(-1, N_PIXELS) for p in photographs]
    )
    rows -= rows.mean(axis=1, keepdims=True)
    limit = 3 * rows.std()
    scaled: Rows = (0.5 + 0.4 * np.clip(rows / limit, -1, 1)).astype(np.float32)
    return scaled


def squared_error(expected: NDArray[Any], found: NDArray[Any]) -> float:
    """||expected - found||^2, summed over the pixels, a mean over the pictures."""
    return float(np.mean(np.sum((expected - found) ** 2, axis=1)))
