#include "model/penalty.h"

namespace eigencoder::model {

using kernels::Share;
using kernels::Worker;

template <typename T>
CodePenalty<T>::CodePenalty(const Network& network, const ObjectiveConfig& config, kernels::Context<T>& context)
    : layer_(network.layers()[network.code_layer()]),
      config_(config),
      context_(context),
      squared_norms_(config.penalty == Penalty::contractive ? layer_.n_outputs : 0),
      of_unit_(config.penalty == Penalty::none ? 0 : layer_.n_outputs) {}

template <typename T>
Index CodePenalty<T>::n_unit_sums() const {
  return config_.penalty == Penalty::kl || config_.penalty == Penalty::contractive ? layer_.n_outputs : 0;
}

template <typename T>
void CodePenalty<T>::sum_units(kernels::Matrix<const T> code, const double* row_weights, Sums& sums) {
  if (n_unit_sums() == 0) return;
  context_.run([&](Share share, Worker<T>& worker) {
    const kernels::Range units = share.of(code.cols, kernels::cache_line<T>);
    if (config_.penalty == Penalty::kl) {
      kernels::column_sums<T>(units, worker, code, row_weights, sums.units());
    } else {
      kernels::squared_derivative_sums<T>(units, worker, code, layer_.activation, row_weights, sums.units());
    }
  });
}

template <typename T>
void CodePenalty<T>::begin(const T* parameters, const double* mean_activity) {
  mean_activity_ = mean_activity;
  if (squared_norms_.size() == 0) return;
  context_.run([&](Share share, Worker<T>& worker) {
    kernels::squared_column_norms<T>(
        share.of(layer_.n_outputs, kernels::cache_line<T>), worker,
        {parameters + layer_.weights_offset, layer_.n_inputs, layer_.n_outputs, layer_.n_outputs},
        squared_norms_.data());
  });
}

template <typename T>
kernels::PenaltyGradient<T> CodePenalty<T>::gradient(const Weighing& whole, Sums& sums, const T* row_weights) {
  if (!exists()) return {};
  context_.once([&](Worker<T>& worker) {
    kernels::unit_gradients<T>(units(), worker, of_unit(whole), unit_sums(sums), of_unit_.data());
  });
  return {of_unit_.data(), config_.penalty == Penalty::l1 ? static_cast<T>(config_.sparsity_weight) : T(0),
          config_.penalty == Penalty::contractive, row_weights};
}

template <typename T>
void CodePenalty<T>::add_weight_gradient(const Weighing& whole, Sums& sums, const T* parameters, T* gradients) {
  if (!has_weight_gradient()) return;
  context_.once([&](Worker<T>& worker) {
    kernels::weight_factors<T>(units(), worker, of_unit(whole), unit_sums(sums), of_unit_.data());
  });
  context_.run([&](Share share, Worker<T>& worker) {
    kernels::add_scaled_columns<T>(share.of(layer_.n_inputs, kernels::row_unit), worker,
                                   Network::weights(layer_, parameters), of_unit_.data(),
                                   gradients + layer_.weights_offset);
  });
}

template <typename T>
void CodePenalty<T>::copy_mean_activity(const Weighing& whole, Sums& sums, double* mean_activity) {
  context_.once([&](Worker<T>& worker) {
    kernels::mean_activities<T>(units(), worker, of_unit(whole), unit_sums(sums), mean_activity);
  });
}

template <typename T>
math::UnitPenalty CodePenalty<T>::of_unit(const Weighing& whole) const {
  return {config_, layer_.activation, whole.rows, whole.weight};
}

template <typename T>
kernels::UnitSums CodePenalty<T>::unit_sums(Sums& sums) const {
  return {sums.n_units() > 0 ? sums.units() : nullptr, mean_activity_, squared_norms_.data()};
}

template class CodePenalty<float>;
template class CodePenalty<double>;

}  // namespace eigencoder::model
