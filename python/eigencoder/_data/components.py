"""The principal components of rows with weights, in float64.

They come from the products of columns or, where these are fewer, of rows. All products are our own, and LAPACK runs on
one thread, so that no number of threads changes a bit.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh, qr
from sklearn.utils import gen_batches
from sklearn.utils.extmath import svd_flip
from threadpoolctl import threadpool_limits

from .. import _core

Array = NDArray[np.float64]

_BLOCK = 512


class Deviations:
    """The rows of x, (n_samples, n_features), that have a share, as float64 and less a mean, by default their own.

    Each is scaled by the root of its share, so that the products of the columns are the covariance.
    """

    def __init__(self, x: NDArray[Any], shares: Array, n_threads: int, mean: Array | None = None) -> None:
        self._x = x
        self._rows = np.flatnonzero(shares)
        self._shares = shares[self._rows]
        self._n_threads = n_threads
        self.mean: Array = self._mean() if mean is None else mean

    @property
    def is_wide(self) -> bool:
        """Whether the rows are fewer than the columns."""
        return bool(len(self._rows) < self._x.shape[1])

    def blocks(self) -> Iterator[Array]:
        """Some of them after the other, (n, n_features), in memory that the next ones overwrite."""
        roots = np.sqrt(self._shares)[:, np.newaxis]
        memory = np.empty((min(_BLOCK, len(self._rows)), self._x.shape[1]))
        for block in gen_batches(len(self._rows), _BLOCK):
            rows = self._x_of(block)
            deviations = np.subtract(rows, self.mean, out=memory[: len(rows)])
            deviations *= roots[block]
            yield deviations

    def transposed(self) -> Array:
        """All of them, (n_features, n)."""
        result = np.empty((self._x.shape[1], len(self._rows)))
        first = 0
        for deviations in self.blocks():
            result[:, first : first + len(deviations)] = deviations.T
            first += len(deviations)
        return result

    def covariance(self) -> Array:
        """(n_features, n_features)."""
        return sum_of_grams(self.blocks(), self._x.shape[1], self._n_threads)

    def principal_components(self, n: int) -> tuple[Array, Array]:
        """The n largest variances, or as many as there are rows, and their components as columns with the signs of PCA.

        Where the rows are fewer than the columns, components beyond the rank are 0.
        """
        if not self.is_wide:
            return leading_eigenvectors(self.covariance(), n)
        transposed = self.transposed()
        gram = sum_of_grams([transposed], transposed.shape[1], self._n_threads)
        variances, coordinates = leading_eigenvectors(gram, min(n, len(gram)))
        return variances, unit_columns(product(transposed, coordinates, self._n_threads), variances)

    def _mean(self) -> Array:
        mean = np.zeros(self._x.shape[1])
        for block in gen_batches(len(self._rows), _BLOCK):
            mean += np.einsum("i,ij->j", self._shares[block], self._x_of(block))
        return mean

    def _x_of(self, block: slice) -> NDArray[Any]:
        if len(self._rows) == len(self._x):
            return self._x[block]
        return np.asarray(self._x[self._rows[block]])


def sum_of_grams(blocks: Iterable[Array], n_columns: int, n_threads: int) -> Array:
    """sum a^T a of the blocks a, (n, n_columns)."""
    gram = np.zeros((n_columns, n_columns))
    for block in blocks:
        _core.add_gram(block, gram, n_threads)
    for part in gen_batches(n_columns, _BLOCK):
        gram[part, : part.start] = gram[: part.start, part].T
        on_diagonal = gram[part, part]
        on_diagonal[...] = np.triu(on_diagonal) + np.triu(on_diagonal, 1).T
    return gram


def product(a: Array, b: Array, n_threads: int) -> Array:
    """A b."""
    return _core.forward([(np.ascontiguousarray(b), np.zeros(b.shape[1]), "identity", 0)], a, n_threads)


def leading_eigenvectors(matrix: Array, n: int) -> tuple[Array, Array]:
    """The n largest eigenvalues, (n,), and eigenvectors, (len(matrix), n), in the order and with the signs of PCA."""
    n_all = len(matrix)
    few = (n_all - n, n_all - 1) if 4 * n <= n_all else None  # else slower than all of them
    with threadpool_limits(1, user_api="blas"):
        values, vectors = eigh(matrix, subset_by_index=few)
    return values[::-1][:n], _with_signs_of_pca(vectors[:, ::-1][:, :n])


def unit_columns(columns: Array, variances: Array) -> Array:
    """Eigenvectors from columns that are proportional to them, or 0 where the variance is that of rounding."""
    above = variances > len(variances) * np.finfo(np.float64).eps * variances.max(initial=0.0)
    units = np.zeros_like(columns)
    with threadpool_limits(1, user_api="blas"):
        units[:, above], _ = qr(columns[:, above], mode="economic", overwrite_a=True)
    return _with_signs_of_pca(units)


def _with_signs_of_pca(vectors: Array) -> Array:
    flipped: Array = svd_flip(None, vectors.T, u_based_decision=False)[1].T
    return flipped
