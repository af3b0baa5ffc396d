// The penalty on the code: what it adds to J, to the code's gradient and to that of the weights.
#pragma once

#include <vector>

#include "kernels/kernels.h"
#include "model/network.h"

namespace eigencoder::model {

// What J is made of, summed over rows.
struct Sums {
  double rows = 0;
  double weight = 0;
  double data = 0;
  double l1 = 0;
  std::vector<double> unit;  // of each code unit: weighted activations under KL, s_i f'(z_ij)^2 under contractive
};

template <typename T>
class CodePenalty {
 public:
  CodePenalty(const Network& network, const ObjectiveConfig& config, kernels::Context<T>& context);

  bool exists() const { return config_.penalty != Penalty::none; }
  // Whether the gradient depends on a mean over all rows.
  bool needs_all_rows() const { return config_.penalty == Penalty::kl; }
  // Whether it depends on the weights also as they stand in it.
  bool has_weight_gradient() const { return config_.penalty == Penalty::contractive; }
  std::size_t n_unit_sums() const;

  // The unit sums of one batch.
  void sum_units(kernels::Matrix<const T> code, const double* row_weights, std::vector<double>& sums);

  // For all that follows: these parameters, and `mean_activity` of the batches before; nullptr: there were none.
  void begin(const T* parameters, const double* mean_activity);
  // The gradient at the code, where the whole of J has these sums.
  kernels::PenaltyGradient<T> gradient(const Sums& whole, const T* row_weights);
  void add_weight_gradient(const Sums& sums, const T* parameters, T* gradients);
  double value(const Sums& sums) const;
  double mean_activity(const Sums& sums, std::size_t unit) const;

 private:
  double batch_share(std::size_t unit) const;

  const Layer& layer_;
  const ObjectiveConfig& config_;
  kernels::Context<T>& context_;
  const double* mean_activity_ = nullptr;
  std::vector<double> squared_norms_;  // of the columns of W, under contractive
  std::vector<T> of_unit_;
};

}  // namespace eigencoder::model
