#include "kernels/column_sums_cuda.h"
#include "math/update_rule.h"

namespace eigencoder::kernels {
namespace {

template <typename T>
__global__ void add_decay(Index n, T decay, const T* weights, T* d_weights) {
  along_x(n, [&](Index i) { d_weights[i] += decay * weights[i]; });
}

template <typename T>
__global__ void add_scaled(Matrix<const T> weights, bool transposed, const T* factors, T* d_weights) {
  along_y(weights.rows, [&](Index i) {
    along_x(weights.cols,
            [&](Index j) { d_weights[i * weights.stride + j] += factors[transposed ? j : i] * weights.row(i)[j]; });
  });
}

template <typename Rule, typename T>
__global__ void move(Rule rule, Index n, const T* gradients, const T* scales, T* parameters,
                     std::array<T*, Rule::n_moments> moments) {
  along_x(n, [&](Index i) {
    const T scale = scales ? scales[i] : T(1);
    T parameter = parameters[i] / scale;
    std::array<T, Rule::n_moments> moved{};
    for (std::size_t k = 0; k < moved.size(); ++k) moved[k] = moments[k][i];
    rule(scale * gradients[i], parameter, moved);
    parameters[i] = scale * parameter;
    for (std::size_t k = 0; k < moved.size(); ++k) moments[k][i] = moved[k];
  });
}

template <typename Rule, typename T>
void launch_move(Worker<T>& worker, const Rule& rule, Index first, Index n, const T* gradients,
                 const TrainingState<T>& state) {
  std::array<T*, Rule::n_moments> moments{};
  moments[0] = state.first_moment + first;
  if constexpr (Rule::n_moments == 2) moments[1] = state.second_moment + first;
  const T* const scales = state.scales ? state.scales + first : nullptr;
  launch_along(worker.stream, n, move<Rule, T>, rule, n, gradients + first, scales, state.parameters + first, moments);
}

}  // namespace

template <typename T>
void dense_gradient(Share, Worker<T>& worker, Matrix<const T> input, Matrix<const T> d_output, Weights<const T> weights,
                    T decay, Accumulate accumulate, T* d_weights, T* d_bias) {
  launch_column_sums<Itself>(worker, d_output, nullptr, d_bias, accumulate.bias);
  // A matrix stored the other way round has the transposed gradient.
  const auto& left = weights.transposed ? d_output : input;
  const auto& right = weights.transposed ? input : d_output;
  multiply(worker, left.rows, Factor<T>{left.data, left.stride, true}, Factor<T>{right.data, right.stride},
           accumulate.weights ? T(1) : T(0), Matrix<T>{d_weights, left.cols, right.cols, right.cols});
  if (decay == T(0)) return;
  const Index n = weights.n_inputs * weights.n_outputs;
  launch_along(worker.stream, n, add_decay<T>, n, decay, weights.data, d_weights);
}

template <typename T>
void add_scaled_rows(Share, Worker<T>& worker, Weights<const T> weights, const T* factors, T* d_weights) {
  const Matrix<const T> stored = weights.stored();
  launch_over(worker.stream, stored.rows, stored.cols, add_scaled<T>, stored, weights.transposed, factors, d_weights);
}

template <typename T>
void update(Share, Worker<T>& worker, const std::vector<Layer>& layers, const OptimizerConfig& optimizer,
            double learning_rate, const T* gradients, const TrainingState<T>& state) {
  math::with_rule<T>(optimizer, learning_rate, state.n_updates, [&](const auto& rule) {
    if constexpr (!std::decay_t<decltype(rule)>::decays) {
      launch_move(worker, rule, 0, layers.back().end(), gradients, state);  // weights and biases alike
    } else {
      for (const Layer& layer : layers) {
        if (!layer.tied) launch_move(worker, rule, layer.weights_offset, layer.n_weights(), gradients, state);
        launch_move(worker, math::of_bias(rule), layer.bias_offset, layer.n_outputs, gradients, state);
      }
    }
  });
}

template void dense_gradient(Share, Worker<float>&, Matrix<const float>, Matrix<const float>, Weights<const float>,
                             float, Accumulate, float*, float*);
template void dense_gradient(Share, Worker<double>&, Matrix<const double>, Matrix<const double>, Weights<const double>,
                             double, Accumulate, double*, double*);
template void add_scaled_rows(Share, Worker<float>&, Weights<const float>, const float*, float*);
template void add_scaled_rows(Share, Worker<double>&, Weights<const double>, const double*, double*);
template void update(Share, Worker<float>&, const std::vector<Layer>&, const OptimizerConfig&, double, const float*,
                     const TrainingState<float>&);
template void update(Share, Worker<double>&, const std::vector<Layer>&, const OptimizerConfig&, double, const double*,
                     const TrainingState<double>&);

}  // namespace eigencoder::kernels
