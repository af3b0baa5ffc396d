#include "bindings/device_array.h"
#include "bindings/layers.h"
#include "bindings/python_monitor.h"

namespace eigencoder::bindings {
namespace {

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
  const auto views = layer_views(layers);
  require_size("a row of x", x.n_columns(), views.front().n_inputs);
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
  const auto views = layer_views(layers);
  require_size("a row of x", x.n_columns(), views.front().n_inputs);
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
