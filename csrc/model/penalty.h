// The penalty on the code: what it adds to J, to the code's gradient and to that of the weights.
#pragma once

#include "kernels/kernels.h"
#include "model/network.h"

namespace eigencoder::model {

// How many rows something was summed over, and what they weigh.
struct Weighing {
  double rows = 0;
  double weight = 0;
};

// Of n_rows rows of a data set, of which number i is row(i).
template <typename T, typename Row>
Weighing weigh(const Dataset<T>& data, Index n_rows, const Row& row) {
  Weighing result{static_cast<double>(n_rows), static_cast<double>(n_rows)};
  if (!data.weights) return result;
  result.weight = 0;
  for (Index i = 0; i < n_rows; ++i) result.weight += data.weights[row(i)];
  return result;
}

// What J is made of, summed over rows, where the kernels can reach it.
class Sums {
 public:
  explicit Sums(Index n_units) : sums_(1 + n_units) {}

  double* data() { return sums_.data(); }
  double* units() { return sums_.data() + 1; }  // of each unit, what math::UnitPenalty takes
  Index n_units() const { return sums_.size() - 1; }
  Index size() const { return sums_.size(); }

 private:
  kernels::Buffer<double> sums_;
};

template <typename T>
class CodePenalty {
 public:
  CodePenalty(const Network& network, const ObjectiveConfig& config, kernels::Context<T>& context);

  bool exists() const { return config_.penalty != Penalty::none; }
  // Whether the gradient depends on a mean over all rows.
  bool needs_all_rows() const { return config_.penalty == Penalty::kl; }
  // Whether it depends on the weights also as they stand in it.
  bool has_weight_gradient() const { return config_.penalty == Penalty::l1 || config_.penalty == Penalty::contractive; }
  Index n_unit_sums() const { return exists() ? layer_.n_outputs : 0; }

  // The unit sums of one batch.
  void sum_units(kernels::Matrix<const T> code, const double* row_weights, Sums& sums);

  // For all that follows: these parameters, and `mean_activity` of the batches before; nullptr: there were none.
  void begin(const T* parameters, const double* mean_activity);
  // The gradient at the code, where the whole of J has these sums.
  kernels::PenaltyGradient<T> gradient(const Weighing& whole, Sums& sums, const T* row_weights);
  void add_weight_gradient(const Weighing& whole, Sums& sums, const T* parameters, T* gradients);
  void copy_mean_activity(const Weighing& whole, Sums& sums, double* mean_activity);

  math::UnitPenalty of_unit(const Weighing& whole) const;
  kernels::UnitSums unit_sums(Sums& sums) const;

 private:
  kernels::Range units() const { return {0, layer_.n_outputs}; }
  template <typename V>
  kernels::Weights<V> weights(V* parameters) const;

  const Layer& layer_;       // gives the code
  const Layer& next_layer_;  // reads it
  const ObjectiveConfig& config_;
  kernels::Context<T>& context_;
  const double* mean_activity_ = nullptr;
  kernels::Buffer<double> squared_norms_;  // of each unit's weights, where they have a gradient
  kernels::Buffer<T> of_unit_;
};

}  // namespace eigencoder::model
