#include "kernels/kernels.h"
#include "math/corruption.h"
#include "math/dispatch.h"

namespace eigencoder::kernels {
namespace {

template <typename C, typename T>
void corrupt_row(const Dataset<T>& data, Index row, const Noise& noise, Index n_features, T* x) {
  constexpr int n_at_once = 64;
  for (Index j = 0; j < n_features; j += n_at_once) {
    const int n = static_cast<int>(std::min<Index>(n_at_once, n_features - j));
    const auto words =
        math::words<n_at_once>(*noise.seed, noise.stream, static_cast<std::uint64_t>(data.first_row + row),
                               static_cast<std::uint64_t>(j / 4), static_cast<std::uint64_t>(noise.epoch));
    math::Replacements<T> columns{};
    if (data.mask_fill) columns.fill = data.mask_fill + j;
    if (data.column_extremes) {
      columns.minima = data.column_extremes + j;
      columns.maxima = data.column_extremes + n_features + j;
    }
    C::apply(x + j, n, words.data(), noise.level, columns);
  }
}

template <typename T>
void copy_row(const Dataset<T>& data, const T* x, bool scaled, Index n_features, T* copy) {
  if (!scaled) {
    std::copy_n(x, n_features, copy);
    return;
  }
  for (Index j = 0; j < n_features; ++j) copy[j] = (x[j] - data.center[j]) * data.factor[j];
}

}  // namespace

template <typename T>
void gather_corrupt(Range rows, Worker<T>&, const Batch<T>& batch, const Noise& noise, Matrix<T> target,
                    Matrix<T> input) {
  const Dataset<T>& data = batch.data;
  const Index n_features = target.cols;
  const bool scales = data.center != nullptr;
  math::dispatch<math::Corruptions>(noise.corruption, [&](auto corruption) {
    for (Index i = rows.begin; i < rows.end; ++i) {
      const T* const x = data.x + batch.positions[i] * n_features;
      copy_row(data, x, scales && data.scales_target, n_features, target.row(i));
      if (input_is_target(data, noise)) continue;
      copy_row(data, x, scales, n_features, input.row(i));
      if (noise.drawn()) corrupt_row<decltype(corruption)>(data, batch.rows[i], noise, n_features, input.row(i));
    }
  });
}

template <typename T>
void row_weights(Range rows, Worker<T>&, const Batch<T>& batch, double* row_weights) {
  const double* const weights = batch.data.weights;
  for (Index i = rows.begin; i < rows.end; ++i) row_weights[i] = weights ? weights[batch.rows[i]] : 1.0;
}

template <typename T>
void row_shares(Range rows, Worker<T>&, const double* row_weights, double divisor, T* shares) {
  for (Index i = rows.begin; i < rows.end; ++i) shares[i] = static_cast<T>(row_weights[i] / divisor);
}

template void gather_corrupt(Range, Worker<float>&, const Batch<float>&, const Noise&, Matrix<float>, Matrix<float>);
template void gather_corrupt(Range, Worker<double>&, const Batch<double>&, const Noise&, Matrix<double>,
                             Matrix<double>);
template void row_weights(Range, Worker<float>&, const Batch<float>&, double*);
template void row_weights(Range, Worker<double>&, const Batch<double>&, double*);
template void row_shares(Range, Worker<float>&, const double*, double, float*);
template void row_shares(Range, Worker<double>&, const double*, double, double*);

}  // namespace eigencoder::kernels
