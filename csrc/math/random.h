// Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011), a function of (seed, position) alone.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace eigencoder::math {

// n counters of four words each, the words of equal place side by side.
template <std::size_t n>
using Counters = std::array<std::array<std::uint32_t, n>, 4>;

template <std::size_t n>
constexpr void philox(Counters<n>& counters, std::uint64_t key) {
  auto key_0 = static_cast<std::uint32_t>(key);
  auto key_1 = static_cast<std::uint32_t>(key >> 32);
  auto& [c_0, c_1, c_2, c_3] = counters;
  for (int round = 0; round < 10; ++round) {
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint64_t product_0 = std::uint64_t{0xD2511F53} * c_0[i];
      const std::uint64_t product_1 = std::uint64_t{0xCD9E8D57} * c_2[i];
      c_0[i] = static_cast<std::uint32_t>(product_1 >> 32) ^ c_1[i] ^ key_0;
      c_1[i] = static_cast<std::uint32_t>(product_1);
      c_2[i] = static_cast<std::uint32_t>(product_0 >> 32) ^ c_3[i] ^ key_1;
      c_3[i] = static_cast<std::uint32_t>(product_0);
    }
    key_0 += 0x9E3779B9;
    key_1 += 0xBB67AE85;
  }
}

enum class Stream : std::uint32_t { initial_weights, shuffle, noise, validation_noise, validation_split };

template <std::size_t n>
using Words = std::array<std::uint32_t, n>;

// The words of the n columns 4 * quad, 4 * quad + 1, ... of a row. Inside of another loop its own one would be slower.
template <std::size_t n = 4>
[[gnu::noinline]] constexpr Words<n> words(std::uint64_t seed, Stream stream, std::uint64_t row, std::uint64_t quad,
                                           std::uint64_t epoch) {
  constexpr std::size_t n_quads = n / 4;
  static_assert(n % 4 == 0);
  const auto row_high = static_cast<std::uint32_t>(row >> 32) | static_cast<std::uint32_t>(stream) << 16;
  Counters<n_quads> counters{};
  for (std::size_t i = 0; i < n_quads; ++i) counters[0][i] = static_cast<std::uint32_t>(quad + i);
  for (std::uint32_t& word : counters[1]) word = static_cast<std::uint32_t>(row);
  for (std::uint32_t& word : counters[2]) word = row_high;
  for (std::uint32_t& word : counters[3]) word = static_cast<std::uint32_t>(epoch);
  philox(counters, seed);
  Words<n> result{};
  for (std::size_t i = 0; i < n_quads; ++i) {
    result[4 * i] = counters[0][i];
    result[4 * i + 1] = counters[1][i];
    result[4 * i + 2] = counters[2][i];
    result[4 * i + 3] = counters[3][i];
  }
  return result;
}

// In (0, 1), never an end point.
constexpr double uniform(std::uint32_t word) { return (word + 0.5) * 0x1p-32; }

// Uniform in 0 .. n - 1.
constexpr std::uint64_t bounded(std::uint32_t word, std::uint64_t n) { return (word * n) >> 32; }

// Fisher & Yates, from the last position down; position i takes word i % 4 of column quad i / 4.
template <typename Item>
void shuffle(std::vector<Item>& items, std::uint64_t seed, Stream stream, std::uint64_t row, std::uint64_t epoch) {
  Words<4> drawn{};
  for (std::size_t i = items.size(); i-- > 1;) {
    if (i % 4 == 3 || i + 1 == items.size()) drawn = words(seed, stream, row, i / 4, epoch);
    std::swap(items[i], items[bounded(drawn[i % 4], i + 1)]);
  }
}

}  // namespace eigencoder::math
