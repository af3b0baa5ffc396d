// Penalties on the code: of one unit's mean activity (KL), of one activation (L1), of one unit's slope (contractive).
#pragma once

#include <cmath>
#include <limits>

#include "eigencoder/config.h"
#include "math/elementwise.h"

namespace eigencoder::math {

// The activity of a code unit lies in [0, 1]: a for sigmoid, (a + 1) / 2 for tanh. An affine map, so it takes a mean
// too.
struct Activity {
  double slope;
  double offset;

  explicit constexpr Activity(Activation activation)
      : slope(activation == Activation::tanh ? 0.5 : 1.0), offset(activation == Activation::tanh ? 0.5 : 0.0) {}
  constexpr double operator()(double a) const { return slope * a + offset; }
};

// KL(rho || rho^) of a Bernoulli code unit; rho^ is clipped, and the derivative is the one at the clipped value.
struct KlDivergence {
  static constexpr double clip = 1e-6;
  static constexpr double clipped(double mean) { return min(max(mean, clip), 1 - clip); }
  static constexpr double value(double rho, double mean) {
    const double rho_hat = clipped(mean);
    return rho * std::log(rho / rho_hat) + (1 - rho) * std::log((1 - rho) / (1 - rho_hat));
  }
  static constexpr double derivative(double rho, double mean) {
    const double rho_hat = clipped(mean);
    return -rho / rho_hat + (1 - rho) / (1 - rho_hat);
  }
};

struct L1 {
  template <typename V>
  static constexpr V value(const V& a) {
    return abs(a);
  }
  template <typename V>
  static constexpr V derivative(const V& a) {
    return sign(a);
  }
};

// What the penalty adds to dJ/da of an activation a: of_unit is that of its unit and of_sign that of its sign, both for
// each row; under contractive of_unit is taken by the slope f'(z).
template <typename F, typename V>
constexpr V penalty_derivative(bool contractive, Scalar<V> row_weight, const V& of_unit, Scalar<V> of_sign,
                               const V& a) {
  if (contractive) return row_weight * of_unit * F::second_derivative(a);
  return row_weight * (of_unit + of_sign * L1::derivative(a));
}

// Rifai et al. (2011): the squared norm of the encoder's Jacobian, of which unit j has the mean of f'(z_ij)^2 over the
// rows times ||W_:j||^2.
struct Contractive {
  static constexpr double value(double mean_squared_slope, double squared_norm) {
    return mean_squared_slope * squared_norm;
  }
  // Times f'(z_ij): by a slope f'(z_ij) of one row.
  static constexpr double derivative_by_slope(double squared_norm) { return 2 * squared_norm; }
  // Times W_ij: by a weight.
  static constexpr double derivative_by_weight(double mean_squared_slope) { return 2 * mean_squared_slope; }
};

// The mean activity before the first batch.
inline constexpr double no_mean = std::numeric_limits<double>::quiet_NaN();

// The penalty of one code unit from a sum over all rows: of its weighted activations under kl, of s_i f'(z_ij)^2 under
// contractive. `before` is its mean activity in the batches before, or no_mean.
struct UnitPenalty {
  Penalty penalty;
  double strength;
  double sparsity;
  double momentum;
  Activity activity;
  double n_rows;
  double weight;  // of all rows

  UnitPenalty(const ObjectiveConfig& config, Activation activation, double all_rows, double weight_of_all)
      : penalty(config.penalty),
        strength(config.sparsity_weight),
        sparsity(config.sparsity),
        momentum(config.sparsity_momentum),
        activity(activation),
        n_rows(all_rows),
        weight(weight_of_all) {}

  // What these rows contribute to the mean activity.
  constexpr double share(double before) const { return before == before ? 1 - momentum : 1.0; }
  constexpr double mean_activity(double sum, double before) const {
    const double of_rows = activity(sum / weight);
    const double share_of_rows = share(before);
    return share_of_rows == 1 ? of_rows : share_of_rows * of_rows + (1 - share_of_rows) * before;
  }
  constexpr double value(double sum, double before, double squared_norm) const {
    return strength * (penalty == Penalty::kl ? KlDivergence::value(sparsity, mean_activity(sum, before))
                                              : Contractive::value(sum / n_rows, squared_norm));
  }
  // Under kl by the activations, under contractive by the slopes; l1 has none of a unit.
  constexpr double derivative(double sum, double before, double squared_norm) const {
    if (penalty == Penalty::kl) {
      return strength * share(before) * activity.slope * KlDivergence::derivative(sparsity, mean_activity(sum, before));
    }
    return penalty == Penalty::contractive ? strength * Contractive::derivative_by_slope(squared_norm) : 0.0;
  }
  constexpr double derivative_by_weight(double sum) const {
    return strength * Contractive::derivative_by_weight(sum / n_rows);
  }
};

// J, from the sums over its rows of their losses and of the L1 norms of their codes, the squared norm of the weights
// and the penalties of all units.
constexpr double objective(const UnitPenalty& penalty, double losses, double l1_norms, double alpha,
                           double squared_weights, double of_units) {
  return (losses + penalty.strength * l1_norms) / penalty.n_rows + alpha / 2 * squared_weights + of_units;
}

}  // namespace eigencoder::math
