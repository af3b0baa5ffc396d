#include <numeric>

#include "kernels/column_sums.h"
#include "kernels/dot.h"
#include "kernels/kernels.h"
#include "math/activation.h"

namespace eigencoder::kernels {

// Zero times a number that is not finite is not 0, and no sum makes it so.
template <typename T>
bool all_finite(Range rows, Worker<T>&, Matrix<const T> x) {
  constexpr Index n_at_once = 4;
  Packet<T> zeros[n_at_once] = {Packet<T>::Zero(), Packet<T>::Zero(), Packet<T>::Zero(), Packet<T>::Zero()};
  for (Index i = rows.begin; i < rows.end; ++i) {
    const T* const row = x.row(i);
    Index j = 0;
    for (; j + n_at_once * packet_size<T> <= x.cols; j += n_at_once * packet_size<T>) {
      for (Index k = 0; k < n_at_once; ++k) zeros[k] += load(row + j + k * packet_size<T>) * T(0);
    }
    for_packets<T>(j, x.cols, [&](Index p, auto n) { zeros[0] += load(row + p, n) * T(0); });
  }
  return (zeros[0] + zeros[1] + zeros[2] + zeros[3]).sum() == T(0);
}

template <typename T>
void column_extremes(Range cols, Worker<T>&, Matrix<const T> x, bool extend, T* extremes) {
  T* const minima = extremes;
  T* const maxima = extremes + x.cols;
  if (!extend) {
    std::copy_n(x.data + cols.begin, cols.size(), minima + cols.begin);
    std::copy_n(x.data + cols.begin, cols.size(), maxima + cols.begin);
  }
  for (Index i = 0; i < x.rows; ++i) {
    for (Index j = cols.begin; j < cols.end; ++j) {
      minima[j] = std::min(minima[j], x.row(i)[j]);
      maxima[j] = std::max(maxima[j], x.row(i)[j]);
    }
  }
}

template <typename T>
void weighted_sum(Worker<T>&, Index n, const double* row_weights, const double* of_rows, double* sum) {
  *sum = std::inner_product(row_weights, row_weights + n, of_rows, 0.0);
}

template <typename T>
void column_sums(Range cols, Worker<T>&, Matrix<const T> matrix, const double* row_weights, double* sums) {
  for_column_sums(matrix, row_weights, cols,
                  [&](Index first, Index n, const double* block) { std::copy_n(block, n, sums + first); });
}

template <typename T>
void square_sums(Range cols, Worker<T>&, Matrix<const T> matrix, const double* row_weights, double* sums) {
  for_column_sums(
      matrix, row_weights, cols, [](double entry) { return entry * entry; },
      [&](Index first, Index n, const double* block) { std::copy_n(block, n, sums + first); });
}

template <typename T>
void magnitude_sums(Range cols, Worker<T>&, Matrix<const T> matrix, const double* row_weights, double* sums) {
  for_column_sums(
      matrix, row_weights, cols, [](double entry) { return math::abs(entry); },
      [&](Index first, Index n, const double* block) { std::copy_n(block, n, sums + first); });
}

template <typename T>
void squared_derivative_sums(Range cols, Worker<T>&, Matrix<const T> output, Activation activation,
                             const double* row_weights, double* sums) {
  math::dispatch<math::Activations>(activation, [&](auto f) {
    for_column_sums(
        output, row_weights, cols,
        [&](double a) {
          const double derivative = f.derivative(a);
          return derivative * derivative;
        },
        [&](Index first, Index n, const double* block) { std::copy_n(block, n, sums + first); });
  });
}

template <typename T>
void squared_row_norms(Range rows, Worker<T>&, Weights<const T> weights, double* sums) {
  const Matrix<const T> stored = weights.stored();
  if (weights.transposed) {
    for_column_sums(
        stored, nullptr, rows, [](double entry) { return entry * entry; },
        [&](Index first, Index n, const double* block) { std::copy_n(block, n, sums + first); });
  } else {
    for (Index i = rows.begin; i < rows.end; ++i) sums[i] = dot(stored.cols, stored.row(i), stored.row(i));
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
