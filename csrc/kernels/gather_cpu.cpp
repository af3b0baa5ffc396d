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
    math::Extremes<T> extremes{};
    if (data.column_extremes) extremes = {data.column_extremes + j, data.column_extremes + n_features + j};
    C::apply(x + j, n, words.data(), noise.level, extremes);
  }
}

}  // namespace

template <typename T>
void gather_corrupt(Range rows_of_batch, const Dataset<T>& data, const Index* rows, const Noise& noise, Matrix<T> clean,
                    Matrix<T> corrupted) {
  const Index n_features = clean.cols;
  math::dispatch<math::Corruptions>(noise.corruption, [&](auto corruption) {
    for (Index i = rows_of_batch.begin; i < rows_of_batch.end; ++i) {
      std::copy_n(data.x + rows[i] * n_features, n_features, clean.row(i));
      if (!noise.drawn()) continue;
      std::copy_n(clean.row(i), n_features, corrupted.row(i));
      corrupt_row<decltype(corruption)>(data, rows[i], noise, n_features, corrupted.row(i));
    }
  });
}

template void gather_corrupt(Range, const Dataset<float>&, const Index*, const Noise&, Matrix<float>, Matrix<float>);
template void gather_corrupt(Range, const Dataset<double>&, const Index*, const Noise&, Matrix<double>, Matrix<double>);

}  // namespace eigencoder::kernels
