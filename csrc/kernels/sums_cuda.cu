#include "kernels/column_sums_cuda.h"
#include "math/activation.h"

namespace eigencoder::kernels {
namespace {

struct Magnitude {
  constexpr double operator()(double entry) const { return math::abs(entry); }
};

struct Square {
  constexpr double operator()(double entry) const { return entry * entry; }
};

template <typename F>
struct SquaredDerivative {
  constexpr double operator()(double a) const { return Square()(F::derivative(a)); }
};

template <typename T>
__global__ void find_not_finite(Matrix<const T> x, int* not_finite) {
  along_y(x.rows, [&](Index i) {
    along_x(x.cols, [&](Index j) {
      if (!math::is_finite(x.row(i)[j])) atomicExch(not_finite, 1);
    });
  });
}

template <typename T>
__global__ void find_extremes(Matrix<const T> x, bool extend, T* extremes) {
  __shared__ T minima[n_warps][warp_threads];
  __shared__ T maxima[n_warps][warp_threads];
  for (Index first = Index{blockIdx.x} * warp_threads; first < x.cols; first += Index{gridDim.x} * warp_threads) {
    const Index j = first + threadIdx.x < x.cols ? first + threadIdx.x : x.cols - 1;
    T minimum = extend ? extremes[j] : x.data[j];
    T maximum = extend ? extremes[x.cols + j] : x.data[j];
    for (Index i = threadIdx.y; i < x.rows; i += n_warps) {
      minimum = math::min(x.row(i)[j], minimum);
      maximum = math::max(x.row(i)[j], maximum);
    }
    minima[threadIdx.y][threadIdx.x] = minimum;
    maxima[threadIdx.y][threadIdx.x] = maximum;
    __syncthreads();
    if (threadIdx.y == 0 && first + threadIdx.x < x.cols) {
      for (unsigned warp = 1; warp < n_warps; ++warp) {
        minimum = math::min(minima[warp][threadIdx.x], minimum);
        maximum = math::max(maxima[warp][threadIdx.x], maximum);
      }
      extremes[j] = minimum;
      extremes[x.cols + j] = maximum;
    }
    __syncthreads();  // before the next columns are written there
  }
}

__global__ void sum_weighted(Index n, const double* row_weights, const double* of_rows, double* sum) {
  double of_thread = 0;
  along_x(n, [&](Index i) { of_thread += row_weights[i] * of_rows[i]; });
  const double total = block_sum(of_thread);
  if (threadIdx.x == 0) *sum = total;
}

template <typename T>
__global__ void sum_squares_of_rows(Matrix<const T> matrix, double* sums) {
  along_y(matrix.rows, [&](Index i) {
    double sum = 0;
    along_x(matrix.cols, [&](Index j) { sum += Square()(static_cast<double>(matrix.row(i)[j])); });
    sum = warp_sum(sum);
    if (threadIdx.x == 0) sums[i] = sum;
  });
}

}  // namespace

template <typename T>
bool all_finite(Range, Worker<T>& worker, Matrix<const T> x) {
  return !raises_flag(
      worker, [&](int* not_finite) { launch_over(worker.stream, x.rows, x.cols, find_not_finite<T>, x, not_finite); });
}

template <typename T>
void column_extremes(Range, Worker<T>& worker, Matrix<const T> x, bool extend, T* extremes) {
  launch(worker.stream, n_blocks(x.cols, warp_threads), dim3(warp_threads, n_warps), find_extremes<T>, x, extend,
         extremes);
}

template <typename T>
void weighted_sum(Worker<T>& worker, Index n, const double* row_weights, const double* of_rows, double* sum) {
  launch(worker.stream, 1, block_threads, sum_weighted, n, row_weights, of_rows, sum);
}

template <typename T>
void column_sums(Range, Worker<T>& worker, Matrix<const T> matrix, const double* row_weights, double* sums) {
  launch_column_sums<Itself>(worker, matrix, row_weights, sums);
}

template <typename T>
void square_sums(Range, Worker<T>& worker, Matrix<const T> matrix, const double* row_weights, double* sums) {
  launch_column_sums<Square>(worker, matrix, row_weights, sums);
}

template <typename T>
void magnitude_sums(Range, Worker<T>& worker, Matrix<const T> matrix, const double* row_weights, double* sums) {
  launch_column_sums<Magnitude>(worker, matrix, row_weights, sums);
}

template <typename T>
void squared_derivative_sums(Range, Worker<T>& worker, Matrix<const T> output, Activation activation,
                             const double* row_weights, double* sums) {
  math::dispatch<math::Activations>(activation, [&](auto f) {
    launch_column_sums<SquaredDerivative<decltype(f)>>(worker, output, row_weights, sums);
  });
}

template <typename T>
void squared_row_norms(Range, Worker<T>& worker, Weights<const T> weights, double* sums) {
  const Matrix<const T> stored = weights.stored();
  if (weights.transposed) {
    launch_column_sums<Square>(worker, stored, nullptr, sums);
  } else {
    launch_warps(worker.stream, stored.rows, sum_squares_of_rows<T>, stored, sums);
  }
}

template bool all_finite(Range, Worker<float>&, Matrix<const float>);
template bool all_finite(Range, Worker<double>&, Matrix<const double>);
template void column_extremes(Range, Worker<float>&, Matrix<const float>, bool, float*);
template void column_extremes(Range, Worker<double>&, Matrix<const double>, bool, double*);
template void weighted_sum(Worker<float>&, Index, const double*, const double*, double*);
template void weighted_sum(Worker<double>&, Index, const double*, const double*, double*);
template void column_sums(Range, Worker<float>&, Matrix<const float>, const double*, double*);
template void column_sums(Range, Worker<double>&, Matrix<const double>, const double*, double*);
template void square_sums(Range, Worker<float>&, Matrix<const float>, const double*, double*);
template void square_sums(Range, Worker<double>&, Matrix<const double>, const double*, double*);
template void magnitude_sums(Range, Worker<float>&, Matrix<const float>, const double*, double*);
template void magnitude_sums(Range, Worker<double>&, Matrix<const double>, const double*, double*);
template void squared_derivative_sums(Range, Worker<float>&, Matrix<const float>, Activation, const double*, double*);
template void squared_derivative_sums(Range, Worker<double>&, Matrix<const double>, Activation, const double*, double*);
template void squared_row_norms(Range, Worker<float>&, Weights<const float>, double*);
template void squared_row_norms(Range, Worker<double>&, Weights<const double>, double*);

}  // namespace eigencoder::kernels
