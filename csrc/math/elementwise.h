// The vocabulary of the formulas: each function takes a number or a fixed-size Eigen array and returns the same type.
// max and min pass a NaN on, so that a diverged training is seen. Eigen's own log1p, and its tanh of double, call libm
// entry by entry; made of log and exp they keep an absolute error of a few epsilon.
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <type_traits>

namespace eigencoder::math {

template <typename V>
inline constexpr bool is_number = std::is_arithmetic_v<V>;

namespace detail {
template <typename V, bool = is_number<V>>
struct ScalarOf {
  using type = V;
};
template <typename V>
struct ScalarOf<V, false> {
  using type = typename V::Scalar;
};
}  // namespace detail

template <typename V>
using Scalar = typename detail::ScalarOf<V>::type;

template <typename V>
V exp(const V& z) {
  if constexpr (is_number<V>) {
    return std::exp(z);
  } else {
    return z.exp();
  }
}

template <typename V>
V log1p(const V& z) {
  if constexpr (is_number<V>) {
    return std::log1p(z);
  } else {
    const V u = z + Scalar<V>(1);
    return u.log() + (z - (u - Scalar<V>(1))) / u;  // the second term is what rounding took from u
  }
}

template <typename V>
V tanh(const V& z) {
  if constexpr (is_number<V>) {
    return std::tanh(z);
  } else if constexpr (std::is_same_v<Scalar<V>, double>) {
    return 2.0 / (1.0 + (-2.0 * z).exp()) - 1.0;
  } else {
    return z.tanh();
  }
}

template <typename V>
V sqrt(const V& z) {
  if constexpr (is_number<V>) {
    return std::sqrt(z);
  } else {
    return z.sqrt();
  }
}

template <typename V>
V abs(const V& z) {
  if constexpr (is_number<V>) {
    return std::abs(z);
  } else {
    return z.abs();
  }
}

template <typename V>
V max(const V& z, Scalar<V> bound) {
  if constexpr (is_number<V>) {
    return z < bound ? bound : z;
  } else {
    return z.template max<Eigen::PropagateNaN>(bound);
  }
}

template <typename V>
V min(const V& z, Scalar<V> bound) {
  if constexpr (is_number<V>) {
    return z > bound ? bound : z;
  } else {
    return z.template min<Eigen::PropagateNaN>(bound);
  }
}

// 1 where z > 0, else 0.
template <typename V>
V step(const V& z) {
  if constexpr (is_number<V>) {
    return z > V(0) ? V(1) : V(0);
  } else {
    V result;
    for (Eigen::Index i = 0; i < V::SizeAtCompileTime; ++i) result[i] = step(z[i]);
    return result;
  }
}

// -1, 0 or 1.
template <typename V>
V sign(const V& z) {
  return step(z) - step(V(-z));
}

}  // namespace eigencoder::math
