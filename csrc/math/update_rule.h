// Update rules of one parameter: how a gradient moves it and its moments.
#pragma once

#include <array>
#include <cmath>
#include <stdexcept>

#include "eigencoder/config.h"
#include "math/elementwise.h"

namespace eigencoder::math {

// Kingma & Ba (2015), Algorithm 1.
template <typename T>
struct Adam {
  static constexpr int n_moments = 2;
  static constexpr bool decays = false;
  T beta_1, beta_2, one_minus_beta_1, one_minus_beta_2, epsilon, learning_rate, first_correction, second_correction;

  Adam(const OptimizerConfig& config, double rate, Index n_updates)
      : beta_1(static_cast<T>(config.beta_1)),
        beta_2(static_cast<T>(config.beta_2)),
        one_minus_beta_1(static_cast<T>(1 - config.beta_1)),
        one_minus_beta_2(static_cast<T>(1 - config.beta_2)),
        epsilon(static_cast<T>(config.epsilon)),
        learning_rate(static_cast<T>(rate)),
        first_correction(static_cast<T>(1 / (1 - std::pow(config.beta_1, static_cast<double>(n_updates))))),
        second_correction(static_cast<T>(1 / (1 - std::pow(config.beta_2, static_cast<double>(n_updates))))) {}

  template <typename V>
  constexpr void operator()(const V& gradient, V& parameter, std::array<V, 2>& moments) const {
    auto& [first_moment, second_moment] = moments;
    first_moment = beta_1 * first_moment + one_minus_beta_1 * gradient;
    second_moment = beta_2 * second_moment + one_minus_beta_2 * gradient * gradient;
    parameter -=
        learning_rate * (first_moment * first_correction) / (sqrt(V(second_moment * second_correction)) + epsilon);
  }
};

// Loshchilov & Hutter (2019), Algorithm 2: the decay is none of the gradient's.
template <typename T>
struct AdamW : Adam<T> {
  static constexpr bool decays = true;  // the weights, not the biases
  T kept;

  AdamW(const OptimizerConfig& config, double rate, Index n_updates)
      : Adam<T>(config, rate, n_updates), kept(static_cast<T>(1 - rate * config.weight_decay)) {}

  template <typename V>
  constexpr void operator()(const V& gradient, V& parameter, std::array<V, 2>& moments) const {
    parameter *= kept;
    Adam<T>::operator()(gradient, parameter, moments);
  }
};

// Tieleman & Hinton (2012), lecture 6.5; the mean square is the first moment.
template <typename T>
struct RmsProp {
  static constexpr int n_moments = 1;
  static constexpr bool decays = false;
  T beta_2, one_minus_beta_2, epsilon, learning_rate;

  RmsProp(const OptimizerConfig& config, double rate)
      : beta_2(static_cast<T>(config.beta_2)),
        one_minus_beta_2(static_cast<T>(1 - config.beta_2)),
        epsilon(static_cast<T>(config.epsilon)),
        learning_rate(static_cast<T>(rate)) {}

  template <typename V>
  constexpr void operator()(const V& gradient, V& parameter, std::array<V, 1>& moments) const {
    V& mean_square = moments[0];
    mean_square = beta_2 * mean_square + one_minus_beta_2 * gradient * gradient;
    parameter -= learning_rate * gradient / (sqrt(mean_square) + epsilon);
  }
};

// Gradient descent with momentum, or Nesterov's (Sutskever et al. 2013), as scikit-learn's SGDOptimizer; the velocity
// is the first moment.
template <typename T>
struct Sgd {
  static constexpr int n_moments = 1;
  static constexpr bool decays = false;
  T learning_rate, momentum;
  bool nesterov;

  Sgd(const OptimizerConfig& config, double rate)
      : learning_rate(static_cast<T>(rate)),
        momentum(static_cast<T>(config.momentum)),
        nesterov(config.nesterovs_momentum) {}

  template <typename V>
  constexpr void operator()(const V& gradient, V& parameter, std::array<V, 1>& moments) const {
    V& velocity = moments[0];
    velocity = momentum * velocity - learning_rate * gradient;
    if (nesterov) {
      parameter += momentum * velocity - learning_rate * gradient;
    } else {
      parameter += velocity;
    }
  }
};

// The rule of a bias, which does not decay.
template <typename Rule>
constexpr Rule of_bias(const Rule& rule) {
  return rule;
}
template <typename T>
constexpr AdamW<T> of_bias(AdamW<T> rule) {
  rule.kept = 1;
  return rule;
}

// Calls visit(rule) with that of the solver; n_updates counts this update.
template <typename T, typename Visitor>
void with_rule(const OptimizerConfig& optimizer, double learning_rate, Index n_updates, const Visitor& visit) {
  switch (optimizer.solver) {
    case Solver::adam:
      return visit(Adam<T>(optimizer, learning_rate, n_updates));
    case Solver::adamw:
      return visit(AdamW<T>(optimizer, learning_rate, n_updates));
    case Solver::rmsprop:
      return visit(RmsProp<T>(optimizer, learning_rate));
    case Solver::sgd:
      return visit(Sgd<T>(optimizer, learning_rate));
    case Solver::lbfgs:
      break;
  }
  throw std::logic_error("this solver has no rule for one batch");
}

}  // namespace eigencoder::math
