// The owners of memory that kernels on the processor work in.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

#include "kernels/matrix.h"

namespace eigencoder::kernels {

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

// The distance of rows of which each begins at a cache line.
template <typename T>
constexpr Index padded_stride(Index cols) {
  return padded<T>(cols) + (aliases<T>(padded<T>(cols)) ? cache_line<T> : 0);
}

// Rows of which each begins at a cache line. The padding is zero at first, so that no packet holds a stale NaN.
template <typename T>
class PaddedMatrix {
 public:
  PaddedMatrix(Index rows, Index cols)
      : cols_(cols), stride_(padded_stride<T>(cols)), memory_(checked_product(rows, stride_)) {
    const Matrix<T> all = first_rows(rows);
    for (Index i = 0; i < rows; ++i) std::fill(all.row(i) + cols, all.row(i) + stride_, T(0));
  }
  Matrix<T> first_rows(Index n) { return {memory_.data(), n, cols_, stride_}; }

 private:
  Index cols_;
  Index stride_;
  Buffer<T> memory_;
};

}  // namespace eigencoder::kernels
