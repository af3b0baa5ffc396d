#include "kernels/column_sums.h"
#include "kernels/kernels.h"
#include "kernels/product.h"
#include "math/update_rule.h"

namespace eigencoder::kernels {
namespace {

// A prefetch so far ahead for writing takes a cache line from the core that read it before its turn comes.
inline constexpr Index ahead = 256;

// Moves n parameters, from number `first` on. The rule comes by value, so that its constants stay in registers.
template <bool scaled, typename Rule, typename T>
void move_parameters(const Rule rule, Index first, Index n, const T* gradients, T decay,
                     const TrainingState<T>& state) {
  constexpr std::size_t n_moments = Rule::n_moments;
  T* const parameters = state.parameters + first;
  const std::array<T*, 2> moments{state.first_moment, state.second_moment};
  for_packets<T>(0, n, [&](Index i, auto n_left) {
    __builtin_prefetch(parameters + i + ahead, 1);
    Packet<T> parameter = load(parameters + i, n_left);
    std::array<Packet<T>, n_moments> moved;
    for (std::size_t k = 0; k < n_moments; ++k) moved[k] = load(moments[k] + first + i, n_left);
    Packet<T> gradient = load(gradients + i, n_left) + decay * parameter;
    if constexpr (scaled) {
      const Packet<T> scale = load(state.scales + first + i, n_left);
      gradient *= scale;
      Packet<T> in_scale = parameter / scale;
      rule(gradient, in_scale, moved);
      parameter = in_scale * scale;
    } else {
      rule(gradient, parameter, moved);
    }
    store(parameter, parameters + i, n_left);
    for (std::size_t k = 0; k < n_moments; ++k) store(moved[k], moments[k] + first + i, n_left);
  });
}

template <typename Rule, typename T>
void move(const Rule& rule, Index first, Index n, const T* gradients, T decay, const TrainingState<T>& state) {
  if (state.scales) {
    move_parameters<true>(rule, first, n, gradients, decay, state);
  } else {
    move_parameters<false>(rule, first, n, gradients, decay, state);
  }
}

// Calls visit(first, n, gradient) with pieces of left^T right, a row-major matrix, of this share of its rows.
template <typename T, typename Visitor>
void for_weight_gradients(Share share, Worker<T>& worker, Matrix<const T> left, Matrix<const T> right,
                          const Visitor& visit) {
  const Range rows = share.of(left.cols, row_unit);
  const Index n_blocks = (right.cols + gradient_cols - 1) / gradient_cols;
  for (Index first_row = rows.begin; first_row < rows.end; first_row += gradient_rows) {
    const Index n_rows = std::min(gradient_rows, rows.end - first_row);
    for (Index block = 0; block < n_blocks; ++block) {
      const Range cols = Share{block, n_blocks}.of(right.cols, cache_line<T>);
      const Matrix<T> gradient{worker.gradient.data(), n_rows, cols.size(), cols.size()};
      product({left.data + first_row, left.stride, Storage::transposed},
              Operand<T>{right.data, right.stride}.from(0, cols.begin), left.rows, gradient, {0, n_rows},
              {0, cols.size()}, worker.columns, [](Range, Range) {});
      const Index n_pieces = n_blocks == 1 ? 1 : n_rows;  // whole rows are one piece
      for (Index i = 0; i < n_pieces; ++i) {
        visit((first_row + i) * right.cols + cols.begin, n_rows / n_pieces * cols.size(), gradient.row(i));
      }
    }
  }
}

template <typename T>
void round_to(T* to, Index n, const double* sums) {
  std::transform(sums, sums + n, to, [](double sum) { return static_cast<T>(sum); });
}

template <typename T>
void add_or_set(T& to, T value, bool add) {
  to = add ? to + value : value;
}

}  // namespace

template <typename T>
void dense_gradient(Share share, Worker<T>& worker, Matrix<const T> input, Matrix<const T> d_output,
                    Weights<const T> weights, T decay, Accumulate accumulate, T* d_weights, T* d_bias) {
  // A matrix stored the other way round has the transposed gradient.
  const auto& left = weights.transposed ? d_output : input;
  const auto& right = weights.transposed ? input : d_output;
  for_column_sums(d_output, nullptr, share.of(d_output.cols, cache_line<T>),
                  [&](Index first, Index n, const double* sums) {
                    T d_block[sums_at_once];
                    round_to(d_block, n, sums);
                    for (Index j = 0; j < n; ++j) add_or_set(d_bias[first + j], d_block[j], accumulate.bias);
                  });
  for_weight_gradients(share, worker, left, right, [&](Index first, Index n, const T* gradient) {
    for (Index i = 0; i < n; ++i) {
      add_or_set(d_weights[first + i], gradient[i] + decay * weights.data[first + i], accumulate.weights);
    }
  });
}

template <typename T>
void add_scaled_rows(Share share, Worker<T>&, Weights<const T> weights, const T* factors, T* d_weights) {
  const Matrix<const T> stored = weights.stored();
  const Range rows = share.of(stored.rows, row_unit);
  for (Index i = rows.begin; i < rows.end; ++i) {
    for_packets<T>(0, stored.cols, [&](Index j, auto n) {
      const Packet<T> factor = weights.transposed ? load(factors + j, n) : Packet<T>::Constant(factors[i]);
      T* const to = d_weights + i * stored.stride + j;
      store<T>(load(to, n) + factor * load(stored.row(i) + j, n), to, n);
    });
  }
}

template <typename T>
void dense_update(Share share, Worker<T>& worker, Matrix<const T> input, Matrix<const T> d_output, const Layer& layer,
                  T decay, const OptimizerConfig& optimizer, double learning_rate, const TrainingState<T>& state) {
  math::with_rule<T>(optimizer, learning_rate, state.n_updates, [&](const auto& rule) {
    for_column_sums(d_output, nullptr, share.of(d_output.cols, cache_line<T>),
                    [&](Index first, Index n, const double* sums) {
                      T d_bias[sums_at_once];
                      round_to(d_bias, n, sums);
                      move(math::of_bias(rule), layer.bias_offset + first, n, d_bias, T(0), state);
                    });
    for_weight_gradients(share, worker, input, d_output, [&](Index first, Index n, const T* gradient) {
      move(rule, layer.weights_offset + first, n, gradient, decay, state);
    });
  });
}

template <typename T>
void update(Share share, Worker<T>&, const std::vector<Layer>& layers, const OptimizerConfig& optimizer,
            double learning_rate, const T* gradients, const TrainingState<T>& state) {
  const auto move_share = [&](const auto& rule, Index offset, Index n) {
    const Range range = share.of(n, cache_line<T>);
    move(rule, offset + range.begin, range.size(), gradients + offset + range.begin, T(0), state);
  };
  math::with_rule<T>(optimizer, learning_rate, state.n_updates, [&](const auto& rule) {
    for (const Layer& layer : layers) {
      if (!layer.tied) move_share(rule, layer.weights_offset, layer.n_weights());
      move_share(math::of_bias(rule), layer.bias_offset, layer.n_outputs);
    }
  });
}

template void dense_gradient(Share, Worker<float>&, Matrix<const float>, Matrix<const float>, Weights<const float>,
                             float, Accumulate, float*, float*);
template void dense_gradient(Share, Worker<double>&, Matrix<const double>, Matrix<const double>, Weights<const double>,
                             double, Accumulate, double*, double*);
template void add_scaled_rows(Share, Worker<float>&, Weights<const float>, const float*, float*);
template void add_scaled_rows(Share, Worker<double>&, Weights<const double>, const double*, double*);
template void dense_update(Share, Worker<float>&, Matrix<const float>, Matrix<const float>, const Layer&, float,
                           const OptimizerConfig&, double, const TrainingState<float>&);
template void dense_update(Share, Worker<double>&, Matrix<const double>, Matrix<const double>, const Layer&, double,
                           const OptimizerConfig&, double, const TrainingState<double>&);
template void update(Share, Worker<float>&, const std::vector<Layer>&, const OptimizerConfig&, double, const float*,
                     const TrainingState<float>&);
template void update(Share, Worker<double>&, const std::vector<Layer>&, const OptimizerConfig&, double, const double*,
                     const TrainingState<double>&);

}  // namespace eigencoder::kernels
