#include "bindings/bindings.h"
#include "eigencoder/check.h"

namespace eigencoder::bindings {
namespace {

template <std::size_t n>
py::tuple names(const std::array<std::string_view, n>& list) {
  py::tuple result(n);
  for (std::size_t i = 0; i < n; ++i) result[i] = std::string(list[i]);
  return result;
}

NetworkConfig network(std::vector<Index> layer_sizes, const std::vector<std::string>& activations, bool tied_weights,
                      Index n_active, Index n_encoder_layers) {
  NetworkConfig config;
  config.layer_sizes = std::move(layer_sizes);
  for (const auto& name : activations) {
    config.activations.push_back(parse<Activation>(activation_names, name, "activation"));
  }
  config.tied_weights = tied_weights;
  config.n_active = n_active;
  config.n_encoder_layers = n_encoder_layers;
  check(config);
  return config;
}

ObjectiveConfig objective(const std::string& loss, double alpha, const std::string& penalty, double sparsity,
                          double sparsity_weight, double sparsity_momentum, const std::string& corruption,
                          double corruption_level) {
  ObjectiveConfig config;
  config.loss = parse<Loss>(loss_names, loss, "loss");
  config.alpha = alpha;
  config.penalty = parse<Penalty>(penalty_names, penalty, "penalty");
  config.sparsity = sparsity;
  config.sparsity_weight = sparsity_weight;
  config.sparsity_momentum = sparsity_momentum;
  config.corruption = parse<Corruption>(corruption_names, corruption, "corruption");
  config.corruption_level = corruption_level;
  check(config);
  return config;
}

OptimizerConfig optimizer(const std::string& solver, const std::string& learning_rate, double learning_rate_init,
                          double power_t, double warmup_epochs, double momentum, bool nesterovs_momentum, double beta_1,
                          double beta_2, double epsilon, double weight_decay, double max_grad_norm, double averaging) {
  OptimizerConfig config;
  config.solver = parse<Solver>(solver_names, solver, "solver");
  config.learning_rate = parse<LearningRate>(learning_rate_names, learning_rate, "learning_rate");
  config.learning_rate_init = learning_rate_init;
  config.power_t = power_t;
  config.warmup_epochs = warmup_epochs;
  config.momentum = momentum;
  config.nesterovs_momentum = nesterovs_momentum;
  config.beta_1 = beta_1;
  config.beta_2 = beta_2;
  config.epsilon = epsilon;
  config.weight_decay = weight_decay;
  config.max_grad_norm = max_grad_norm;
  config.averaging = averaging;
  check(config);
  return config;
}

ScheduleConfig schedule(Index batch_size, Index max_iter, double tol, Index n_iter_no_change, bool early_stopping,
                        bool shuffle, Index first_epoch) {
  ScheduleConfig config;
  config.batch_size = batch_size;
  config.max_iter = max_iter;
  config.tol = tol;
  config.n_iter_no_change = n_iter_no_change;
  config.early_stopping = early_stopping;
  config.shuffle = shuffle;
  config.first_epoch = first_epoch;
  check(config);
  return config;
}

}  // namespace

void bind_config(py::module_& module) {
  using py::arg;
  module.attr("ACTIVATIONS") = names(activation_names);
  module.attr("LOSSES") = names(loss_names);
  module.attr("PENALTIES") = names(penalty_names);
  module.attr("CORRUPTIONS") = names(corruption_names);
  module.attr("SOLVERS") = names(solver_names);
  module.attr("LEARNING_RATES") = names(learning_rate_names);

  py::class_<NetworkConfig>(module, "NetworkConfig", py::is_final())
      .def(py::init(&network), arg("layer_sizes"), arg("activations"), arg("tied_weights"), arg("n_active"),
           arg("n_encoder_layers"));
  py::class_<ObjectiveConfig>(module, "ObjectiveConfig", py::is_final())
      .def(py::init(&objective), py::kw_only(), arg("loss"), arg("alpha"), arg("penalty"), arg("sparsity"),
           arg("sparsity_weight"), arg("sparsity_momentum"), arg("corruption"), arg("corruption_level"));
  py::class_<OptimizerConfig>(module, "OptimizerConfig", py::is_final())
      .def(py::init(&optimizer), py::kw_only(), arg("solver"), arg("learning_rate"), arg("learning_rate_init"),
           arg("power_t"), arg("warmup_epochs"), arg("momentum"), arg("nesterovs_momentum"), arg("beta_1"),
           arg("beta_2"), arg("epsilon"), arg("weight_decay"), arg("max_grad_norm"), arg("averaging"));
  py::class_<ScheduleConfig>(module, "ScheduleConfig", py::is_final())
      .def(py::init(&schedule), py::kw_only(), arg("batch_size"), arg("max_iter"), arg("tol"), arg("n_iter_no_change"),
           arg("early_stopping"), arg("shuffle"), arg("first_epoch"));
  module.def("check", py::overload_cast<const NetworkConfig&, const ObjectiveConfig&>(&check), arg("network"),
             arg("objective"));
}

}  // namespace eigencoder::bindings
