// The vocabulary of the formulas for fixed-size Eigen arrays. Eigen's own log1p, and its tanh of double, call libm
// entry by entry; made of log and exp they keep an absolute error of a few epsilon.
#pragma once

#include <Eigen/Core>

#include "math/elementwise.h"

namespace eigencoder::math {

template <typename T, int n, int options>
struct Elementwise<Eigen::Array<T, n, 1, options, n, 1>> {
  using Scalar = T;
  using V = Eigen::Array<T, n, 1, options, n, 1>;

  static V exp(const V& z) { return z.exp(); }
  static V log1p(const V& z) {
    const V u = z + T(1);
    return u.log() + (z - (u - T(1))) / u;  // the second term is what rounding took from u
  }
  static V tanh(const V& z) {
    if constexpr (std::is_same_v<T, double>) {
      return 2.0 / (1.0 + (-2.0 * z).exp()) - 1.0;
    } else {
      return z.tanh();
    }
  }
  static V sqrt(const V& z) { return z.sqrt(); }
  static V abs(const V& z) { return z.abs(); }
  static V max(const V& z, T bound) { return z.template max<Eigen::PropagateNaN>(bound); }
  static V min(const V& z, T bound) { return z.template min<Eigen::PropagateNaN>(bound); }
  static V step(const V& z) {
    V result;
    for (Eigen::Index i = 0; i < n; ++i) result[i] = math::step(z[i]);
    return result;
  }
};

}  // namespace eigencoder::math
