"""Part (b): a sparse code of natural pictures finds edges."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._progress import TrainingProgress
from ..sparse import SparseAutoencoder
from . import data
from .findings import Finding

MIN_COHERENCE = 0.5
MIN_SHARE_OF_EDGES = 0.8


def coherence(tiles: NDArray[Any]) -> NDArray[np.float64]:
    """How much the gradients inside a tile share one direction: 1 for a straight edge, near 0 for white noise.

    Parameters
    ----------
    tiles : ndarray of shape (n_tiles, height, width)

    Returns
    -------
    coherence : ndarray of shape (n_tiles,)
        (l1 - l2) / (l1 + l2) with the eigenvalues l1 >= l2 of the structure tensor, the sum over the tile of the outer
        products of the gradient with itself (Bigun & Granlund 1987, "Optimal orientation detection of linear symmetry",
        ICCV); 0 for a constant tile.
    """
    vertical, horizontal = np.gradient(tiles.astype(np.float64), axis=(1, 2))
    tensor_vv, tensor_hh, tensor_vh = (
        np.sum(product, axis=(1, 2)) for product in (vertical**2, horizontal**2, vertical * horizontal)
    )
    difference = np.hypot(tensor_hh - tensor_vv, 2 * tensor_vh)
    coherence = np.zeros(len(tiles))
    np.divide(difference, tensor_hh + tensor_vv, out=coherence, where=difference > 0)
    return coherence


@dataclass(frozen=True)
class Edges:
    """What part (b) measured.

    Attributes
    ----------
    photographs : grey, (height, width) each
    tiles : (25, 8, 8), the weights that lead to each unit of the code
    coherence : (25,), that of each tile
    noise_coherence : (1000,), that of tiles of white noise
    """

    photographs: list[NDArray[np.float64]]
    tiles: NDArray[Any]
    coherence: NDArray[np.float64]
    noise_coherence: NDArray[np.float64]

    @property
    def is_edge(self) -> NDArray[np.bool_]:
        return self.coherence > MIN_COHERENCE

    @property
    def n_edges(self) -> int:
        return int(self.is_edge.sum())

    def findings(self) -> list[Finding]:
        return [
            Finding(
                "(b) units that look for an edge",
                f"{self.n_edges} of {len(self.tiles)}",
                f"at least {MIN_SHARE_OF_EDGES:.0%}",
                self.n_edges >= MIN_SHARE_OF_EDGES * len(self.tiles),
            )
        ]


def measure(progress: TrainingProgress, *, max_iter: int = 1000) -> Edges:
    photographs = data.photographs()
    autoencoder = SparseAutoencoder(
        25,
        output_activation="sigmoid",
        alpha=2e-4,
        sparsity=0.01,
        sparsity_weight=6.0,
        scale=None,
        init="glorot",
        solver="adam",
        learning_rate_init=0.02,
        batch_size=1000,
        max_iter=max_iter,
        n_iter_no_change=max_iter,
        random_state=0,
        n_jobs=1,
    )
    with progress.step("(b) a sparse code of photographs", autoencoder):
        autoencoder.fit(data.patches(photographs, 10_000))
    tiles = autoencoder.coefs_[0].T.reshape(-1, *data.TILE)
    noise = np.random.default_rng(0).standard_normal((1000, *data.TILE))
    return Edges(
        photographs=photographs,
        tiles=tiles,
        coherence=coherence(tiles),
        noise_coherence=coherence(noise),
    )
