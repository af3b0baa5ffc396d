// The vocabulary of the formulas: each function takes a number or a fixed-size array and returns the same type. What is
// here is that of numbers, elementwise_packets.h has that of arrays. max and min pass a NaN on, so that a diverged
// training is seen. Formulas are constexpr, which lets them run on a GPU too.
#pragma once

#include <cmath>
#include <type_traits>

namespace eigencoder::math {

template <typename V>
struct Elementwise {
  static_assert(std::is_arithmetic_v<V>);
  using Scalar = V;

  static constexpr V exp(V z) { return std::exp(z); }
  static constexpr V log1p(V z) { return std::log1p(z); }
  static constexpr V tanh(V z) { return std::tanh(z); }
  static constexpr V sqrt(V z) { return std::sqrt(z); }
  static constexpr V abs(V z) { return std::abs(z); }
  static constexpr V max(V z, V bound) { return z < bound ? bound : z; }
  static constexpr V min(V z, V bound) { return z > bound ? bound : z; }
  static constexpr V step(V z) { return z > V(0) ? V(1) : V(0); }
};

template <typename V>
using Scalar = typename Elementwise<V>::Scalar;

template <typename V>
constexpr V exp(const V& z) {
  return Elementwise<V>::exp(z);
}

template <typename V>
constexpr V log1p(const V& z) {
  return Elementwise<V>::log1p(z);
}

template <typename V>
constexpr V tanh(const V& z) {
  return Elementwise<V>::tanh(z);
}

template <typename V>
constexpr V sqrt(const V& z) {
  return Elementwise<V>::sqrt(z);
}

template <typename V>
constexpr V abs(const V& z) {
  return Elementwise<V>::abs(z);
}

template <typename V>
constexpr V max(const V& z, Scalar<V> bound) {
  return Elementwise<V>::max(z, bound);
}

template <typename V>
constexpr V min(const V& z, Scalar<V> bound) {
  return Elementwise<V>::min(z, bound);
}

template <typename T>
constexpr bool is_finite(T number) {
  return number * T(0) == T(0);
}

// 1 where z > 0, else 0.
template <typename V>
constexpr V step(const V& z) {
  return Elementwise<V>::step(z);
}

// -1, 0 or 1.
template <typename V>
constexpr V sign(const V& z) {
  return step(z) - step(V(-z));
}

}  // namespace eigencoder::math
