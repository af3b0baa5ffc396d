// How the work of a kernel is cut.
#pragma once

#include <algorithm>

#include "eigencoder/config.h"

namespace eigencoder::kernels {

struct Range {
  Index begin = 0;
  Index end = 0;
  constexpr Index size() const { return end - begin; }
};

// Rows and columns of a matrix.
struct Part {
  Range rows;
  Range cols;
};

// One thread's part of what all threads do together. No cut changes a bit of a result.
struct Share {
  Index thread;
  Index n_threads;

  // A contiguous range of 0 .. n - 1 that begins at a multiple of `unit`.
  Range of(Index n, Index unit) const {
    const Index n_units = (n + unit - 1) / unit;
    return {std::min(n_units * thread / n_threads * unit, n), std::min(n_units * (thread + 1) / n_threads * unit, n)};
  }
};

inline constexpr Index row_unit = 8;

template <typename T>
inline constexpr int cache_line = 64 / static_cast<int>(sizeof(T));

template <typename T>
constexpr Index padded(Index n) {
  return (n + cache_line<T> - 1) / cache_line<T> * cache_line<T>;
}

}  // namespace eigencoder::kernels
