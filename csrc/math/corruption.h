// Corruptions of a row's neighbouring entries, from the words that belong to them.
//
// To add one: write its struct here, append it to Corruptions, append its enumerator and name in eigencoder/config.h,
// and add the formula to python/eigencoder/reference/kernels.py.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <tuple>

#include "eigencoder/config.h"
#include "math/random.h"

namespace eigencoder::math {

// What noise may put in an entry's place, of neighbouring columns; `fill` nullptr: 0.
template <typename T>
struct Replacements {
  const T* fill;
  const T* minima;
  const T* maxima;
};

// A word below this has probability p: compared as integers, so that every dtype and device draws the same entries.
constexpr std::uint64_t threshold(double p) { return static_cast<std::uint64_t>(std::floor(p * 0x1p32 + 0.5)); }

struct NoCorruption {
  template <typename T>
  static constexpr void apply(T*, int, const std::uint32_t*, double, const Replacements<T>&) {}
};

struct Masking {
  template <typename T>
  static constexpr void apply(T* x, int n, const std::uint32_t* words, double level, const Replacements<T>& columns) {
    const std::uint64_t bound = threshold(level);
    const T* const fill = columns.fill;
    for (int i = 0; i < n; ++i) x[i] = words[i] < bound ? (fill ? fill[i] : T(0)) : x[i];
  }
};

// Box & Muller (1958): two uniforms give two independent normals.
struct Gaussian {
  template <typename T>
  static constexpr void apply(T* x, int n, const std::uint32_t* words, double level, const Replacements<T>&) {
    constexpr double two_pi = 6.283185307179586476925286766559;
    for (int i = 0; i < n; i += 2) {
      const double radius = level * std::sqrt(-2 * std::log(uniform(words[i])));
      const double angle = two_pi * uniform(words[i + 1]);
      x[i] += static_cast<T>(radius * std::cos(angle));
      if (i + 1 < n) x[i + 1] += static_cast<T>(radius * std::sin(angle));
    }
  }
};

struct SaltAndPepper {
  template <typename T>
  static constexpr void apply(T* x, int n, const std::uint32_t* words, double level, const Replacements<T>& columns) {
    const std::uint64_t bound = threshold(level);
    for (int i = 0; i < n; ++i) {
      if (words[i] < bound) x[i] = (words[i] & 1) ? columns.maxima[i] : columns.minima[i];
    }
  }
};

using Corruptions = std::tuple<NoCorruption, Masking, Gaussian, SaltAndPepper>;
static_assert(std::tuple_size_v<Corruptions> == corruption_names.size());

}  // namespace eigencoder::math
