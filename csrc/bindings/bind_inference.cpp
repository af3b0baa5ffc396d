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
std::vector<LayerView<T>> layer_views(const std::vector<Layer<T>>& layers, const Array<T>& x) {
  if (layers.empty()) throw py::value_error("layers must not be empty");
  if (x.ndim() != 2) throw py::value_error("x must have 2 dimensions, found " + std::to_string(x.ndim()));
  std::vector<LayerView<T>> views;
  Index n_inputs = x.shape(1);
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
Array<T> forward(const std::vector<Layer<T>>& layers, const Array<T>& x, int n_threads, const std::string& device) {
  const auto views = layer_views(layers, x);
  Array<T> output({x.shape(0), static_cast<py::ssize_t>(views.back().n_outputs)});
  run_without_gil(n_threads, [&, result = output.mutable_data()](Monitor& monitor) {
    return engine_for<T>(device).forward(views, x.data(), x.shape(0), result, monitor, n_threads);
  });
  return output;
}

template <typename T>
Array<double> squared_errors(const std::vector<Layer<T>>& layers, const Array<T>& x, int n_threads,
                             const std::string& device) {
  const auto views = layer_views(layers, x);
  require_size("a reconstructed row", views.back().n_outputs, x.shape(1));
  Array<double> errors(x.shape(0));
  run_without_gil(n_threads, [&, result = errors.mutable_data()](Monitor& monitor) {
    return engine_for<T>(device).squared_errors(views, x.data(), x.shape(0), result, monitor, n_threads);
  });
  return errors;
}

template <typename T>
void bind_inference_of(py::module_& module) {
  using py::arg;
  module.def("forward", &forward<T>, arg("layers").noconvert(), arg("x").noconvert(), arg("n_threads"),
             arg("device") = "cpu");
  module.def("squared_errors", &squared_errors<T>, arg("layers").noconvert(), arg("x").noconvert(), arg("n_threads"),
             arg("device") = "cpu");
}

}  // namespace

void bind_inference(py::module_& module) {
  bind_inference_of<float>(module);
  bind_inference_of<double>(module);
}

}  // namespace eigencoder::bindings
