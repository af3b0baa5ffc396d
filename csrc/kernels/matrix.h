// Views of matrices.
#pragma once

#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "kernels/partition.h"

namespace eigencoder::kernels {

// Row-major; `stride` is the distance of two rows. What lies between cols and stride is padding, free to be
// overwritten.
template <typename T>
struct Matrix {
  T* data = nullptr;
  Index rows = 0;
  Index cols = 0;
  Index stride = 0;

  constexpr T* row(Index i) const { return data + i * stride; }
  // The columns that may be written, so that whole packets can be where rows are padded.
  Index reach() const { return std::min(padded<T>(cols), stride); }
  Matrix block(Index i, Index j, Index n_rows, Index n_cols) const { return {row(i) + j, n_rows, n_cols, stride}; }
  template <typename U = T, typename = std::enable_if_t<!std::is_const_v<U>>>
  operator Matrix<const U>() const {
    return {data, rows, cols, stride};
  }
};

// The weights of a layer, (n_inputs, n_outputs) as the layer sees them; stored the other way round if `transposed`.
template <typename T>
struct Weights {
  T* data = nullptr;
  Index n_inputs = 0;
  Index n_outputs = 0;
  bool transposed = false;

  constexpr Matrix<T> stored() const {
    return transposed ? Matrix<T>{data, n_outputs, n_inputs, n_inputs}
                      : Matrix<T>{data, n_inputs, n_outputs, n_outputs};
  }
  template <typename U = T, typename = std::enable_if_t<!std::is_const_v<U>>>
  operator Weights<const U>() const {
    return {data, n_inputs, n_outputs, transposed};
  }
};

inline Index checked_product(Index a, Index b) {
  if (b != 0 && a > std::numeric_limits<Index>::max() / b / 16) {
    throw std::length_error("an array of " + std::to_string(a) + " x " + std::to_string(b) + " numbers is too large");
  }
  return a * b;
}

}  // namespace eigencoder::kernels
