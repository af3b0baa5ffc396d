#include "model/passes.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "math/reconstruction.h"

namespace eigencoder::model {

using kernels::Matrix;
using kernels::Noise;
using kernels::Part;
using kernels::Range;
using kernels::Scratch;
using kernels::Share;

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
      penalty_weights_(static_cast<std::size_t>(max_rows)),
      block_(static_cast<std::size_t>(max_rows)),
      labels_(classifies() ? static_cast<std::size_t>(max_rows) : 0),
      row_losses_(static_cast<std::size_t>(max_rows)),
      l1_norms_(config.penalty == Penalty::l1 ? static_cast<std::size_t>(max_rows) : 0),
      kept_(static_cast<std::size_t>(max_rows * network.n_active())),
      vectors_(context, network.n_parameters()),
      penalty_(network, config, context),
      from_logits_(math::from_logits(config.loss)) {
  for (const Layer& layer : network.layers()) {
    outputs_.emplace_back(max_rows, layer.n_outputs);
    if (outputs_.size() < network.layers().size()) deltas_.emplace_back(max_rows, layer.n_outputs);
  }
  sums_.unit.resize(penalty_.n_unit_sums());
}

template <typename T>
std::optional<double> Objective<T>::pass(const Dataset<T>& data, const Index* rows, Index n_rows, const Noise& noise,
                                         const double* mean_activity, const T* parameters) {
  if (!begin(data, rows, n_rows, noise)) return std::nullopt;
  prepare_deltas(sums_);
  penalty_.begin(parameters, mean_activity);
  if (penalty_.needs_all_rows()) {
    kernels::sweep(context_, n_rows, [&](auto& sequence) {
      forward(sequence, data, rows, noise, parameters, all_layers());
      output_delta(sequence);
    });
    sum_code();  // the penalty's gradient needs the mean of all rows
    penalty_gradient_ = penalty_.gradient(sums_, penalty_weights_.data());
    kernels::sweep(context_, n_rows, [&](auto& sequence) { backward(sequence, parameters); });
  } else {
    penalty_gradient_ = penalty_.gradient(sums_, penalty_weights_.data());
    kernels::sweep(context_, n_rows, [&](auto& sequence) {
      forward(sequence, data, rows, noise, parameters, all_layers());
      output_delta(sequence);
      backward(sequence, parameters);
    });
    sum_code();
  }
  sums_.data = weighted(row_losses_);
  return value(sums_, parameters);
}

template <typename T>
bool Objective<T>::begin(const Dataset<T>& data, const Index* rows, Index n_rows, const Noise& noise) {
  n_rows_ = n_rows;
  for (Index i = 0; i < n_rows; ++i) {
    row_weights_[static_cast<std::size_t>(i)] = data.weights ? data.weights[rows[i]] : 1.0;
  }
  for (std::size_t i = 0; classifies() && i < static_cast<std::size_t>(n_rows); ++i) labels_[i] = data.labels[rows[i]];
  sums_.rows = static_cast<double>(n_rows);
  sums_.weight = std::accumulate(row_weights_.begin(), row_weights_.begin() + n_rows, 0.0);
  x_ = clean_.first_rows(n_rows);
  input_ = noise.drawn() ? corrupted_.first_rows(n_rows) : clean_.first_rows(n_rows);
  return sums_.weight != 0;
}

template <typename T>
void Objective<T>::gradient(const T* parameters, T* gradients) {
  gradient_of_pass(parameters, gradients, false);
  penalty_.add_weight_gradient(sums_, parameters, gradients);
}

template <typename T>
void Objective<T>::gradient_of_pass(const T* parameters, T* gradients, bool add) {
  const auto& layers = network_.layers();
  const T decay = add ? T(0) : static_cast<T>(config_.alpha);
  for (std::size_t l = layers.size(); l-- > 0;) {
    const bool mirrored = network_.tied() && !layers[l].tied;  // the decoder's share is there already
    context_.run([&](Share share, Scratch<T>& scratch) {
      context_.throw_if_interrupted(share);
      kernels::dense_gradient<T>(share, scratch, input(l), delta(l), network_.weights(layers[l], parameters), decay,
                                 {add || mirrored, add}, gradients + layers[l].weights_offset,
                                 gradients + layers[l].bias_offset);
    });
  }
}

// No interrupt in here, so that a step is done or not begun.
template <typename T>
void Objective<T>::update(const OptimizerConfig& optimizer, double learning_rate, const TrainingState<T>& state) {
  context_.run([&](Share share, Scratch<T>& scratch) {
    for (std::size_t l = 0; l < network_.layers().size(); ++l) {
      kernels::dense_update<T>(share, scratch, input(l), delta(l), network_.layers()[l], static_cast<T>(config_.alpha),
                               optimizer, learning_rate, state);
    }
  });
}

template <typename T>
void Objective<T>::copy_mean_activity(double* mean_activities) const {
  for (std::size_t j = 0; j < sums_.unit.size(); ++j) mean_activities[j] = penalty_.mean_activity(sums_, j);
}

template <typename T>
void Objective<T>::sum_code() {
  if (config_.penalty == Penalty::l1) sums_.l1 = weighted(l1_norms_);
  penalty_.sum_units(code(), row_weights_.data(), sums_.unit);
}

template <typename T>
double Objective<T>::weighted(const std::vector<double>& of_rows) const {
  return std::inner_product(row_weights_.begin(), row_weights_.begin() + n_rows_, of_rows.begin(), 0.0);
}

template <typename T>
void Objective<T>::prepare_deltas(const Sums& whole) {
  const auto shares_of = [&](double divisor, std::vector<T>& shares) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(n_rows_); ++i) {
      shares[i] = static_cast<T>(row_weights_[i] / divisor);
    }
  };
  shares_of(whole.rows, delta_weights_);
  // The mean activation is divided by the sum of the weights, all else by the number of rows.
  if (penalty_.exists()) shares_of(penalty_.needs_all_rows() ? whole.weight : whole.rows, penalty_weights_);
}

template <typename T>
double Objective<T>::value(const Sums& sums, const T* parameters) {
  const double l2 = config_.alpha == 0 ? 0.0 : config_.alpha / 2 * squared_norm(parameters);
  return sums.data / sums.rows + l2 + penalty_.value(sums);
}

// Of all layers: a tied matrix counts twice.
template <typename T>
double Objective<T>::squared_norm(const T* parameters) {
  double total = 0;
  for (const Layer& layer : network_.layers()) {
    const T* const weights = parameters + layer.weights_offset;
    total += vectors_.dot(layer.n_weights(), weights, weights);
  }
  return total;
}

template class Objective<float>;
template class Objective<double>;

}  // namespace eigencoder::model
