#include <cmath>

#include "kernels/launch.h"

namespace eigencoder::kernels {
namespace {

// A block takes one chunk after the other.
template <typename T>
__global__ void multiply_chunks(Index n, const T* a, const T* b, double* chunk_sums) {
  const Index n_chunks = (n + dot_chunk - 1) / dot_chunk;
  for (Index chunk = blockIdx.x; chunk < n_chunks; chunk += gridDim.x) {
    const Index end = (chunk + 1) * dot_chunk < n ? (chunk + 1) * dot_chunk : n;
    double of_thread = 0;
    for (Index i = chunk * dot_chunk + threadIdx.x; i < end; i += block_threads) {
      of_thread += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    }
    const double sum = block_sum(of_thread);
    if (threadIdx.x == 0) chunk_sums[chunk] = sum;
  }
}

// Each block adds the chunks up for itself, so that there should not be many.
constexpr unsigned most_blocks_that_scale = 1024;

template <typename T>
__global__ void scale_down(Index n, Index n_chunks, const double* chunk_sums, double largest, T* x) {
  double of_thread = 0;
  for (Index chunk = threadIdx.x; chunk < n_chunks; chunk += block_threads) of_thread += chunk_sums[chunk];
  const double norm = std::sqrt(block_sum(of_thread));
  if (!(norm > largest)) return;
  along_x(n, [&](Index i) { x[i] *= static_cast<T>(largest / norm); });
}

template <typename T>
__global__ void add_scaled(Index n, T factor_x, const T* x, T factor_y, const T* y, T* result) {
  along_x(n, [&](Index i) { result[i] = factor_x * x[i] + factor_y * y[i]; });
}

__global__ void add_to(Index n, const double* more, double* sums) {
  along_x(n, [&](Index i) { sums[i] += more[i]; });
}

}  // namespace

template <typename T>
void dots(Range chunks, Worker<T>& worker, Index n, const T* a, const T* b, double* chunk_sums) {
  launch(worker.stream, n_blocks(chunks.size(), 1), block_threads, multiply_chunks<T>, n, a, b, chunk_sums);
}

template <typename T>
void shorten(Range range, Worker<T>& worker, Index n_chunks, const double* chunk_sums, double largest, T* x) {
  launch(worker.stream, std::min(n_blocks(range.size(), block_threads), most_blocks_that_scale), block_threads,
         scale_down<T>, range.size(), n_chunks, chunk_sums, largest, x);
}

template <typename T>
void combine(Range range, Worker<T>& worker, T factor_x, const T* x, T factor_y, const T* y, T* result) {
  launch_along(worker.stream, range.size(), add_scaled<T>, range.size(), factor_x, x, factor_y, y, result);
}

template <typename T>
void add(Worker<T>& worker, Index n, const double* more, double* sums) {
  launch_along(worker.stream, n, add_to, n, more, sums);
}

template <typename T>
void set_zero(Worker<T>& worker, Index n, double* x) {
  check_cuda(cudaMemsetAsync(x, 0, static_cast<std::size_t>(n) * sizeof(double), worker.stream), "clearing memory");
}

template void dots(Range, Worker<float>&, Index, const float*, const float*, double*);
template void dots(Range, Worker<double>&, Index, const double*, const double*, double*);
template void shorten(Range, Worker<float>&, Index, const double*, double, float*);
template void shorten(Range, Worker<double>&, Index, const double*, double, double*);
template void combine(Range, Worker<float>&, float, const float*, float, const float*, float*);
template void combine(Range, Worker<double>&, double, const double*, double, const double*, double*);
template void add(Worker<float>&, Index, const double*, double*);
template void add(Worker<double>&, Index, const double*, double*);
template void set_zero(Worker<float>&, Index, double*);
template void set_zero(Worker<double>&, Index, double*);

}  // namespace eigencoder::kernels
