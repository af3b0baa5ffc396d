"""A packed network gives the bits of the engine's own pass, for any number of rows."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from backend import BACKEND
from eigencoder import _core

pytestmark = pytest.mark.skipif(BACKEND != "cpu", reason="networks are packed for the CPU")
DTYPES = (np.float32, np.float64)
# About every edge: registers of 2 to 16 numbers, panels and groups of them, few last columns, parts of the depth.
SIZES = ((1, 1), (3, 17, 25), (64, 25), (200, 193, 194, 195, 196, 257), (300, 388, 3), (2100, 36, 1))
N_ROWS = (*range(1, 10), 130)


def layers_of(sizes, dtype, activation, *, transposed=False, n_active=0):
    generator = np.random.default_rng(len(sizes))
    layers = []
    for n_inputs, n_outputs in pairwise(sizes):
        weights = (generator.normal(size=(n_inputs, n_outputs)) / np.sqrt(n_inputs)).astype(dtype)
        if transposed:
            weights = np.ascontiguousarray(weights.T).T
        layers.append((weights, generator.normal(size=n_outputs).astype(dtype), activation, min(n_active, n_outputs)))
    return layers


def rows_of(sizes, dtype, n_rows) -> NDArray[np.generic]:
    return np.random.default_rng(n_rows).normal(size=(n_rows, sizes[0])).astype(dtype)


def assert_same_bits(layers, x):
    packed = _core.PackedNetwork(layers, len(layers), lambda: 1)
    for n_rows in N_ROWS:
        expected = _core.forward(layers, x[:n_rows], 1)
        assert packed.encode(x[:n_rows], None).tobytes() == expected.tobytes(), n_rows
        assert packed.encode(x[n_rows - 1], None).tobytes() == expected[n_rows - 1].tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("transposed", [False, True])
def test_same_bits_for_any_size(sizes, dtype, transposed):
    assert_same_bits(layers_of(sizes, dtype, "tanh", transposed=transposed), rows_of(sizes, dtype, max(N_ROWS)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", _core.ACTIVATIONS)
def test_same_bits_for_any_activation(activation, dtype):
    sizes = (20, 200, 37)
    x = rows_of(sizes, dtype, max(N_ROWS))
    x[:, 0] *= 1e4
    assert_same_bits(layers_of(sizes, dtype, activation), x)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_active", [1, 5, 40])
def test_same_bits_where_few_outputs_stay(n_active, dtype):
    sizes = (20, 40, 40)
    layers = layers_of(sizes, dtype, "relu", n_active=n_active)
    x = rows_of(sizes, dtype, max(N_ROWS))
    assert_same_bits(layers, x)
    code = _core.PackedNetwork(layers, 1, lambda: 1).encode(x, None)
    assert np.count_nonzero(code, axis=1).max() <= n_active


@pytest.mark.parametrize("dtype", DTYPES)
def test_same_bits_where_numbers_are_subnormal_or_overflow(dtype):
    sizes = (300, 36, 20)
    x = rows_of(sizes, dtype, max(N_ROWS))
    x[0] *= np.finfo(dtype).tiny
    x[1] *= np.finfo(dtype).max / 8
    layers = layers_of(sizes, dtype, "relu")
    layers[0][0][...] *= 100
    assert_same_bits(layers, x)
    assert not np.isfinite(_core.forward(layers, x[1:2], 1)).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_rows", [1, 9, 300])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_found_in_any_place(n_rows, value, dtype):
    sizes = (20, 5, 3)
    packed = _core.PackedNetwork(layers_of(sizes, dtype, "relu"), 1, lambda: 1)
    for row, column in ((0, 0), (n_rows - 1, sizes[0] - 1)):
        x = rows_of(sizes, dtype, n_rows)
        x[row, column] = value
        with pytest.raises(ValueError, match=f"x must be finite, found {value} in row {row}, column {column}"):
            packed.encode(x, None)


@pytest.mark.parametrize("dtype", DTYPES)
def test_same_bits_for_any_number_of_threads(dtype):
    sizes = (60, 100, 30, 100)
    layers = layers_of(sizes, dtype, "sigmoid", n_active=7)
    x = rows_of(sizes, dtype, 5003)
    expected = _core.forward(layers, x, 1)
    for n_threads in (1, 2, 3, 5):
        packed = _core.PackedNetwork(layers, 2, lambda n_threads=n_threads: n_threads)
        assert packed.reconstruct(x, None).tobytes() == expected.tobytes()
        assert packed.decode(packed.encode(x, None), None).tobytes() == expected.tobytes()
