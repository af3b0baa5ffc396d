"""Random numbers: published answers, positions, and the distribution of everything drawn from them."""

from dataclasses import replace
from math import cos, log, pi, sin, sqrt
from typing import Any

import numpy as np
import pytest

from eigencoder.reference import Dataset
from eigencoder.reference.kernels import Noise, gather_corrupt, masking
from eigencoder.reference.random import Stream, bounded, initial_weights, permutation, philox, uniform, words
from tolerances import FORMULA, N_SIGMA

CLOSE = FORMULA["reference", "float64"]


@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        (
            [0x00000000, 0x00000000, 0x00000000, 0x00000000],
            0x00000000_00000000,
            [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8],
        ),
        (
            [0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF],
            0xFFFFFFFF_FFFFFFFF,
            [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD],
        ),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            0x299F31D0_A4093822,
            [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
        ),
    ],
    ids=["zeros", "ones", "pi"],
)
def test_philox_gives_the_answers_that_random123_publishes(counter: list[int], key: int, answer: list[int]) -> None:
    assert philox(np.array(counter, dtype=np.uint64), key).tolist() == answer


def test_a_word_is_that_of_its_position() -> None:
    seed, epoch = 0x0123456789ABCDEF, 7
    rows = np.array([3, (5 << 32) + 9])
    drawn = words(seed, Stream.validation_noise, rows, 10, epoch)
    assert drawn.shape == (2, 12)
    for row_words, low, high in zip(drawn, (3, 9), (0, 5), strict=True):
        for quad in range(3):
            counter = np.array([quad, low, high | 3 << 16, epoch], dtype=np.uint64)
            assert row_words[4 * quad : 4 * quad + 4].tolist() == philox(counter, seed).tolist()


def test_streams_are_those_of_the_native_core() -> None:
    names = ["initial_weights", "shuffle", "noise", "validation_noise", "validation_split"]
    assert [(stream.name, stream.value) for stream in Stream] == [(name, i) for i, name in enumerate(names)]


def test_uniform_never_reaches_an_end_point() -> None:
    ends = uniform(np.array([0, 2**32 - 1], dtype=np.uint64))
    np.testing.assert_array_equal(ends, [2.0**-33, 1 - 2.0**-33])


def test_bounded_covers_its_range_evenly() -> None:
    word = np.array([0, 2**32 // 3, 2**32 // 3 + 1, 2**32 - 1], dtype=np.uint64)
    assert bounded(word, np.full(4, 3, dtype=np.uint64)).tolist() == [0, 0, 1, 2]


@pytest.mark.parametrize("n", [0, 1, 2, 5, 37])
def test_permutation_is_the_fisher_yates_shuffle_of_its_row(n: int) -> None:
    word = words(11, Stream.shuffle, np.array([6]), n, epoch=4)[0].tolist()
    expected = list(range(n))
    for i in reversed(range(1, n)):
        j = word[i] * (i + 1) // 2**32
        expected[i], expected[j] = expected[j], expected[i]
    assert permutation(n, 11, Stream.shuffle, row=6, epoch=4).tolist() == expected
    assert sorted(expected) == list(range(n))


def test_permutation_puts_every_entry_everywhere_equally_often() -> None:
    n, n_draws = 5, 2000
    counts = np.zeros((n, n))
    for epoch in range(n_draws):
        counts[np.arange(n), permutation(n, 0, Stream.shuffle, epoch=epoch)] += 1
    deviation = sqrt(n_draws * (1 / n) * (1 - 1 / n))
    assert np.abs(counts - n_draws / n).max() < N_SIGMA * deviation


def test_permutation_depends_on_seed_stream_row_and_epoch() -> None:
    orders = [
        permutation(20, 0, Stream.shuffle),
        permutation(20, 1, Stream.shuffle),
        permutation(20, 1 << 32, Stream.shuffle),
        permutation(20, 0, Stream.validation_split),
        permutation(20, 0, Stream.shuffle, row=1),
        permutation(20, 0, Stream.shuffle, epoch=1),
    ]
    assert len({tuple(order.tolist()) for order in orders}) == len(orders)


@pytest.mark.parametrize(("relu_like", "limit"), [(False, sqrt(6 / (40 + 30))), (True, sqrt(6 / 40))])
def test_initial_weights_are_uniform_within_their_limit(relu_like: bool, limit: float) -> None:
    weights = initial_weights(3, 2, 40, 30, relu_like=relu_like)
    word = int(words(3, Stream.initial_weights, np.array([17]), 30, epoch=2)[0, 22])
    CLOSE.assert_close(weights[17, 22], limit * (2 * (word + 0.5) / 2**32 - 1))
    assert weights.shape == (40, 30)
    assert np.abs(weights).max() < limit
    assert abs(weights.mean()) < N_SIGMA * limit / sqrt(3 * weights.size)
    # The square of a uniform in +-limit has mean limit^2 / 3 and variance 4 limit^4 / 45.
    assert abs((weights**2).mean() - limit**2 / 3) < N_SIGMA * limit**2 * sqrt(4 / 45 / weights.size)


@pytest.fixture
def data() -> Dataset:
    return Dataset.of(np.random.default_rng(0).normal(size=(200, 13)))


def test_masking_compares_words_as_integers(data: Dataset) -> None:
    clean, corrupted = gather_corrupt(data, data.rows, Noise("masking", 0.3, seed=5, epoch=2))
    word = words(5, Stream.noise, data.rows, 13, epoch=2)[:, :13]
    masked = word < 1288490189  # 0.3 * 2^32, rounded
    np.testing.assert_array_equal(clean, data.x)
    np.testing.assert_array_equal(corrupted, np.where(masked, 0.0, clean))
    assert abs(masked.mean() - 0.3) < N_SIGMA * sqrt(0.3 * 0.7 / masked.size)


def test_masking_rounds_the_probability_to_the_nearest_word() -> None:
    word = np.array([[1288490188, 1288490189, 0, 2**32 - 1]], dtype=np.uint64)  # 0.3 * 2^32 is 1288490188.8
    np.testing.assert_array_equal(masking(np.ones((1, 4)), word, 0.3, Dataset.of(np.ones((1, 4)))), [[0, 1, 0, 1]])


@pytest.mark.parametrize(("level", "share"), [(0.0, 0.0), (1.0, 1.0)])
def test_masking_takes_nothing_or_all_at_the_ends(data: Dataset, level: float, share: float) -> None:
    _, corrupted = gather_corrupt(data, data.rows, Noise("masking", level, seed=5))
    assert (corrupted == 0).mean() == share


def test_gaussian_noise_is_box_muller_of_pairs_of_words(data: Dataset) -> None:
    clean, corrupted = gather_corrupt(data, data.rows, Noise("gaussian", 0.3, seed=5, epoch=2))
    u = (words(5, Stream.noise, data.rows, 13, epoch=2) + 0.5) / 2**32
    for row, column in [(0, 0), (7, 2), (199, 12)]:
        radius, angle = 0.3 * sqrt(-2 * log(u[row, column])), 2 * pi * u[row, column + 1]
        CLOSE.assert_close(corrupted[row, column], clean[row, column] + radius * cos(angle))
        if column + 1 < 13:
            CLOSE.assert_close(corrupted[row, column + 1], clean[row, column + 1] + radius * sin(angle))
    noise = (corrupted - clean) / 0.3
    assert abs(noise.mean()) < N_SIGMA / sqrt(noise.size)
    assert abs((noise**2).mean() - 1) < N_SIGMA * sqrt(2 / noise.size)
    assert abs((noise[:, 0] * noise[:, 1]).mean()) < N_SIGMA / sqrt(len(noise))


def test_salt_and_pepper_draws_extremes_with_a_fair_coin(data: Dataset) -> None:
    clean, corrupted = gather_corrupt(data, data.rows, Noise("salt_and_pepper", 0.4, seed=5))
    word = words(5, Stream.noise, data.rows, 13, epoch=0)[:, :13]
    chosen, coin = word < round(0.4 * 2**32), word % 2 == 1
    expected = np.where(chosen, np.where(coin, clean.max(axis=0), clean.min(axis=0)), clean)
    np.testing.assert_array_equal(corrupted, expected)
    assert abs(coin[chosen].mean() - 0.5) < N_SIGMA * sqrt(0.25 / chosen.sum())


def test_salt_and_pepper_takes_the_extremes_it_is_given() -> None:
    extremes = np.array([[-10.0, -20.0], [10.0, 20.0]])
    data = Dataset.of(np.zeros((50, 2)), column_extremes=extremes)
    _, corrupted = gather_corrupt(data, data.rows, Noise("salt_and_pepper", 1.0, seed=5))
    assert set(corrupted[:, 0]) == {-10.0, 10.0}
    assert set(corrupted[:, 1]) == {-20.0, 20.0}


@pytest.mark.parametrize("corruption", ["masking", "gaussian", "salt_and_pepper"])
def test_noise_belongs_to_a_row_and_not_to_its_place_in_the_batch(data: Dataset, corruption: str) -> None:
    noise = Noise(corruption, 0.3, seed=5, epoch=2)
    _, whole = gather_corrupt(data, data.rows, noise)
    batch = np.array([150, 3, 77])
    np.testing.assert_array_equal(gather_corrupt(data, batch, noise)[1], whole[batch])
    later = Dataset.of(data.x[100:], column_extremes=data.column_extremes, first_row=100)
    np.testing.assert_array_equal(gather_corrupt(later, later.rows, noise)[1], whole[100:])


@pytest.mark.parametrize("other", [{"seed": 6}, {"epoch": 3}, {"stream": Stream.validation_noise}])
def test_noise_depends_on_seed_epoch_and_stream(data: Dataset, other: dict[str, Any]) -> None:
    noise = Noise("gaussian", 0.3, seed=5, epoch=2)
    _, one = gather_corrupt(data, data.rows, noise)
    _, two = gather_corrupt(data, data.rows, replace(noise, **other))
    assert not np.isin(one, two).any()


def test_no_seed_means_no_noise(data: Dataset) -> None:
    _, inputs = gather_corrupt(data, data.rows, Noise("masking", 0.9))
    np.testing.assert_array_equal(inputs, data.x)
