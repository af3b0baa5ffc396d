#include "model/penalty.h"

namespace eigencoder::model {

using kernels::Share;
using kernels::Worker;

template <typename T>
CodePenalty<T>::CodePenalty(const Network& network, const ObjectiveConfig& config, kernels::Context<T>& context)
    : layer_(network.layers()[network.code_layer()]),
      next_layer_(network.layers()[network.code_layer() + 1]),
      config_(config),
      context_(context),
      squared_norms_(has_weight_gradient() ? layer_.n_outputs : 0),
      of_unit_(exists() ? layer_.n_outputs : 0) {}

template <typename T>
void CodePenalty<T>::sum_units(kernels::Matrix<const T> code, const double* row_weights, Sums& sums) {
  if (!exists()) return;
  context_.run([&](Share share, Worker<T>& worker) {
    const kernels::Range units = share.of(code.cols, kernels::cache_line<T>);
    if (config_.penalty == Penalty::kl) {
      kernels::column_sums<T>(units, worker, code, row_weights, sums.units());
    } else if (config_.penalty == Penalty::l1) {
      kernels::magnitude_sums<T>(units, worker, code, row_weights, sums.units());
    } else {
      kernels::squared_derivative_sums<T>(units, worker, code, layer_.activation, row_weights, sums.units());
    }
  });
}

template <typename T>
void CodePenalty<T>::begin(const T* parameters, const double* mean_activity) {
  mean_activity_ = mean_activity;
  if (!has_weight_gradient()) return;
  context_.run([&](Share share, Worker<T>& worker) {
    kernels::squared_row_norms<T>(share.of(layer_.n_outputs, kernels::cache_line<T>), worker, weights(parameters),
                                  squared_norms_.data());
  });
}

template <typename T>
kernels::PenaltyGradient<T> CodePenalty<T>::gradient(const Weighing& whole, Sums& sums, const T* row_weights) {
  if (!exists()) return {};
  context_.once([&](Worker<T>& worker) {
    kernels::unit_gradients<T>(units(), worker, of_unit(whole), unit_sums(sums), of_unit_.data());
  });
  return {config_.penalty, of_unit_.data(), row_weights};
}

template <typename T>
void CodePenalty<T>::add_weight_gradient(const Weighing& whole, Sums& sums, const T* parameters, T* gradients) {
  if (!has_weight_gradient()) return;
  context_.once([&](Worker<T>& worker) {
    kernels::weight_factors<T>(units(), worker, of_unit(whole), unit_sums(sums), of_unit_.data());
  });
  context_.run([&](Share share, Worker<T>& worker) {
    kernels::add_scaled_rows<T>(share, worker, weights(parameters), of_unit_.data(), weights(gradients).data);
  });
}

template <typename T>
void CodePenalty<T>::copy_mean_activity(const Weighing& whole, Sums& sums, double* mean_activity) {
  context_.once([&](Worker<T>& worker) {
    kernels::mean_activities<T>(units(), worker, of_unit(whole), unit_sums(sums), mean_activity);
  });
}

// Row j has the weights of unit j: under l1 the outgoing ones, else the incoming ones.
template <typename T>
template <typename V>
kernels::Weights<V> CodePenalty<T>::weights(V* parameters) const {
  if (config_.penalty == Penalty::l1) return Network::weights(next_layer_, parameters);
  return {parameters + layer_.weights_offset, layer_.n_outputs, layer_.n_inputs, true};
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
