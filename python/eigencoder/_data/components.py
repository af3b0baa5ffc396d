"""The principal components of rows with weights, in float64.

They come from the products of columns or, where these are fewer, of rows. All products are our own, and LAPACK runs on
one thread, so that no number of threads changes a bit.
"""

import inspect
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh, qr
from scipy.sparse.linalg import ArpackError, eigsh
from sklearn.utils import gen_batches
from sklearn.utils.extmath import svd_flip
from threadpoolctl import threadpool_limits

from .. import _core
from .._core import DeviceArray
from . import moments_on_gpu
from .device import Matrix

Array = NDArray[np.float64]

_BLOCK = 512
_EPS = float(np.finfo(np.float64).eps)
_FEW = 16  # so that a second copy of few rows is none
_MANY, _SMALL_PART = 300, 10  # eigenvectors of which Lanczos' method finds a tenth sooner than LAPACK
_IS_REPEATABLE = "rng" in inspect.signature(eigsh).parameters  # SciPy 1.17, which else draws anew in each call


class Deviations:
    """The rows of x, (n_samples, n_features), that have a share, as float64 and less a mean, by default their own.

    Each is scaled by the root of its share, so that the products of the columns are the covariance, and the columns by
    factors, (n_features,), where they are given.
    """

    eps = _EPS  # of their products

    def __init__(
        self,
        x: NDArray[Any],
        shares: Array,
        n_threads: int,
        mean: Array | None = None,
        factors: NDArray[Any] | None = None,
    ) -> None:
        self._x = x
        self._factors = factors
        self._rows = np.flatnonzero(shares)
        self._shares = shares[self._rows]
        self.n_threads = n_threads
        self.mean: Array = self._mean() if mean is None else mean

    @property
    def is_wide(self) -> bool:
        """Whether the rows are fewer than the columns."""
        return bool(len(self._rows) < self._x.shape[1])

    def blocks(self, size: int = _BLOCK) -> Iterator[Array]:
        """Some of them after the other, (n, n_features), in memory that the next ones overwrite."""
        roots = np.sqrt(self._shares)[:, np.newaxis]
        memory = np.empty((min(size, len(self._rows)), self._x.shape[1]))
        for block in gen_batches(len(self._rows), size):
            rows = self._x_of(block)
            deviations = np.subtract(rows, self.mean, out=memory[: len(rows)])
            deviations *= roots[block]
            if self._factors is not None:
                deviations *= self._factors
            yield deviations

    def transposed(self) -> Array:
        """All of them, (n_features, n)."""
        result = np.empty((self._x.shape[1], len(self._rows)))
        first = 0
        for deviations in self.blocks(_FEW):
            result[:, first : first + len(deviations)] = deviations.T
            first += len(deviations)
        return result

    def covariance(self) -> Array:
        """(n_features, n_features)."""
        return sum_of_grams(self.blocks(), self._x.shape[1], self.n_threads)

    def gram(self, transposed: Array, weights: Array | float = 1.0) -> Array:
        """The products of the rows, (n, n), from their transpose; each column times a weight, (n_features,)."""
        roots = np.broadcast_to(np.sqrt(weights), len(transposed))[:, np.newaxis]
        blocks = (transposed[block] * roots[block] for block in gen_batches(len(transposed), _BLOCK))
        return sum_of_grams(blocks, transposed.shape[1], self.n_threads)

    def principal_components(self, n: int) -> tuple[Array, Array]:
        """The n largest variances, or as many as there are rows, and their components as columns with the signs of PCA.

        Where the rows are fewer than the columns, components beyond the rank are 0.
        """
        if not self.is_wide:
            return leading_eigenvectors(self.covariance(), n)
        transposed = self.transposed()
        variances, coordinates = leading_eigenvectors(self.gram(transposed), min(n, transposed.shape[1]))
        return variances, unit_columns(product(transposed, coordinates, self.n_threads), variances)

    def captured(self, others: "Deviations") -> Array:
        """What each principal component of these captures of the sum of squares of others."""
        if self.is_wide:
            transposed = self.transposed()
            variances, coordinates = leading_eigenvectors(self.gram(transposed), transposed.shape[1])
            above = exceed_rounding(variances)
            factors = [transposed, coordinates[:, above] / np.sqrt(variances[above])]
        else:
            factors = [self.principal_components(len(self.mean))[1]]
        captured = np.zeros(factors[-1].shape[1])
        for products in others.blocks():
            for factor in factors:
                products = product(products, factor, self.n_threads)
            captured += np.einsum("ij,ij->j", products, products)
        return captured

    def covariances(self, a: Array, b: Array) -> Array:
        """Of each coordinate in a, (n_features, r), with that in b: (r,)."""
        products = ((product(block, a, self.n_threads), product(block, b, self.n_threads)) for block in self.blocks())
        return np.asarray(sum(np.einsum("ij,ij->j", of_a, of_b) for of_a, of_b in products))

    def sum_of_squares(self) -> float:
        """Of all entries."""
        return float(sum(np.einsum("ij,ij->", block, block) for block in self.blocks()))

    def _mean(self) -> Array:
        mean = np.zeros(self._x.shape[1])
        for block in gen_batches(len(self._rows), _BLOCK):
            mean += np.einsum("i,ij->j", self._shares[block], self._x_of(block))
        return mean

    def _x_of(self, block: slice) -> NDArray[Any]:
        if len(self._rows) == len(self._x):
            return self._x[block]
        return np.asarray(self._x[self._rows[block]])


class DeviationsOnGpu(NamedTuple):
    """The same of rows that lie on a GPU, whose covariance comes from there, to the rounding of their dtype."""

    x: DeviceArray
    shares: Array
    mean: Array
    factors: NDArray[Any] | None

    @property
    def eps(self) -> float:
        return float(np.finfo(self.x.dtype).eps)

    def principal_components(self, n: int) -> tuple[Array, Array]:
        """The n largest variances, and their components as columns with the signs of PCA."""
        covariance = moments_on_gpu.covariance(self.x, self.shares, self.mean)
        if self.factors is not None:
            covariance *= np.multiply.outer(self.factors, self.factors.astype(np.float64))
        return leading_eigenvectors(covariance, n)


def deviations_of(
    x: Matrix, shares: Array, n_threads: int, mean: Array, factors: NDArray[Any] | None
) -> Deviations | DeviationsOnGpu:
    """Of the rows of x, wherever they lie."""
    if isinstance(x, DeviceArray):
        return DeviationsOnGpu(x, shares, mean, factors)
    return Deviations(x, shares, n_threads, mean, factors)


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
        found = _by_lanczos(matrix, n) if n_all >= _MANY and _SMALL_PART * n <= n_all else None
        values, vectors = found or eigh(matrix, subset_by_index=few)
    return values[::-1][:n], _with_signs_of_pca(vectors[:, ::-1][:, :n])


def _by_lanczos(matrix: Array, n: int) -> tuple[Array, Array] | None:
    """The n largest eigenvalues in ascending order, and their eigenvectors; None where they are not found."""
    largest = np.abs(matrix).max()
    if not _IS_REPEATABLE or not 0 < largest < np.inf:
        return None
    start = np.random.default_rng(0).standard_normal(len(matrix))
    try:  # of numbers about 1: ARPACK stops too early at eigenvalues below eps^(2/3)
        values, vectors = eigsh(matrix / largest, n, which="LA", v0=start, rng=np.random.default_rng(0))
    except ArpackError:
        return None
    return largest * values, vectors


def exceed_rounding(variances: Array, eps: float = _EPS) -> NDArray[np.bool_]:
    """Which of all variances are not those of rounding, of which up to 10 roundings of the largest were seen."""
    return np.asarray(variances > 10 * len(variances) * eps * variances.max(initial=0.0))


def unit_columns(columns: Array, variances: Array) -> Array:
    """Eigenvectors from columns that are proportional to them, or 0 where the variance is that of rounding."""
    above = exceed_rounding(variances)
    units = np.zeros_like(columns)
    with threadpool_limits(1, user_api="blas"):
        units[:, above], _ = qr(columns[:, above], mode="economic", overwrite_a=True)
    return _with_signs_of_pca(units)


def _with_signs_of_pca(vectors: Array) -> Array:
    flipped: Array = svd_flip(None, vectors.T, u_based_decision=False)[1].T
    return flipped
