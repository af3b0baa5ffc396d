// Views of matrices and the one owner of memory in the engines.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>

#include "kernels/packet.h"

namespace eigencoder::kernels {

// Row-major; `stride` is the distance of two rows. What lies between cols and stride is padding, free to be
// overwritten.
template <typename T>
struct Matrix {
  T* data = nullptr;
  Index rows = 0;
  Index cols = 0;
  Index stride = 0;

  T* row(Index i) const { return data + i * stride; }
  // The columns that may be written, so that whole packets can be where rows are padded.
  Index reach() const { return std::min(padded<T>(cols), stride); }
  Matrix block(Index i, Index j, Index n_rows, Index n_cols) const { return {row(i) + j, n_rows, n_cols, stride}; }
  operator Matrix<const T>() const { return {data, rows, cols, stride}; }
};

// The weights of a layer, (n_inputs, n_outputs) as the layer sees them; stored the other way round if `transposed`.
template <typename T>
struct Weights {
  T* data = nullptr;
  Index n_inputs = 0;
  Index n_outputs = 0;
  bool transposed = false;

  operator Weights<const T>() const { return {data, n_inputs, n_outputs, transposed}; }
};

inline Index checked_product(Index a, Index b) {
  if (b != 0 && a > std::numeric_limits<Index>::max() / b / 16) {
    throw std::length_error("an array of " + std::to_string(a) + " x " + std::to_string(b) + " numbers is too large");
  }
  return a * b;
}

// Uninitialised memory, aligned to a packet.
template <typename T>
class Buffer {
 public:
  explicit Buffer(Index size = 0) : size_(size) {
    if (size == 0) return;
    const auto bytes = static_cast<std::size_t>(checked_product(size, sizeof(T)));
    data_.reset(static_cast<T*>(::operator new(bytes, std::align_val_t{64})));
  }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  Index size() const { return size_; }
  T& operator[](Index i) { return data_.get()[i]; }
  const T& operator[](Index i) const { return data_.get()[i]; }

 private:
  struct Free {
    void operator()(T* data) const { ::operator delete(data, std::align_val_t{64}); }
  };
  Index size_;
  std::unique_ptr<T, Free> data_;
};

// Rows at such a distance share the few places that a cache has for them.
template <typename T>
constexpr bool aliases(Index stride) {
  return stride * static_cast<Index>(sizeof(T)) % 2048 == 0;
}

// Rows of which each begins at a cache line. The padding is zero at first, so that no packet holds a stale NaN.
template <typename T>
class PaddedMatrix {
 public:
  PaddedMatrix(Index rows, Index cols)
      : cols_(cols),
        stride_(padded<T>(cols) + (aliases<T>(padded<T>(cols)) ? cache_line<T> : 0)),
        memory_(checked_product(rows, stride_)) {
    std::fill_n(memory_.data(), memory_.size(), T(0));
  }
  Matrix<T> first_rows(Index n) { return {memory_.data(), n, cols_, stride_}; }

 private:
  Index cols_;
  Index stride_;
  Buffer<T> memory_;
};

}  // namespace eigencoder::kernels
