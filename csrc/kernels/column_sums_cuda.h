// Sums over the rows of a matrix, in double: a block takes as many columns as a warp has threads and reads its rows
// side by side.
#pragma once

#include "kernels/launch.h"

namespace eigencoder::kernels {

struct Itself {
  constexpr double operator()(double entry) const { return entry; }
};

// sums_j = sum_i row_weights_i map(matrix_ij), row_weights nullptr: all 1; `add`: to what is there.
template <typename Map, typename T, typename Sum>
__global__ void sum_columns(Matrix<const T> matrix, const double* row_weights, Sum* sums, bool add) {
  __shared__ double partial[n_warps][warp_threads];
  for (Index first = Index{blockIdx.x} * warp_threads; first < matrix.cols; first += Index{gridDim.x} * warp_threads) {
    const Index j = first + threadIdx.x;
    double sum = 0;
    for (Index i = threadIdx.y; i < matrix.rows && j < matrix.cols; i += n_warps) {
      const double entry = Map()(static_cast<double>(matrix.row(i)[j]));
      sum += row_weights ? row_weights[i] * entry : entry;
    }
    partial[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y == 0 && j < matrix.cols) {
      for (unsigned warp = 1; warp < n_warps; ++warp) sum += partial[warp][threadIdx.x];
      sums[j] = (add ? sums[j] : Sum(0)) + static_cast<Sum>(sum);
    }
    __syncthreads();  // before the next columns are written there
  }
}

template <typename Map, typename T, typename Sum>
void launch_column_sums(Worker<T>& worker, Matrix<const T> matrix, const double* row_weights, Sum* sums,
                        bool add = false) {
  launch(worker.stream, n_blocks(matrix.cols, warp_threads), dim3(warp_threads, n_warps), sum_columns<Map, T, Sum>,
         matrix, row_weights, sums, add);
}

}  // namespace eigencoder::kernels
