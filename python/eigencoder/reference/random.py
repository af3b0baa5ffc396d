"""Counter-based random numbers: every word is a function of (seed, position) alone. csrc/math/random.h holds the same.

A word's position is (stream, row, column, epoch). So it does not matter in which order, on which thread or device a
shuffle, a noise entry or an initial weight is drawn.
"""

from enum import IntEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .config import Array, Rows

Words: TypeAlias = NDArray[np.uint64]  # of 32 bits each, kept in 64 so that products do not overflow

_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)


class Stream(IntEnum):
    """What a word is drawn for."""

    initial_weights = 0
    shuffle = 1
    noise = 2
    validation_noise = 3
    validation_split = 4


def philox(counter: Words, key: int) -> Words:
    """Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011).

    Parameters
    ----------
    counter : (..., 4), four words each
    key : 64 bits, the low word first

    Returns
    -------
    (..., 4)
    """
    c_0, c_1, c_2, c_3 = np.moveaxis(counter, -1, 0)
    for i in range(10):
        key_0 = np.uint64((key + i * 0x9E3779B9) & 0xFFFFFFFF)
        key_1 = np.uint64(((key >> 32) + i * 0xBB67AE85) & 0xFFFFFFFF)
        product_0 = np.uint64(0xD2511F53) * c_0
        product_1 = np.uint64(0xCD9E8D57) * c_2
        c_0, c_1 = product_1 >> _32 ^ c_1 ^ key_0, product_1 & _LOW
        c_2, c_3 = product_0 >> _32 ^ c_3 ^ key_1, product_0 & _LOW
    return np.stack((c_0, c_1, c_2, c_3), axis=-1)


def words(seed: int, stream: Stream, rows: Rows, n_columns: int, epoch: int) -> Words:
    """The words of the columns of some rows, in whole fours: word [i, j] belongs to column j of row ``rows[i]``.

    The counter of columns 4 q .. 4 q + 3 is (q, row mod 2^32, row div 2^32 + 2^16 stream, epoch), the key is the seed.

    Parameters
    ----------
    rows : (n,), not negative
    n_columns : how many columns are needed

    Returns
    -------
    (n, n_columns rounded up to a multiple of 4)
    """
    row = np.asarray(rows, dtype=np.int64).astype(np.uint64)[:, np.newaxis]
    quad = np.arange((n_columns + 3) // 4, dtype=np.uint64)
    row_high = row >> _32 | np.uint64(stream << 16)
    counter = np.stack(np.broadcast_arrays(quad, row & _LOW, row_high, np.uint64(epoch)), axis=-1)
    return philox(counter, seed).reshape(len(row), -1)


def uniform(word: Words) -> Array:
    """(word + 1/2) / 2^32: uniform in (0, 1), never an end point."""
    return (word.astype(np.float64) + 0.5) * 2.0**-32


def bounded(word: Words, n: NDArray[np.uint64]) -> Words:
    """word n div 2^32: uniform in 0 .. n - 1."""
    return word * n >> _32


def permutation(n: int, seed: int, stream: Stream, *, row: int = 0, epoch: int = 0) -> Rows:
    """An order of 0 .. n - 1, (n,): the shuffle of Fisher & Yates (Durstenfeld 1964).

    For i = n - 1, ..., 1: swap entry i with entry bounded(word i, i + 1), word i being that of column i of the row.
    """
    word = words(seed, stream, np.array([row]), n, epoch)[0, :n]
    partners = bounded(word, np.arange(1, n + 1, dtype=np.uint64)).tolist()
    order = list(range(n))
    for i in range(n - 1, 0, -1):
        j = partners[i]
        order[i], order[j] = order[j], order[i]
    return np.array(order, dtype=np.int64)


def initial_weights(seed: int, layer: int, n_inputs: int, n_outputs: int, *, relu_like: bool) -> Array:
    """Uniform in +-sqrt(6 / (n_inputs + n_outputs)) (Glorot & Bengio 2010), or in +-sqrt(6 / n_inputs) if relu_like.

    Weight [i, j] takes the word of column j of row i, the layer's number standing in the epoch's place.

    Returns
    -------
    (n_inputs, n_outputs)
    """
    limit = np.sqrt(6 / (n_inputs if relu_like else n_inputs + n_outputs))
    word = words(seed, Stream.initial_weights, np.arange(n_inputs), n_outputs, epoch=layer)[:, :n_outputs]
    return np.asarray(limit * (2 * uniform(word) - 1))
