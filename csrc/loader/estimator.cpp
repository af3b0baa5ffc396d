#include "loader/estimator.h"

#include <stdexcept>

namespace eigencoder {
namespace {

const char* class_of(const ObjectiveConfig& objective) {
  if (objective.penalty != Penalty::none) return "SparseAutoencoder";
  return objective.corruption == Corruption::none ? "Autoencoder" : "DenoisingAutoencoder";
}

// That of all hidden layers; of a network without any, the code's.
Activation hidden_activation(const NetworkConfig& network) {
  const auto& activations = network.activations;
  const auto code = static_cast<std::size_t>(network.code_layer());
  for (std::size_t l = 0; l + 1 < activations.size(); ++l) {
    if (l == code || activations[l] == activations.front()) continue;
    throw std::invalid_argument("a model file of an autoencoder has one activation of all hidden layers, found " +
                                name_of(activation_names, activations.front()) + " of layer 0 and " +
                                name_of(activation_names, activations[l]) + " of layer " + std::to_string(l));
  }
  return activations.front();
}

template <typename Names, typename Enum>
OrderedJson name_or_null(const Names& names, Enum value) {
  return value == Enum::none ? OrderedJson(nullptr) : OrderedJson(name_of(names, value));
}

}  // namespace

OrderedJson estimator_of(const NetworkConfig& network, const ObjectiveConfig& objective, std::uint64_t seed) {
  const auto code = static_cast<std::size_t>(network.code_layer());
  const auto first = network.layer_sizes.begin();
  OrderedJson params;
  params["n_components"] = network.n_components();
  params["hidden_layer_sizes"]["tuple"] = std::vector<Index>(first + 1, first + 1 + network.code_layer());
  params["activation"] = name_of(activation_names, hidden_activation(network));
  params["code_activation"] = name_of(activation_names, network.activations[code]);
  params["output_activation"] = name_of(activation_names, network.activations.back());
  params["loss"] = name_of(loss_names, objective.loss);
  params["tied_weights"] = network.tied_weights;
  params["alpha"] = objective.alpha;
  params["penalty"] = name_or_null(penalty_names, objective.penalty);
  params["sparsity"] = objective.sparsity;
  params["sparsity_weight"] = objective.sparsity_weight;
  params["sparsity_momentum"] = objective.sparsity_momentum;
  params["n_active"] = network.n_active == 0 ? OrderedJson(nullptr) : OrderedJson(network.n_active);
  params["corruption"] = name_or_null(corruption_names, objective.corruption);
  params["corruption_level"] = objective.corruption_level;
  params["scale"] = nullptr;
  params["init"] = "glorot";
  params["random_state"] = seed;
  return {{"class", class_of(objective)}, {"params", params}};
}

}  // namespace eigencoder
