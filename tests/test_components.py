"""The leading eigenvectors of a large matrix are those of LAPACK, whichever method has found them."""

import numpy as np
import pytest
from scipy.linalg import eigh

from eigencoder._data.components import leading_eigenvectors

N_ALL = 320
Q = np.linalg.qr(np.random.default_rng(0).normal(size=(N_ALL, N_ALL)))[0]
EIGENVALUES = {
    "falling": 1 / np.arange(1.0, N_ALL + 1),
    "nearly equal": np.linspace(1, 0.999, N_ALL),
    "in pairs": np.repeat(np.arange(N_ALL // 2, 0, -1.0), 2),
    "of rank 2": np.array([2.0, 1.0] + [0.0] * (N_ALL - 2)),
    "all equal": np.ones(N_ALL),
    "none": np.zeros(N_ALL),
}


@pytest.mark.parametrize("factor", [1e-30, 1.0, 1e30])
@pytest.mark.parametrize("name", EIGENVALUES)
def test_they_are_those_of_lapack(name: str, factor: float) -> None:
    matrix = factor * (Q * EIGENVALUES[name]) @ Q.T
    values, vectors = leading_eigenvectors(matrix, 5)
    largest = np.abs(values).max()
    expected = eigh(matrix, eigvals_only=True)[::-1][:5]
    np.testing.assert_allclose(values, expected, rtol=0, atol=1e-12 * largest)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(5), atol=1e-12)
    np.testing.assert_allclose(matrix @ vectors, vectors * values, rtol=0, atol=1e-12 * largest)


@pytest.mark.parametrize("name", EIGENVALUES)
def test_they_have_the_same_bits_each_time(name: str) -> None:
    matrix = np.diag(EIGENVALUES[name])  # in which Lanczos' method soon has to draw another vector
    for one, other in zip(leading_eigenvectors(matrix, 5), leading_eigenvectors(matrix, 5), strict=True):
        np.testing.assert_array_equal(one, other)
