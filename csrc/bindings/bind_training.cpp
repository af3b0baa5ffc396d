#include "bindings/device_array.h"
#include "bindings/python_monitor.h"
#include "eigencoder/check.h"
#include "eigencoder/layers.h"

namespace eigencoder::bindings {
namespace {

constexpr std::array<std::string_view, 5> status_names{"max_iter", "converged", "stopped", "interrupted", "diverged"};

struct Training {
  FitResult result;
  Index n_updates = 0;
};

// What a training knows of the columns of x.
template <typename T>
struct Columns {
  OptionalArray<T> center;
  OptionalArray<T> factor;
  bool scales_target = true;
  OptionalArray<T> mask_fill;
  OptionalArray<T> extremes;

  void check(Index n_features) const {
    if (center.has_value() != factor.has_value()) throw py::value_error("center and factor go together");
    if (center) require_size("center", center->size(), n_features);
    if (factor) require_size("factor", factor->size(), n_features);
    if (mask_fill) require_size("mask_fill", mask_fill->size(), n_features);
    if (extremes) require_size("column_extremes", extremes->size(), 2 * n_features);
  }
};

template <typename T>
void check_x(const NetworkConfig& network, const Rows<T>& x, const std::string& device,
             const OptionalArray<double>& weights, const OptionalArray<std::int64_t>& labels) {
  x.require_readable(device);
  require_size("a row of x", x.n_columns(), network.layer_sizes.front());
  if (weights) require_size("weights", weights->size(), x.n_rows());
  if (!labels) return;
  require_size("labels", labels->size(), x.n_rows());
  const auto [lowest, highest] = std::minmax_element(labels->data(), labels->data() + labels->size());
  if (*lowest < 0 || *highest >= network.layer_sizes.back()) throw py::index_error("labels must be indices of outputs");
}

template <typename T>
Dataset<T> dataset(const Rows<T>& x, const OptionalArray<std::int64_t>& rows, const OptionalArray<double>& weights,
                   const OptionalArray<std::int64_t>& labels, const Columns<T>& columns, Index first_row) {
  Dataset<T> data;
  data.x = x.data();
  data.n_rows = x.n_rows();
  data.n_samples = rows ? rows->size() : x.n_rows();
  if (data.n_samples < 1) throw py::value_error("x must have at least 1 row");
  if (rows) {
    const auto [lowest, highest] = std::minmax_element(rows->data(), rows->data() + rows->size());
    if (*lowest < 0 || *highest >= x.n_rows()) throw py::index_error("rows must be indices of x");
  }
  data.rows = data_or_null(rows);
  data.weights = data_or_null(weights);
  data.labels = data_or_null(labels);
  data.center = data_or_null(columns.center);
  data.factor = data_or_null(columns.factor);
  data.scales_target = columns.scales_target;
  data.mask_fill = data_or_null(columns.mask_fill);
  data.column_extremes = data_or_null(columns.extremes);
  data.first_row = first_row;
  return data;
}

template <typename T>
void require_extremes(const ObjectiveConfig& objective, const OptionalArray<T>& column_extremes) {
  if (objective.corruption == Corruption::salt_and_pepper && !column_extremes) {
    throw py::value_error("corruption 'salt_and_pepper' needs column_extremes");
  }
}

void require_labels(const ObjectiveConfig& objective, const OptionalArray<std::int64_t>& labels) {
  if (objective.loss == Loss::softmax_crossentropy && !labels) {
    throw py::value_error("loss 'softmax_crossentropy' needs labels");
  }
}

// What was trained, and what a callback or a signal handler raised, or None.
template <typename T>
std::pair<Training, py::object> fit(const NetworkConfig& network, const ObjectiveConfig& objective,
                                    const OptimizerConfig& optimizer, const ScheduleConfig& schedule,
                                    std::uint64_t seed, const Rows<T>& x, const OptionalArray<std::int64_t>& rows,
                                    const OptionalArray<double>& weights, const OptionalArray<std::int64_t>& labels,
                                    const OptionalArray<T>& center, const OptionalArray<T>& factor, bool scales_target,
                                    const OptionalArray<T>& mask_fill, const OptionalArray<T>& column_extremes,
                                    Index first_row, const OptionalRows<T>& x_validation,
                                    const OptionalArray<std::int64_t>& validation_rows,
                                    const OptionalArray<double>& validation_weights,
                                    const OptionalArray<std::int64_t>& validation_labels, Array<T>& parameters,
                                    Array<T>& first_moment, Array<T>& second_moment, std::optional<Array<T>>& average,
                                    const OptionalArray<T>& scales, std::optional<Array<double>>& mean_activity,
                                    Index n_updates, Index n_warmup_updates, PythonMonitor::Callback on_epoch_begin,
                                    PythonMonitor::Callback on_epoch_end, int n_threads, const std::string& device) {
  const Columns<T> columns{center, factor, scales_target, mask_fill, column_extremes};
  check(network, objective);
  check_x(network, x, device, weights, labels);
  columns.check(x.n_columns());
  require_extremes(objective, column_extremes);
  require_labels(objective, labels);
  require_positive(n_threads);
  const Index n_parameters = layers_of(network).back().end();
  require_size("parameters", parameters.size(), n_parameters);
  require_size("first_moment", first_moment.size(), n_parameters);
  require_size("second_moment", second_moment.size(), n_parameters);
  if (average.has_value() != (optimizer.averaging > 0)) throw py::value_error("averaging and average go together");
  if (average) require_size("average", average->size(), n_parameters);
  if (scales) require_size("scales", scales->size(), n_parameters);
  if (mean_activity.has_value() != (objective.sparsity_momentum > 0)) {
    throw py::value_error("sparsity_momentum and mean_activity go together");
  }
  if (mean_activity) require_size("mean_activity", mean_activity->size(), network.n_components());
  const Dataset<T> train = dataset(x, rows, weights, labels, columns, first_row);
  Dataset<T> validation;
  if (x_validation) {
    check_x(network, *x_validation, device, validation_weights, validation_labels);
    require_labels(objective, validation_labels);
    validation = dataset(*x_validation, validation_rows, validation_weights, validation_labels, columns, 0);
  } else if (schedule.early_stopping) {
    throw py::value_error("early_stopping needs x_validation");
  }
  TrainingState<T> state;
  state.parameters = parameters.mutable_data();
  state.first_moment = first_moment.mutable_data();
  state.second_moment = second_moment.mutable_data();
  state.average = average ? average->mutable_data() : nullptr;
  state.scales = data_or_null(scales);
  state.mean_activity = mean_activity ? mean_activity->mutable_data() : nullptr;
  state.n_updates = n_updates;
  state.n_warmup_updates = n_warmup_updates;
  PythonMonitor monitor(std::move(on_epoch_begin), std::move(on_epoch_end));
  Training training;
  {
    const WithoutGil no_gil;
    training.result = engine_for<T>(device).fit(network, objective, optimizer, schedule, seed, train,
                                                x_validation ? &validation : nullptr, state, monitor, n_threads);
  }
  training.n_updates = state.n_updates;
  if (!monitor.exception().is_none()) training.result.status = FitStatus::interrupted;
  return {std::move(training), monitor.exception()};
}

template <typename T>
double loss_and_gradients(const NetworkConfig& network, const ObjectiveConfig& objective, const Rows<T>& x,
                          const OptionalArray<double>& weights, const OptionalArray<std::int64_t>& labels,
                          const OptionalArray<T>& column_extremes, std::optional<std::uint64_t> noise_seed,
                          const OptionalArray<double>& mean_activity, const Array<T>& parameters,
                          std::optional<Array<T>>& gradients, int n_threads, const std::string& device) {
  Columns<T> columns;
  columns.extremes = column_extremes;
  check(network, objective);
  check_x(network, x, device, weights, labels);
  columns.check(x.n_columns());
  require_labels(objective, labels);
  if (noise_seed) require_extremes(objective, column_extremes);
  require_positive(n_threads);
  const Index n_parameters = layers_of(network).back().end();
  require_size("parameters", parameters.size(), n_parameters);
  if (gradients) require_size("gradients", gradients->size(), n_parameters);
  if (mean_activity) require_size("mean_activity", mean_activity->size(), network.n_components());
  const Dataset<T> data = dataset(x, {}, weights, labels, columns, 0);
  T* const d_parameters = gradients ? gradients->mutable_data() : nullptr;
  PythonMonitor monitor;
  std::optional<double> loss;
  {
    const WithoutGil no_gil;
    loss = engine_for<T>(device).loss_and_gradients(network, objective, data, noise_seed ? &*noise_seed : nullptr,
                                                    data_or_null(mean_activity), parameters.data(), d_parameters,
                                                    monitor, n_threads);
  }
  if (!loss) monitor.raise();
  return *loss;
}

template <typename T>
void initialise(const NetworkConfig& network, std::uint64_t seed, Array<T>& parameters) {
  require_size("parameters", parameters.size(), layers_of(network).back().end());
  engine_for<T>("cpu").initialise(network, seed, parameters.mutable_data());
}

template <typename T>
void bind_training_of(py::module_& module) {
  using py::arg;
  const auto array = [](const char* name) { return arg(name).noconvert(); };
  module.def("initialise", &initialise<T>, arg("network"), arg("seed"), array("parameters"));
  module.def("fit", &fit<T>, arg("network"), arg("objective"), arg("optimizer"), arg("schedule"), py::kw_only(),
             arg("seed"), arg("x"), array("rows"), array("weights"), array("labels"), array("center"), array("factor"),
             arg("scales_target"), array("mask_fill"), array("column_extremes"), arg("first_row"), arg("x_validation"),
             array("validation_rows"), array("validation_weights"), array("validation_labels"), array("parameters"),
             array("first_moment"), array("second_moment"), array("average"), array("scales"), array("mean_activity"),
             arg("n_updates"), arg("n_warmup_updates"), arg("on_epoch_begin"), arg("on_epoch_end"), arg("n_threads"),
             arg("device") = "cpu");
  module.def("loss_and_gradients", &loss_and_gradients<T>, arg("network"), arg("objective"), py::kw_only(), arg("x"),
             array("weights"), array("labels"), array("column_extremes"), arg("noise_seed"), array("mean_activity"),
             array("parameters"), array("gradients"), arg("n_threads"), arg("device") = "cpu");
}

}  // namespace

void bind_training(py::module_& module) {
  py::class_<Training>(module, "FitResult", py::is_final())
      .def_property_readonly(
          "status", [](const Training& self) { return status_names[static_cast<std::size_t>(self.result.status)]; })
      .def_property_readonly("loss_curve", [](const Training& self) { return self.result.loss_curve; })
      .def_property_readonly("validation_loss_curve",
                             [](const Training& self) { return self.result.validation_loss_curve; })
      .def_property_readonly("best_loss", [](const Training& self) { return self.result.best_loss; })
      .def_property_readonly("rows_seen", [](const Training& self) { return self.result.rows_seen; })
      .def_property_readonly("n_updates", [](const Training& self) { return self.n_updates; });
  bind_training_of<float>(module);
  bind_training_of<double>(module);
}

}  // namespace eigencoder::bindings
