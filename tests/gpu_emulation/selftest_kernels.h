// Kernels of the self-test that its parts share.
#pragma once

#include <cuda_runtime.h>

namespace selftest {

constexpr int block_size = 256;

template <class T>
__global__ void copy(const T* __restrict__ from, T* __restrict__ to, int count) {
  const unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < static_cast<unsigned int>(count)) to[i] = from[i];
}

struct Range {
  const float* data;
  int count;
};

template <class T>
__device__ __forceinline__ T sum_of_warp(T value) {
  for (unsigned int delta = 16; delta > 0; delta /= 2) value += __shfl_down_sync(0xffffffffu, value, delta);
  return value;
}

// The sum of a range by one block; every thread gets it.
template <class T>
__device__ T sum_of_block(T value) {
  __shared__ T sums[block_size / 32];
  __shared__ T total;
  value = sum_of_warp(value);
  if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = value;
  __syncthreads();
  if (threadIdx.x < 32) {
    value = threadIdx.x < block_size / 32 ? sums[threadIdx.x] : T(0);
    for (int mask = 16; mask > 0; mask /= 2) value += __shfl_xor_sync(0xffffffffu, value, mask);
    value = __shfl_sync(0xffffffffu, value, 0);
    if (threadIdx.x == 0) total = value;
  }
  __syncthreads();
  return total;
}

template <class T>
__global__ void __launch_bounds__(block_size) sum(Range range, T* result) {
  T value = 0;
  for (int i = static_cast<int>(threadIdx.x); i < range.count; i += block_size) value += static_cast<T>(range.data[i]);
  value = sum_of_block(value);
  if (threadIdx.x == blockDim.x - 1) result[blockIdx.x] = value;
}

}  // namespace selftest
