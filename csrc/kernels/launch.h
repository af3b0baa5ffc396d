// How kernels are started on a GPU, how their threads share the work, and what the threads of a warp or block sum.
// Blocks are two-dimensional: a warp lies along x.
#pragma once

#include <algorithm>
#include <stdexcept>

#include "kernels/kernels.h"

namespace eigencoder::kernels {

inline constexpr unsigned warp_threads = 32;
inline constexpr unsigned n_warps = 8;
inline constexpr unsigned block_threads = warp_threads * n_warps;
inline constexpr unsigned all_lanes = 0xffffffffu;

template <typename... Parameters, typename... Arguments>
void launch(cudaStream_t stream, dim3 grid, dim3 block, void (*kernel)(Parameters...), Arguments... arguments) {
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = block;
  config.stream = stream;
  check_cuda(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...), "starting a kernel");
}

// So many blocks that each has about `per_block` of n things to do, but no more than a grid can have.
inline unsigned n_blocks(Index n, unsigned per_block) {
  constexpr Index most = 65535;
  return static_cast<unsigned>(std::clamp<Index>((n + per_block - 1) / per_block, 1, most));
}

// A thread for each of n things.
template <typename... Parameters, typename... Arguments>
void launch_along(cudaStream_t stream, Index n, void (*kernel)(Parameters...), Arguments... arguments) {
  launch(stream, n_blocks(n, block_threads), block_threads, kernel, arguments...);
}

// A thread for each entry of a matrix.
template <typename... Parameters, typename... Arguments>
void launch_over(cudaStream_t stream, Index rows, Index cols, void (*kernel)(Parameters...), Arguments... arguments) {
  launch(stream, dim3(n_blocks(cols, warp_threads), n_blocks(rows, n_warps)), dim3(warp_threads, n_warps), kernel,
         arguments...);
}

// A warp for each of n rows.
template <typename... Parameters, typename... Arguments>
void launch_warps(cudaStream_t stream, Index n, void (*kernel)(Parameters...), Arguments... arguments) {
  launch(stream, dim3(1, n_blocks(n, n_warps)), dim3(warp_threads, n_warps), kernel, arguments...);
}

// Calls visit(i) for this thread's share of 0 .. n - 1, along x or y.
template <typename Visitor>
__device__ void along_x(Index n, const Visitor& visit) {
  const Index step = Index{gridDim.x} * blockDim.x;
  for (Index i = Index{blockIdx.x} * blockDim.x + threadIdx.x; i < n; i += step) visit(i);
}

template <typename Visitor>
__device__ void along_y(Index n, const Visitor& visit) {
  const Index step = Index{gridDim.y} * blockDim.y;
  for (Index i = Index{blockIdx.y} * blockDim.y + threadIdx.y; i < n; i += step) visit(i);
}

// Starts a kernel, start(flag), that raises the flag or does not, and waits for its answer.
template <typename T, typename Start>
bool raises_flag(Worker<T>& worker, const Start& start) {
  check_cuda(cudaMemsetAsync(worker.flag, 0, sizeof(int), worker.stream), "clearing a flag");
  start(worker.flag);
  int raised = 0;
  copy_to_host(worker.stream, 1, worker.flag, &raised);
  return raised != 0;
}

// Over the lanes of a warp; all get it.
__device__ inline double warp_sum(double x) {
  for (int distance = warp_threads / 2; distance > 0; distance /= 2) x += __shfl_xor_sync(all_lanes, x, distance);
  return x;
}

template <typename T>
__device__ T warp_max(T x) {
  for (int distance = warp_threads / 2; distance > 0; distance /= 2) {
    const T other = __shfl_xor_sync(all_lanes, x, distance);
    x = other > x ? other : x;
  }
  return x;
}

// Over a block of block_threads threads along x; all get it.
__device__ inline double block_sum(double x) {
  __shared__ double of_warps[n_warps];
  x = warp_sum(x);
  if (threadIdx.x % warp_threads == 0) of_warps[threadIdx.x / warp_threads] = x;
  __syncthreads();
  double sum = 0;
  for (unsigned warp = 0; warp < n_warps; ++warp) sum += of_warps[warp];
  __syncthreads();  // before the next sum writes there
  return sum;
}

// A factor of a product, row-major, `transposed`: stored the other way round.
template <typename T>
struct Factor {
  const T* data;
  Index stride;
  bool transposed = false;
};

template <typename T>
Factor<T> as_factor(Weights<const T> weights, bool transpose) {
  return {weights.data, weights.transposed ? weights.n_inputs : weights.n_outputs, weights.transposed != transpose};
}

// c (m, n) = a (m, depth) b (depth, n) + kept c. cuBLAS sees all matrices transposed, since it takes columns for rows.
template <typename T>
void multiply(Worker<T>& worker, Index depth, Factor<T> a, Factor<T> b, T kept, Matrix<T> c) {
  const auto as_int = [](Index n) {
    if (n > std::numeric_limits<int>::max()) {
      throw std::length_error("cuBLAS takes at most 2^31 - 1 rows or columns, found " + std::to_string(n));
    }
    return static_cast<int>(n);
  };
  const auto gemm = [] {
    if constexpr (std::is_same_v<T, float>) {
      return cublas().sgemm;
    } else {
      return cublas().dgemm;
    }
  }();
  const T one = 1;
  const int status = gemm(worker.cublas, b.transposed ? cublas_t : cublas_n, a.transposed ? cublas_t : cublas_n,
                          as_int(c.cols), as_int(c.rows), as_int(depth), &one, b.data, as_int(b.stride), a.data,
                          as_int(a.stride), &kept, c.data, as_int(c.stride));
  if (status == 0) return;
  check_cuda(cudaStreamSynchronize(worker.stream), "what came before a product");
  throw std::runtime_error("a product of cuBLAS failed with status " + std::to_string(status));
}

}  // namespace eigencoder::kernels
