#include "bindings/device_array.h"
#include "bindings/python_monitor.h"

namespace eigencoder::bindings {
namespace {

template <typename T>
using Layer = std::tuple<py::array_t<T>, Array<T>, std::string, Index>;

// Weights are C-contiguous, or the transpose of a C-contiguous matrix, as those of a tied decoder are.
template <typename T>
LayerView<T> layer_view(const Layer<T>& layer) {
  const auto& [weights, bias, activation, n_active] = layer;
  if (weights.ndim() != 2) {
    throw py::value_error("weights must have 2 dimensions, found " + std::to_string(weights.ndim()));
  }
  const bool c_contiguous = (weights.flags() & py::array::c_style) != 0;
  if (!c_contiguous && (weights.flags() & py::array::f_style) == 0) {
    throw py::value_error("weights must be contiguous");
  }
  require_size("a bias", bias.size(), weights.shape(1));
  LayerView<T> view;
  view.weights = weights.data();
  view.bias = bias.data();
  view.n_inputs = weights.shape(0);
  view.n_outputs = weights.shape(1);
  view.activation = parse<Activation>(activation_names, activation, "activation");
  view.transposed = !c_contiguous;
  view.n_active = n_active;
  if (n_active < 0 || n_active > view.n_outputs)
    throw py::value_error("n_active must be at most the outputs of a layer");
  return view;
}

template <typename T>
std::vector<LayerView<T>> layer_views(const std::vector<Layer<T>>& layers, const Rows<T>& x) {
  if (layers.empty()) throw py::value_error("layers must not be empty");
  std::vector<LayerView<T>> views;
  Index n_inputs = x.n_columns();
  for (const auto& layer : layers) {
    views.push_back(layer_view(layer));
    require_size("the input of a layer", views.back().n_inputs, n_inputs);
    n_inputs = views.back().n_outputs;
  }
  return views;
}

// Calls run(monitor) without the GIL, and raises what ended it.
template <typename Run>
void run_without_gil(int n_threads, const Run& run) {
  require_positive(n_threads);
  PythonMonitor monitor;
  bool ran = false;
  {
    const WithoutGil no_gil;
    ran = run(monitor);
  }
  if (!ran) monitor.raise();
}

template <typename T>
void forward_into(T* output, const std::vector<LayerView<T>>& layers, const Rows<T>& x, int n_threads,
                  const std::string& device) {
  x.require_readable(device);
  run_without_gil(n_threads, [&](Monitor& monitor) {
    return engine_for<T>(device).forward(layers, x.data(), x.n_rows(), output, monitor, n_threads);
  });
}

template <typename T>
std::variant<Array<T>, DeviceArray> forward(const std::vector<Layer<T>>& layers, const Rows<T>& x, int n_threads,
                                            const std::string& device, bool to_host) {
  const auto views = layer_views(layers, x);
  if (x.gpu() && !to_host) {
    const auto output = DeviceArray::allocate<T>(*x.gpu(), x.n_rows(), views.back().n_outputs);
    forward_into(output.template data<T>(), views, x, n_threads, device);
    return output;
  }
  Array<T> output({x.n_rows(), views.back().n_outputs});
  forward_into(output.mutable_data(), views, x, n_threads, device);
  return output;
}

template <typename T>
Array<double> squared_errors(const std::vector<Layer<T>>& layers, const Rows<T>& x, int n_threads,
                             const std::string& device) {
  const auto views = layer_views(layers, x);
  require_size("a reconstructed row", views.back().n_outputs, x.n_columns());
  x.require_readable(device);
  Array<double> errors(x.n_rows());
  run_without_gil(n_threads, [&, result = errors.mutable_data()](Monitor& monitor) {
    return engine_for<T>(device).squared_errors(views, x.data(), x.n_rows(), result, monitor, n_threads);
  });
  return errors;
}

template <typename T>
std::pair<Array<T>, bool> describe(const Rows<T>& x, const std::string& device) {
  x.require_readable(device);
  Array<T> column_extremes({Index{2}, x.n_columns()});
  T* const extremes = column_extremes.mutable_data();
  bool all_finite = false;
  {
    const WithoutGil no_gil;
    all_finite = engine_for<T>(device).describe(x.data(), x.n_rows(), x.n_columns(), extremes);
  }
  return {std::move(column_extremes), all_finite};
}

template <typename T>
void bind_inference_of(py::module_& module) {
  using py::arg;
  module.def("forward", &forward<T>, arg("layers").noconvert(), arg("x"), arg("n_threads"), arg("device") = "cpu",
             arg("to_host") = false);
  module.def("squared_errors", &squared_errors<T>, arg("layers").noconvert(), arg("x"), arg("n_threads"),
             arg("device") = "cpu");
  module.def("describe", &describe<T>, arg("x"), arg("device") = "cpu");
}

}  // namespace

void bind_inference(py::module_& module) {
  bind_inference_of<float>(module);
  bind_inference_of<double>(module);
}

}  // namespace eigencoder::bindings
