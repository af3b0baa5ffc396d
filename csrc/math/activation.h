// Activations: a = value(z), and f'(z) = derivative(a) and f''(z) = second_derivative(a), written in terms of the
// output.
//
// To add one: write its struct here, append it to Activations, append its enumerator and name in eigencoder/config.h,
// and add the formula to python/eigencoder/reference/formulas.py. The tests pick it up from the list.
#pragma once

#include "eigencoder/config.h"
#include "math/dispatch.h"
#include "math/elementwise.h"

namespace eigencoder::math {

struct Identity {
  static constexpr bool relu_like = false;
  template <typename V>
  static constexpr V value(const V& z) {
    return z;
  }
  template <typename V>
  static constexpr V derivative(const V& a) {
    return a * Scalar<V>(0) + Scalar<V>(1);
  }
  template <typename V>
  static constexpr V second_derivative(const V& a) {
    return a * Scalar<V>(0);
  }
};

struct Sigmoid {
  static constexpr bool relu_like = false;
  template <typename V>
  static constexpr V value(const V& z) {
    return Scalar<V>(1) / (Scalar<V>(1) + exp(V(-z)));
  }
  template <typename V>
  static constexpr V derivative(const V& a) {
    return a * (Scalar<V>(1) - a);
  }
  template <typename V>
  static constexpr V second_derivative(const V& a) {
    return a * (Scalar<V>(1) - a) * (Scalar<V>(1) - Scalar<V>(2) * a);
  }
};

struct Tanh {
  static constexpr bool relu_like = false;
  template <typename V>
  static constexpr V value(const V& z) {
    return tanh(z);
  }
  template <typename V>
  static constexpr V derivative(const V& a) {
    return Scalar<V>(1) - a * a;
  }
  template <typename V>
  static constexpr V second_derivative(const V& a) {
    return Scalar<V>(-2) * a * (Scalar<V>(1) - a * a);
  }
};

struct Relu {
  static constexpr bool relu_like = true;
  template <typename V>
  static constexpr V value(const V& z) {
    return max(z, Scalar<V>(0));
  }
  template <typename V>
  static constexpr V derivative(const V& a) {
    return step(a);
  }
  template <typename V>
  static constexpr V second_derivative(const V& a) {
    return a * Scalar<V>(0);
  }
};

struct LeakyRelu {
  static constexpr bool relu_like = true;
  static constexpr double slope = 0.01;
  template <typename V>
  static constexpr V value(const V& z) {
    return max(z, Scalar<V>(0)) + Scalar<V>(slope) * min(z, Scalar<V>(0));
  }
  template <typename V>
  static constexpr V derivative(const V& a) {
    return Scalar<V>(slope) + Scalar<V>(1 - slope) * step(a);
  }
  template <typename V>
  static constexpr V second_derivative(const V& a) {
    return a * Scalar<V>(0);
  }
};

struct Elu {
  static constexpr bool relu_like = true;
  template <typename V>
  static constexpr V value(const V& z) {
    return max(z, Scalar<V>(0)) + (exp(min(z, Scalar<V>(0))) - Scalar<V>(1));
  }
  template <typename V>
  static constexpr V derivative(const V& a) {
    return min(a, Scalar<V>(0)) + Scalar<V>(1);
  }
  template <typename V>
  static constexpr V second_derivative(const V& a) {
    return (a + Scalar<V>(1)) * (Scalar<V>(1) - step(a));
  }
};

struct Softplus {
  static constexpr bool relu_like = true;
  template <typename V>
  static constexpr V value(const V& z) {
    return max(z, Scalar<V>(0)) + log1p(exp(V(-abs(z))));
  }
  template <typename V>
  static constexpr V derivative(const V& a) {
    return Scalar<V>(1) - exp(V(-a));
  }
  template <typename V>
  static constexpr V second_derivative(const V& a) {
    return exp(V(-a)) * (Scalar<V>(1) - exp(V(-a)));
  }
};

using Activations = std::tuple<Identity, Sigmoid, Tanh, Relu, LeakyRelu, Elu, Softplus>;
static_assert(std::tuple_size_v<Activations> == activation_names.size());

inline bool relu_like(Activation activation) {
  bool answer = false;
  dispatch<Activations>(activation, [&](auto f) { answer = f.relu_like; });
  return answer;
}

}  // namespace eigencoder::math
