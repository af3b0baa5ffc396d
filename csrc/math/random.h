// Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011), a function of (seed, position) alone.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace eigencoder::math {

using Words = std::array<std::uint32_t, 4>;

inline Words philox(Words counter, std::uint64_t key) {
  auto key_0 = static_cast<std::uint32_t>(key);
  auto key_1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product_0 = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t product_1 = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(product_1 >> 32) ^ counter[1] ^ key_0, static_cast<std::uint32_t>(product_1),
               static_cast<std::uint32_t>(product_0 >> 32) ^ counter[3] ^ key_1, static_cast<std::uint32_t>(product_0)};
    key_0 += 0x9E3779B9;
    key_1 += 0xBB67AE85;
  }
  return counter;
}

enum class Stream : std::uint32_t { initial_weights, shuffle, noise, validation_noise, validation_split };

// The words of columns 4 * quad .. 4 * quad + 3 of a row.
inline Words words(std::uint64_t seed, Stream stream, std::uint64_t row, std::uint64_t quad, std::uint64_t epoch) {
  const auto row_high = static_cast<std::uint32_t>(row >> 32) | static_cast<std::uint32_t>(stream) << 16;
  return philox(
      {static_cast<std::uint32_t>(quad), static_cast<std::uint32_t>(row), row_high, static_cast<std::uint32_t>(epoch)},
      seed);
}

// In (0, 1), never an end point.
inline double uniform(std::uint32_t word) { return (word + 0.5) * 0x1p-32; }

// Uniform in 0 .. n - 1.
inline std::uint64_t bounded(std::uint32_t word, std::uint64_t n) { return (word * n) >> 32; }

// Fisher & Yates, from the last position down; position i takes word i % 4 of column quad i / 4.
template <typename Item>
void shuffle(std::vector<Item>& items, std::uint64_t seed, Stream stream, std::uint64_t row, std::uint64_t epoch) {
  Words drawn{};
  for (std::size_t i = items.size(); i-- > 1;) {
    if (i % 4 == 3 || i + 1 == items.size()) drawn = words(seed, stream, row, i / 4, epoch);
    std::swap(items[i], items[bounded(drawn[i % 4], i + 1)]);
  }
}

}  // namespace eigencoder::math
