#include "kernels/launch.h"
#include "math/corruption.h"
#include "math/dispatch.h"

namespace eigencoder::kernels {
namespace {

constexpr int quad = 4;  // columns whose words are drawn together

struct Draw {
  std::uint64_t seed;
  math::Stream stream;
  double level;
  Index epoch;
};

template <typename C, typename T>
__global__ void gather_rows(Batch<T> batch, bool has_input, bool drawn, Draw draw, Matrix<T> target, Matrix<T> input) {
  const Dataset<T>& data = batch.data;
  along_y(target.rows, [&](Index i) {
    const T* const from = data.x + (batch.positions ? batch.positions[i] : i) * target.cols;
    along_x((target.cols + quad - 1) / quad, [&](Index q) {
      const Index first = q * quad;
      const int n = target.cols - first < quad ? static_cast<int>(target.cols - first) : quad;
      T x[quad];
      for (int k = 0; k < n; ++k) {
        const Index j = first + k;
        x[k] = data.center ? (from[j] - data.center[j]) * data.factor[j] : from[j];
        target.row(i)[j] = data.scales_target ? x[k] : from[j];
      }
      if (!has_input) return;
      if (drawn) {
        const auto words =
            math::words<quad>(draw.seed, draw.stream, static_cast<std::uint64_t>(data.first_row + batch.rows[i]),
                              static_cast<std::uint64_t>(q), static_cast<std::uint64_t>(draw.epoch));
        math::Replacements<T> columns{};
        if (data.mask_fill) columns.fill = data.mask_fill + first;
        if (data.column_extremes) {
          columns.minima = data.column_extremes + first;
          columns.maxima = data.column_extremes + target.cols + first;
        }
        C::apply(x, n, words.data(), draw.level, columns);
      }
      for (int k = 0; k < n; ++k) input.row(i)[first + k] = x[k];
    });
  });
}

template <typename T>
__global__ void look_up_weights(Index n, Batch<T> batch, double* row_weights) {
  along_x(n, [&](Index i) { row_weights[i] = batch.data.weights ? batch.data.weights[batch.rows[i]] : 1.0; });
}

template <typename T>
__global__ void divide(Index n, const double* row_weights, double divisor, T* shares) {
  along_x(n, [&](Index i) { shares[i] = static_cast<T>(row_weights[i] / divisor); });
}

}  // namespace

template <typename T>
void gather_corrupt(Range, Worker<T>& worker, const Batch<T>& batch, const Noise& noise, Matrix<T> target,
                    Matrix<T> input) {
  const Draw draw{noise.seed ? *noise.seed : 0, noise.stream, noise.level, noise.epoch};
  math::dispatch<math::Corruptions>(noise.corruption, [&](auto corruption) {
    launch_over(worker.stream, target.rows, (target.cols + quad - 1) / quad, gather_rows<decltype(corruption), T>,
                batch, !input_is_target(batch.data, noise), noise.drawn(), draw, target, input);
  });
}

template <typename T>
void row_weights(Range rows, Worker<T>& worker, const Batch<T>& batch, double* row_weights) {
  launch_along(worker.stream, rows.size(), look_up_weights<T>, rows.size(), batch, row_weights);
}

template <typename T>
void row_shares(Range rows, Worker<T>& worker, const double* row_weights, double divisor, T* shares) {
  launch_along(worker.stream, rows.size(), divide<T>, rows.size(), row_weights, divisor, shares);
}

template void gather_corrupt(Range, Worker<float>&, const Batch<float>&, const Noise&, Matrix<float>, Matrix<float>);
template void gather_corrupt(Range, Worker<double>&, const Batch<double>&, const Noise&, Matrix<double>,
                             Matrix<double>);
template void row_weights(Range, Worker<float>&, const Batch<float>&, double*);
template void row_weights(Range, Worker<double>&, const Batch<double>&, double*);
template void row_shares(Range, Worker<float>&, const double*, double, float*);
template void row_shares(Range, Worker<double>&, const double*, double, double*);

}  // namespace eigencoder::kernels
