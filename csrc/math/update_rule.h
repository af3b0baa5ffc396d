// Update rules of one parameter: how a gradient moves it and its moments.
#pragma once

#include <array>
#include <cmath>

#include "eigencoder/config.h"
#include "math/elementwise.h"

namespace eigencoder::math {

// Kingma & Ba (2015), Algorithm 1.
template <typename T>
struct Adam {
  static constexpr int n_moments = 2;
  T beta_1, beta_2, one_minus_beta_1, one_minus_beta_2, epsilon, learning_rate, first_correction, second_correction;

  Adam(const OptimizerConfig& config, Index n_updates)
      : beta_1(static_cast<T>(config.beta_1)),
        beta_2(static_cast<T>(config.beta_2)),
        one_minus_beta_1(static_cast<T>(1 - config.beta_1)),
        one_minus_beta_2(static_cast<T>(1 - config.beta_2)),
        epsilon(static_cast<T>(config.epsilon)),
        learning_rate(static_cast<T>(config.learning_rate_init)),
        first_correction(static_cast<T>(1 / (1 - std::pow(config.beta_1, static_cast<double>(n_updates))))),
        second_correction(static_cast<T>(1 / (1 - std::pow(config.beta_2, static_cast<double>(n_updates))))) {}

  template <typename V>
  void operator()(const V& gradient, V& parameter, std::array<V, 2>& moments) const {
    auto& [first_moment, second_moment] = moments;
    first_moment = beta_1 * first_moment + one_minus_beta_1 * gradient;
    second_moment = beta_2 * second_moment + one_minus_beta_2 * gradient * gradient;
    parameter -=
        learning_rate * (first_moment * first_correction) / (sqrt(V(second_moment * second_correction)) + epsilon);
  }
};

// Gradient descent with momentum, or Nesterov's (Sutskever et al. 2013), as scikit-learn's SGDOptimizer; the velocity
// is the first moment.
template <typename T>
struct Sgd {
  static constexpr int n_moments = 1;
  T learning_rate, momentum;
  bool nesterov;

  explicit Sgd(const OptimizerConfig& config)
      : learning_rate(static_cast<T>(config.learning_rate_init)),
        momentum(static_cast<T>(config.momentum)),
        nesterov(config.nesterovs_momentum) {}

  template <typename V>
  void operator()(const V& gradient, V& parameter, std::array<V, 1>& moments) const {
    V& velocity = moments[0];
    velocity = momentum * velocity - learning_rate * gradient;
    if (nesterov) {
      parameter += momentum * velocity - learning_rate * gradient;
    } else {
      parameter += velocity;
    }
  }
};

}  // namespace eigencoder::math
