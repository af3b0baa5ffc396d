// Penalties on the code, of one unit: of its mean activity (KL), of its magnitude (L1), of its slope (contractive).
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

// The mean of |a_ij| over the rows times the norm of the unit's outgoing weights: without it a smaller code with larger
// weights behind it would be the same code at a lower price.
struct L1 {
  // Below it the norm has the derivative 0, as at 0: a float has no room for the factor.
  static constexpr double least_norm = 1e-30;
  static constexpr double value(double mean_magnitude, double squared_norm) {
    return mean_magnitude * sqrt(squared_norm);
  }
  // Times sign(a_ij): by an activation of one row.
  static constexpr double derivative_by_activation(double squared_norm) { return sqrt(squared_norm); }
  // Times W_jk: by a weight.
  static constexpr double derivative_by_weight(double mean_magnitude, double squared_norm) {
    return squared_norm < least_norm * least_norm ? 0.0 : mean_magnitude / sqrt(squared_norm);
  }
};

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

// What the penalty adds to dJ/da of an activation a, of_unit being what its unit has for each row.
template <typename F, typename V>
constexpr V penalty_derivative(Penalty penalty, Scalar<V> row_weight, const V& of_unit, const V& a) {
  if (penalty == Penalty::contractive) return row_weight * of_unit * F::second_derivative(a);
  if (penalty == Penalty::l1) return row_weight * of_unit * sign(a);
  return row_weight * of_unit;
}

// The mean activity before the first batch.
inline constexpr double no_mean = std::numeric_limits<double>::quiet_NaN();

// The penalty of one code unit from a sum over all rows: of its weighted activations under kl, of s_i |a_ij| under l1,
// of s_i f'(z_ij)^2 under contractive. `before` is its mean activity in the batches before, or no_mean; squared_norm
// that of its outgoing weights under l1, of its incoming ones under contractive.
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
    if (penalty == Penalty::kl) return strength * KlDivergence::value(sparsity, mean_activity(sum, before));
    if (penalty == Penalty::l1) return strength * L1::value(sum / n_rows, squared_norm);
    return strength * Contractive::value(sum / n_rows, squared_norm);
  }
  // By the activations, under contractive by the slopes.
  constexpr double derivative(double sum, double before, double squared_norm) const {
    if (penalty == Penalty::kl) {
      return strength * share(before) * activity.slope * KlDivergence::derivative(sparsity, mean_activity(sum, before));
    }
    if (penalty == Penalty::l1) return strength * L1::derivative_by_activation(squared_norm);
    return strength * Contractive::derivative_by_slope(squared_norm);
  }
  constexpr double derivative_by_weight(double sum, double squared_norm) const {
    if (penalty == Penalty::l1) return strength * L1::derivative_by_weight(sum / n_rows, squared_norm);
    return strength * Contractive::derivative_by_weight(sum / n_rows);
  }
};

// J, from the sum of its rows' losses, the squared norm of the weights and the penalties of all units.
constexpr double objective(double losses, double n_rows, double alpha, double squared_weights, double of_units) {
  return losses / n_rows + alpha / 2 * squared_weights + of_units;
}

}  // namespace eigencoder::math
