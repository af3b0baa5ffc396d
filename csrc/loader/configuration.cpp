#include "loader/configuration.h"

#include <algorithm>
#include <stdexcept>

#include "eigencoder/check.h"
#include "loader/estimator.h"
#include "loader/json.h"

namespace eigencoder {
namespace {

template <typename Enum, std::size_t n>
Enum enumerator(const std::array<std::string_view, n>& names, const std::string& name, const std::string& of_what) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<Enum>(found - names.begin());
  std::string listed;
  for (const std::string_view known : names) listed += (listed.empty() ? "" : ", ") + std::string(known);
  throw ModelFormatError(of_what + " must be one of " + listed + ", found " + text_of(Json(name)));
}

void refuse_newer(const Json& configuration) {
  const auto version = configuration.find("format_version");
  if (version == configuration.end()) return;
  const bool is_integer = version->is_number_integer();
  if (is_integer && *version > format_version) {
    throw ModelFormatError("its format version is " + text_of(*version) + ", this eigencoder reads " +
                           std::to_string(format_version) + ": install a newer eigencoder");
  }
  if (!is_integer || *version < 1) throw ModelFormatError("its format version must be an integer >= 1");
}

NetworkConfig read_network(const Json& json) {
  const Fields fields(json, "network", {"layer_sizes", "activations", "tied_weights", "n_active", "n_encoder_layers"});
  NetworkConfig network;
  network.layer_sizes = fields.counts("layer_sizes");
  for (const std::string& name : fields.texts("activations")) {
    network.activations.push_back(enumerator<Activation>(activation_names, name, "an activation"));
  }
  network.tied_weights = fields.flag("tied_weights");
  network.n_active = fields.count("n_active");
  network.n_encoder_layers = fields.count("n_encoder_layers");
  return network;
}

ObjectiveConfig read_objective(const Json& json) {
  const Fields fields(json, "objective",
                      {"loss", "alpha", "penalty", "sparsity", "sparsity_weight", "sparsity_momentum", "corruption",
                       "corruption_level"});
  ObjectiveConfig objective;
  objective.loss = enumerator<Loss>(loss_names, fields.text("loss"), "loss");
  objective.alpha = fields.number("alpha");
  objective.penalty = enumerator<Penalty>(penalty_names, fields.text("penalty"), "penalty");
  objective.sparsity = fields.number("sparsity");
  objective.sparsity_weight = fields.number("sparsity_weight");
  objective.sparsity_momentum = fields.number("sparsity_momentum");
  objective.corruption = enumerator<Corruption>(corruption_names, fields.text("corruption"), "corruption");
  objective.corruption_level = fields.number("corruption_level");
  return objective;
}

void read_estimator(const Json& json, Configuration& configuration) {
  const Fields fields(json, "estimator", {"class", "params"});
  configuration.estimator = fields.text("class");
  if (!fields["params"].is_object()) fields.refuse("params", "an object");
  const auto seed = fields["params"].find("random_state");
  if (seed != fields["params"].end() && seed->is_number_unsigned()) configuration.seed = seed->get<std::uint64_t>();
}

}  // namespace

Configuration read_configuration(std::string_view text) {
  const Json json = parse_json(text, "its configuration");
  refuse_newer(json);
  const Fields fields(json, "its configuration",
                      {"crc32", "format_version", "eigencoder_version", "dtype", "network", "objective", "estimator",
                       "feature_names", "classes", "attributes", "training"});
  fields.text("eigencoder_version");
  if (!fields["feature_names"].is_null()) fields.texts("feature_names");
  if (!fields["classes"].is_null() && fields["classes"] != "tensor") fields.texts("classes");
  if (!fields["attributes"].is_object()) fields.refuse("attributes", "an object");
  if (!fields["training"].is_null() && !fields["training"].is_object()) fields.refuse("training", "an object or null");

  Configuration configuration;
  configuration.checksum = fields.text("crc32");
  configuration.dtype = enumerator<Dtype>(dtype_names, fields.text("dtype"), "dtype");
  configuration.network = read_network(fields["network"]);
  configuration.objective = read_objective(fields["objective"]);
  read_estimator(fields["estimator"], configuration);
  configuration.has_training = fields["training"].is_object();
  try {
    check(configuration.network);
    check(configuration.objective);
    check(configuration.network, configuration.objective);
  } catch (const std::invalid_argument& error) {
    throw ModelFormatError(std::string("its configuration cannot be: ") + error.what());
  }
  const bool classifies = configuration.network.n_encoder_layers != 0;
  if (!classifies && !fields["classes"].is_null()) fields.refuse("classes", "null for an autoencoder");
  return configuration;
}

std::string write_configuration(const Configuration& configuration) {
  const NetworkConfig& network = configuration.network;
  const ObjectiveConfig& objective = configuration.objective;
  OrderedJson json;
  json["crc32"] = configuration.checksum;
  json["format_version"] = format_version;
  json["eigencoder_version"] = EIGENCODER_VERSION;
  json["dtype"] = name_of(dtype_names, configuration.dtype);
  OrderedJson& of_network = json["network"];
  of_network["layer_sizes"] = network.layer_sizes;
  for (const Activation activation : network.activations) {
    of_network["activations"].push_back(name_of(activation_names, activation));
  }
  of_network["tied_weights"] = network.tied_weights;
  of_network["n_active"] = network.n_active;
  of_network["n_encoder_layers"] = network.n_encoder_layers;
  json["objective"] = {{"loss", name_of(loss_names, objective.loss)},
                       {"alpha", objective.alpha},
                       {"penalty", name_of(penalty_names, objective.penalty)},
                       {"sparsity", objective.sparsity},
                       {"sparsity_weight", objective.sparsity_weight},
                       {"sparsity_momentum", objective.sparsity_momentum},
                       {"corruption", name_of(corruption_names, objective.corruption)},
                       {"corruption_level", objective.corruption_level}};
  json["estimator"] = estimator_of(network, objective, configuration.seed);
  json["feature_names"] = nullptr;
  json["classes"] = nullptr;
  json["attributes"] = OrderedJson::object();
  json["training"] = nullptr;
  return text_of(json);
}

}  // namespace eigencoder
