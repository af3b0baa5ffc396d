#include "model/penalty.h"

#include <algorithm>
#include <cmath>

#include "math/sparsity.h"

namespace eigencoder::model {

using kernels::Scratch;
using kernels::Share;

template <typename T>
CodePenalty<T>::CodePenalty(const Network& network, const ObjectiveConfig& config, kernels::Context<T>& context)
    : layer_(network.layers()[network.code_layer()]),
      config_(config),
      context_(context),
      squared_norms_(config.penalty == Penalty::contractive ? static_cast<std::size_t>(layer_.n_outputs) : 0),
      of_unit_(static_cast<std::size_t>(layer_.n_outputs)) {}

template <typename T>
std::size_t CodePenalty<T>::n_unit_sums() const {
  return config_.penalty == Penalty::kl || config_.penalty == Penalty::contractive ? of_unit_.size() : 0;
}

template <typename T>
void CodePenalty<T>::sum_units(kernels::Matrix<const T> code, const double* row_weights, std::vector<double>& sums) {
  if (sums.empty()) return;
  context_.run([&](Share share, Scratch<T>&) {
    const kernels::Range units = share.of(code.cols, kernels::cache_line<T>);
    if (config_.penalty == Penalty::kl) {
      kernels::column_sums<T>(units, code, row_weights, sums.data());
    } else {
      kernels::squared_derivative_sums<T>(units, code, layer_.activation, row_weights, sums.data());
    }
  });
}

template <typename T>
void CodePenalty<T>::begin(const T* parameters, const double* mean_activity) {
  mean_activity_ = mean_activity;
  if (squared_norms_.empty()) return;
  context_.run([&](Share share, Scratch<T>&) {
    kernels::squared_column_norms<T>(
        share.of(layer_.n_outputs, kernels::cache_line<T>),
        {parameters + layer_.weights_offset, layer_.n_inputs, layer_.n_outputs, layer_.n_outputs},
        squared_norms_.data());
  });
}

template <typename T>
kernels::PenaltyGradient<T> CodePenalty<T>::gradient(const Sums& whole, const T* row_weights) {
  if (!exists()) return {};
  const double beta = config_.sparsity_weight;
  const double slope = math::Activity(layer_.activation).slope;
  for (std::size_t j = 0; j < of_unit_.size(); ++j) {
    double of_unit = 0;
    if (config_.penalty == Penalty::kl) {
      of_unit = batch_share(j) * slope * math::KlDivergence::derivative(config_.sparsity, mean_activity(whole, j));
    } else if (config_.penalty == Penalty::contractive) {
      of_unit = math::Contractive::derivative_by_slope(squared_norms_[j]);
    }
    of_unit_[j] = static_cast<T>(beta * of_unit);
  }
  return {of_unit_.data(), config_.penalty == Penalty::l1 ? static_cast<T>(beta) : T(0),
          config_.penalty == Penalty::contractive, row_weights};
}

template <typename T>
void CodePenalty<T>::add_weight_gradient(const Sums& sums, const T* parameters, T* gradients) {
  if (!has_weight_gradient()) return;
  std::transform(sums.unit.begin(), sums.unit.end(), of_unit_.begin(), [&](double sum) {
    return static_cast<T>(config_.sparsity_weight * math::Contractive::derivative_by_weight(sum / sums.rows));
  });
  context_.run([&](Share share, Scratch<T>&) {
    kernels::add_scaled_columns<T>(share.of(layer_.n_inputs, kernels::row_unit), Network::weights(layer_, parameters),
                                   of_unit_.data(), gradients + layer_.weights_offset);
  });
}

template <typename T>
double CodePenalty<T>::value(const Sums& sums) const {
  double total = sums.l1 / sums.rows;
  for (std::size_t j = 0; j < sums.unit.size(); ++j) {
    total += config_.penalty == Penalty::kl ? math::KlDivergence::value(config_.sparsity, mean_activity(sums, j))
                                            : math::Contractive::value(sums.unit[j] / sums.rows, squared_norms_[j]);
  }
  return config_.sparsity_weight * total;
}

template <typename T>
double CodePenalty<T>::mean_activity(const Sums& sums, std::size_t unit) const {
  const double of_batch = math::Activity(layer_.activation)(sums.unit[unit] / sums.weight);
  const double share = batch_share(unit);
  return share == 1 ? of_batch : share * of_batch + (1 - share) * mean_activity_[unit];
}

// What the batch contributes to a unit's mean activity; the rest is of the batches before.
template <typename T>
double CodePenalty<T>::batch_share(std::size_t unit) const {
  return mean_activity_ && !std::isnan(mean_activity_[unit]) ? 1 - config_.sparsity_momentum : 1.0;
}

template class CodePenalty<float>;
template class CodePenalty<double>;

}  // namespace eigencoder::model
