// The owners of memory that kernels on a GPU work in.
#pragma once

#include <cuda_runtime.h>

#include <memory>

#include "kernels/matrix.h"

namespace eigencoder::kernels {

// std::runtime_error that says what failed, unless nothing did.
void check_cuda(cudaError_t error, const char* what);

void* allocate_on_gpu(std::size_t bytes);
void* allocate_pinned(std::size_t bytes);

// The memory that is free on the present GPU, in bytes.
Index free_memory();

// Whether an array lies in memory of a GPU.
bool lies_on_gpu(const void* array);

// The same of one that others have written there: if so, waits for all that they have started.
bool has_come_to_gpu(const void* array);

// Uninitialised memory of the GPU, which the host cannot touch.
template <typename T>
class Buffer {
 public:
  explicit Buffer(Index size = 0) : size_(size) {
    if (size == 0) return;
    data_.reset(static_cast<T*>(allocate_on_gpu(static_cast<std::size_t>(checked_product(size, sizeof(T))))));
  }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  Index size() const { return size_; }

 private:
  struct Free {
    void operator()(T* data) const { cudaFree(data); }  // waits for the kernels that use it
  };
  Index size_;
  std::unique_ptr<T, Free> data_;
};

// Uninitialised memory of the host, from which a copy goes on while the host does other things.
template <typename T>
class PinnedBuffer {
 public:
  explicit PinnedBuffer(Index size)
      : data_(static_cast<T*>(allocate_pinned(static_cast<std::size_t>(checked_product(size, sizeof(T)))))) {}
  T* data() { return data_.get(); }

 private:
  struct Free {
    void operator()(T* data) const { cudaFreeHost(data); }
  };
  std::unique_ptr<T, Free> data_;
};

// Rows of which each begins where a warp's read does.
template <typename T>
class PaddedMatrix {
 public:
  PaddedMatrix(Index rows, Index cols)
      : cols_(cols), stride_((cols + 31) / 32 * 32), memory_(checked_product(rows, stride_)) {}
  Matrix<T> first_rows(Index n) { return {memory_.data(), n, cols_, stride_}; }

 private:
  Index cols_;
  Index stride_;
  Buffer<T> memory_;
};

// Rows at no distance get in each other's way.
template <typename T>
constexpr bool aliases(Index /*stride*/) {
  return false;
}

}  // namespace eigencoder::kernels
