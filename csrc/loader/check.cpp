#include "eigencoder/check.h"

#include <cmath>
#include <limits>
#include <sstream>
#include <stdexcept>

namespace eigencoder {
namespace {

template <typename Value>
void require(bool holds, const char* name, const char* expected, Value found) {
  if (holds) return;
  std::ostringstream message;
  message << name << " must be " << expected << ", found " << found;
  throw std::invalid_argument(message.str());
}

template <typename Names, typename Enum>
std::string_view name_of(const Names& names, Enum value) {
  return names.at(static_cast<std::size_t>(value));
}

bool is_finite_and_not_negative(double value) { return std::isfinite(value) && value >= 0; }

// a b, or the largest Index where the product would pass it.
Index saturating_product(Index a, Index b) {
  constexpr Index largest = std::numeric_limits<Index>::max();
  return a > largest / b ? largest : a * b;
}

template <typename Names, typename Enum>
void require_known(const char* name, const Names& names, Enum value) {
  const auto which = static_cast<std::size_t>(value);
  require(which < names.size(), name, "an enumerator of its list", which);
}

}  // namespace

void check(const NetworkConfig& network) {
  for (const Activation activation : network.activations) require_known("an activation", activation_names, activation);
  const std::size_t n_layers = network.activations.size();
  const bool mirrored = network.n_encoder_layers == 0;
  if (mirrored) {
    require(n_layers >= 2 && n_layers % 2 == 0, "the number of layers", "even and >= 2", n_layers);
  } else {
    require(network.n_encoder_layers > 0 && network.n_encoder_layers < static_cast<Index>(n_layers), "n_encoder_layers",
            "positive and below the number of layers", network.n_encoder_layers);
    require(!network.tied_weights, "tied_weights of a classifier", "false", network.tied_weights);
  }
  require(network.layer_sizes.size() == n_layers + 1, "the number of layer sizes", "the number of layers + 1",
          network.layer_sizes.size());
  for (const Index size : network.layer_sizes) require(size >= 1, "a layer size", ">= 1", size);
  constexpr Index most_parameters = std::numeric_limits<Index>::max() / 64;
  Index n_parameters = 0;
  for (std::size_t l = 0; l <= n_layers; ++l) {
    require(!mirrored || network.layer_sizes[l] == network.layer_sizes[n_layers - l], "the decoder's layer sizes",
            "the encoder's in reverse", network.layer_sizes[n_layers - l]);
    if (l == n_layers) break;
    const Index n_weights = saturating_product(network.layer_sizes[l], network.layer_sizes[l + 1]);
    require(n_weights <= most_parameters - n_parameters, "the number of weights of a layer", "addressable", n_weights);
    n_parameters += n_weights;
  }
  require(network.n_active >= 0 && network.n_active <= network.n_components(), "n_active",
          "at most the number of code units", network.n_active);
}

void check(const ObjectiveConfig& objective) {
  require_known("loss", loss_names, objective.loss);
  require_known("penalty", penalty_names, objective.penalty);
  require_known("corruption", corruption_names, objective.corruption);
  require(is_finite_and_not_negative(objective.alpha), "alpha", "finite and >= 0", objective.alpha);
  require(objective.sparsity > 0 && objective.sparsity < 1, "sparsity", "in (0, 1)", objective.sparsity);
  require(is_finite_and_not_negative(objective.sparsity_weight), "sparsity_weight", "finite and >= 0",
          objective.sparsity_weight);
  require(objective.sparsity_momentum >= 0 && objective.sparsity_momentum < 1, "sparsity_momentum", "in [0, 1)",
          objective.sparsity_momentum);
  if (objective.corruption == Corruption::gaussian || objective.corruption == Corruption::none) {
    require(is_finite_and_not_negative(objective.corruption_level), "corruption_level", "finite and >= 0",
            objective.corruption_level);
  } else {
    require(objective.corruption_level >= 0 && objective.corruption_level <= 1, "corruption_level",
            "a probability in [0, 1]", objective.corruption_level);
  }
}

void check(const OptimizerConfig& optimizer) {
  require_known("solver", solver_names, optimizer.solver);
  require_known("learning_rate", learning_rate_names, optimizer.learning_rate);
  require(std::isfinite(optimizer.learning_rate_init) && optimizer.learning_rate_init > 0, "learning_rate_init",
          "finite and > 0", optimizer.learning_rate_init);
  require(optimizer.momentum >= 0 && optimizer.momentum <= 1, "momentum", "in [0, 1]", optimizer.momentum);
  require(optimizer.beta_1 >= 0 && optimizer.beta_1 < 1, "beta_1", "in [0, 1)", optimizer.beta_1);
  require(optimizer.beta_2 >= 0 && optimizer.beta_2 < 1, "beta_2", "in [0, 1)", optimizer.beta_2);
  require(std::isfinite(optimizer.epsilon) && optimizer.epsilon > 0, "epsilon", "finite and > 0", optimizer.epsilon);
  require(is_finite_and_not_negative(optimizer.power_t), "power_t", "finite and >= 0", optimizer.power_t);
  require(is_finite_and_not_negative(optimizer.warmup_epochs), "warmup_epochs", "finite and >= 0",
          optimizer.warmup_epochs);
  require(is_finite_and_not_negative(optimizer.weight_decay), "weight_decay", "finite and >= 0",
          optimizer.weight_decay);
  require(is_finite_and_not_negative(optimizer.max_grad_norm), "max_grad_norm", "finite and >= 0",
          optimizer.max_grad_norm);
  require(optimizer.averaging >= 0 && optimizer.averaging < 1, "averaging", "in [0, 1)", optimizer.averaging);
  require(optimizer.solver != Solver::lbfgs || optimizer.max_grad_norm == 0, "max_grad_norm of 'lbfgs'", "0",
          optimizer.max_grad_norm);
  require(optimizer.solver != Solver::lbfgs || optimizer.averaging == 0, "averaging of 'lbfgs'", "0",
          optimizer.averaging);
}

void check(const ScheduleConfig& schedule) {
  require(schedule.batch_size >= 1, "batch_size", ">= 1", schedule.batch_size);
  require(schedule.max_iter >= 0, "max_iter", ">= 0", schedule.max_iter);
  require(schedule.first_epoch >= 0, "first_epoch", ">= 0", schedule.first_epoch);
  require(is_finite_and_not_negative(schedule.tol), "tol", "finite and >= 0", schedule.tol);
  require(schedule.n_iter_no_change >= 1, "n_iter_no_change", ">= 1", schedule.n_iter_no_change);
}

void check(const NetworkConfig& network, const ObjectiveConfig& objective) {
  if (objective.penalty == Penalty::kl) {
    const Activation code = network.activations[static_cast<std::size_t>(network.code_layer())];
    require(code == Activation::sigmoid || code == Activation::tanh, "the code's activation under penalty='kl'",
            "'sigmoid' or 'tanh' (penalty='l1' takes any)", name_of(activation_names, code));
  }
  if (objective.penalty == Penalty::contractive) {
    require(network.code_layer() == 0, "the number of hidden layers under penalty='contractive'",
            "0 (the penalty is that of an encoder of one layer)", network.code_layer());
    require(network.n_active == 0, "n_active under penalty='contractive'", "all code units", network.n_active);
  }
  const bool classifies = objective.loss == Loss::softmax_crossentropy;
  require(classifies == (network.n_encoder_layers > 0), "n_encoder_layers",
          "positive under loss='softmax_crossentropy', else 0", network.n_encoder_layers);
  if (classifies) {
    require(network.activations.back() == Activation::identity, "output_activation under loss='softmax_crossentropy'",
            "'identity'", name_of(activation_names, network.activations.back()));
  }
  if (objective.loss == Loss::binary_crossentropy) {
    const Activation output = network.activations.back();
    require(output == Activation::sigmoid, "output_activation under loss='binary_crossentropy'", "'sigmoid'",
            name_of(activation_names, output));
  }
}

}  // namespace eigencoder
