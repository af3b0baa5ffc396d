#include "model/objective.h"

#include <algorithm>
#include <numeric>

#include "math/reconstruction.h"
#include "math/sparsity.h"

namespace eigencoder::model {

using kernels::Matrix;
using kernels::Noise;

template <typename T>
Objective<T>::Objective(const Network& network, const ObjectiveConfig& config, Index max_rows,
                        kernels::Context<T>& context)
    : network_(network),
      config_(config),
      max_rows_(max_rows),
      context_(context),
      clean_(max_rows, network.n_features()),
      corrupted_(config.corruption == Corruption::none ? 0 : max_rows, network.n_features()),
      row_weights_(static_cast<std::size_t>(max_rows)),
      delta_weights_(static_cast<std::size_t>(max_rows)),
      row_sums_(static_cast<std::size_t>(max_rows)),
      from_logits_(math::from_logits(config.loss)) {
  Index widest = 0;
  Index most_weights = 0;
  for (const Layer& layer : network.layers()) {
    outputs_.emplace_back(max_rows, layer.n_outputs);
    if (outputs_.size() < network.layers().size()) deltas_.emplace_back(max_rows, layer.n_outputs);
    widest = std::max(widest, layer.n_outputs);
    most_weights = std::max(most_weights, layer.n_weights());
  }
  column_sums_.resize(static_cast<std::size_t>(widest));
  chunk_sums_.resize(static_cast<std::size_t>(kernels::n_chunks(most_weights)));
  penalty_of_unit_.resize(static_cast<std::size_t>(network.layers()[network.code_layer()].n_outputs));
}

template <typename T>
std::optional<double> Objective<T>::gradient(const Dataset<T>& data, const Index* rows, Index n_rows,
                                             const Noise& noise, const T* parameters, T* gradients) {
  Sums sums = forward(data, rows, n_rows, noise, parameters);
  if (sums.weight == 0) return std::nullopt;
  for (Index i = 0; i < n_rows; ++i) {
    const auto row = static_cast<std::size_t>(i);
    delta_weights_[row] = static_cast<T>(row_weights_[row] / static_cast<double>(n_rows));
  }
  kernels::output_delta<T>(context_, clean_.first_rows(n_rows), config_.loss, network_.layers().back().activation,
                           delta_weights_.data(), output(outputs_.size() - 1, n_rows), row_sums_.data());
  add_output(sums, n_rows);
  backward(sums, n_rows, parameters, gradients);
  return value(sums, parameters);
}

template <typename T>
double Objective<T>::value(const Dataset<T>& data, const Noise& noise, const T* parameters) {
  return value(forward_all(data, noise, parameters), parameters);
}

template <typename T>
double Objective<T>::data_term(const Dataset<T>& data, const Noise& noise, const T* parameters) {
  const Sums sums = forward_all(data, noise, parameters);
  return sums.data / sums.weight;
}

template <typename T>
typename Objective<T>::Sums Objective<T>::forward(const Dataset<T>& data, const Index* rows, Index n_rows,
                                                  const Noise& noise, const T* parameters) {
  Sums sums;
  sums.rows = static_cast<double>(n_rows);
  for (Index i = 0; i < n_rows; ++i) {
    row_weights_[static_cast<std::size_t>(i)] = data.weights ? data.weights[rows[i]] : 1.0;
    sums.weight += row_weights_[static_cast<std::size_t>(i)];
  }
  if (sums.weight == 0) return sums;

  input_ = noise.drawn() ? corrupted_.first_rows(n_rows) : clean_.first_rows(n_rows);
  kernels::gather_corrupt<T>(context_, data, rows, noise, clean_.first_rows(n_rows), input_);
  const auto& layers = network_.layers();
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const bool as_logits = from_logits_ && l + 1 == layers.size();
    kernels::dense_forward<T>(context_, l == 0 ? input_ : output(l - 1, n_rows),
                              network_.weights(layers[l], parameters), parameters + layers[l].bias_offset,
                              as_logits ? Activation::identity : layers[l].activation, output(l, n_rows));
  }

  const Matrix<T> code = output(network_.code_layer(), n_rows);
  if (config_.penalty == Penalty::kl) {
    sums.code.resize(static_cast<std::size_t>(code.cols));
    kernels::column_sums<T>(context_, code, row_weights_.data(), sums.code.data());
  } else if (config_.penalty == Penalty::l1) {
    kernels::l1_norms<T>(context_, code, row_sums_.data());
    sums.l1 = std::inner_product(row_weights_.begin(), row_weights_.begin() + n_rows, row_sums_.begin(), 0.0);
  }
  return sums;
}

template <typename T>
typename Objective<T>::Sums Objective<T>::forward_all(const Dataset<T>& data, const Noise& noise, const T* parameters) {
  Sums total;
  std::vector<Index> rows(static_cast<std::size_t>(std::min(max_rows_, data.n_samples)));
  for (Index first = 0; first < data.n_samples; first += max_rows_) {
    const Index n_rows = std::min(max_rows_, data.n_samples - first);
    for (Index i = 0; i < n_rows; ++i) rows[static_cast<std::size_t>(i)] = data.rows ? data.rows[first + i] : first + i;
    Sums sums = forward(data, rows.data(), n_rows, noise, parameters);
    total.rows += sums.rows;
    if (sums.weight == 0) continue;
    kernels::row_losses<T>(context_, clean_.first_rows(n_rows), output(outputs_.size() - 1, n_rows), config_.loss,
                           row_sums_.data());
    add_output(sums, n_rows);
    total.weight += sums.weight;
    total.data += sums.data;
    total.l1 += sums.l1;
    total.code.resize(sums.code.size());
    std::transform(sums.code.begin(), sums.code.end(), total.code.begin(), total.code.begin(), std::plus<>());
  }
  return total;
}

template <typename T>
void Objective<T>::add_output(Sums& sums, Index n_rows) {
  sums.data = std::inner_product(row_weights_.begin(), row_weights_.begin() + n_rows, row_sums_.begin(), 0.0);
}

template <typename T>
void Objective<T>::backward(const Sums& sums, Index n_rows, const T* parameters, T* gradients) {
  const auto& layers = network_.layers();
  Matrix<T> delta = output(layers.size() - 1, n_rows);
  for (std::size_t l = layers.size(); l-- > 0;) {
    const Layer& layer = layers[l];
    const auto weights = network_.weights(layer, parameters);
    const Matrix<T> input = l == 0 ? input_ : output(l - 1, n_rows);
    const bool accumulate = network_.tied() && !layer.tied;  // the decoder's share is there already
    kernels::dense_gradient<T>(context_, input, delta, weights, static_cast<T>(config_.alpha), accumulate,
                               gradients + layer.weights_offset);
    kernels::column_sums<T>(context_, delta, nullptr, column_sums_.data());
    std::transform(column_sums_.begin(), column_sums_.begin() + layer.n_outputs, gradients + layer.bias_offset,
                   [](double sum) { return static_cast<T>(sum); });
    if (l == 0) break;
    const auto* penalty = l - 1 == network_.code_layer() ? penalty_gradient(sums) : nullptr;
    const Matrix<T> d_input = deltas_[l - 1].first_rows(n_rows);
    kernels::dense_backward<T>(context_, delta, weights, input, layers[l - 1].activation, penalty,
                               delta_weights_.data(), d_input);
    delta = d_input;
  }
}

template <typename T>
const kernels::PenaltyGradient<T>* Objective<T>::penalty_gradient(const Sums& sums) {
  if (config_.penalty == Penalty::none) return nullptr;
  penalty_.of_unit = penalty_of_unit_.data();
  if (config_.penalty == Penalty::l1) {
    penalty_.of_sign = static_cast<T>(config_.sparsity_weight);
  } else {
    // delta_weights_ are s_i / m, the mean activation has s_i / sum s.
    const double slope = math::Activity(network_.layers()[network_.code_layer()].activation).slope;
    const double scale = config_.sparsity_weight * sums.rows / sums.weight * slope;
    for (std::size_t j = 0; j < penalty_of_unit_.size(); ++j) {
      penalty_of_unit_[j] =
          static_cast<T>(scale * math::KlDivergence::derivative(config_.sparsity, mean_activity(sums, j)));
    }
  }
  return &penalty_;
}

template <typename T>
double Objective<T>::value(const Sums& sums, const T* parameters) {
  const double l2 = config_.alpha == 0 ? 0.0 : config_.alpha / 2 * squared_norm(parameters);
  return sums.data / sums.rows + l2 + penalty(sums);
}

template <typename T>
double Objective<T>::penalty(const Sums& sums) const {
  double total = sums.l1 / sums.rows;
  for (std::size_t j = 0; j < sums.code.size(); ++j) {
    total += math::KlDivergence::value(config_.sparsity, mean_activity(sums, j));
  }
  return config_.sparsity_weight * total;
}

template <typename T>
double Objective<T>::mean_activity(const Sums& sums, std::size_t unit) const {
  return math::Activity(network_.layers()[network_.code_layer()].activation)(sums.code[unit] / sums.weight);
}

// Of all layers: a tied matrix counts twice.
template <typename T>
double Objective<T>::squared_norm(const T* parameters) {
  double total = 0;
  for (const Layer& layer : network_.layers()) {
    kernels::squared_norms(context_, layer.n_weights(), parameters + layer.weights_offset, chunk_sums_.data());
    total += std::accumulate(chunk_sums_.begin(), chunk_sums_.begin() + kernels::n_chunks(layer.n_weights()), 0.0);
  }
  return total;
}

template class Objective<float>;
template class Objective<double>;

}  // namespace eigencoder::model
