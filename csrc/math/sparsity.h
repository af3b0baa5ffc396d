// Penalties on the code: of one unit's mean activity (KL), of one activation (L1), of one unit's slope (contractive).
#pragma once

#include <algorithm>
#include <cmath>

#include "eigencoder/config.h"
#include "math/elementwise.h"

namespace eigencoder::math {

// The activity of a code unit lies in [0, 1]: a for sigmoid, (a + 1) / 2 for tanh. An affine map, so it takes a mean
// too.
struct Activity {
  double slope;
  double offset;

  explicit Activity(Activation activation)
      : slope(activation == Activation::tanh ? 0.5 : 1.0), offset(activation == Activation::tanh ? 0.5 : 0.0) {}
  double operator()(double a) const { return slope * a + offset; }
};

// KL(rho || rho^) of a Bernoulli code unit; rho^ is clipped, and the derivative is the one at the clipped value.
struct KlDivergence {
  static constexpr double clip = 1e-6;
  static double clipped(double mean) { return std::clamp(mean, clip, 1 - clip); }
  static double value(double rho, double mean) {
    const double rho_hat = clipped(mean);
    return rho * std::log(rho / rho_hat) + (1 - rho) * std::log((1 - rho) / (1 - rho_hat));
  }
  static double derivative(double rho, double mean) {
    const double rho_hat = clipped(mean);
    return -rho / rho_hat + (1 - rho) / (1 - rho_hat);
  }
};

struct L1 {
  template <typename V>
  static V value(const V& a) {
    return abs(a);
  }
  template <typename V>
  static V derivative(const V& a) {
    return sign(a);
  }
};

// Rifai et al. (2011): the squared norm of the encoder's Jacobian, of which unit j has the mean of f'(z_ij)^2 over the
// rows times ||W_:j||^2.
struct Contractive {
  static double value(double mean_squared_slope, double squared_norm) { return mean_squared_slope * squared_norm; }
  // Times f'(z_ij): by a slope f'(z_ij) of one row.
  static double derivative_by_slope(double squared_norm) { return 2 * squared_norm; }
  // Times W_ij: by a weight.
  static double derivative_by_weight(double mean_squared_slope) { return 2 * mean_squared_slope; }
};

}  // namespace eigencoder::math
