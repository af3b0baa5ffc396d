#include "bindings/bindings.h"
#include "bindings/python_monitor.h"
#include "eigencoder/loader.h"
#include "math/random.h"

namespace eigencoder::bindings {
namespace {

Array<std::int64_t> permutation(Index n, std::uint64_t seed) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(i);
  math::shuffle(order, seed, math::Stream::validation_split, 0, 0);
  return Array<std::int64_t>(n, order.data());
}

void add_gram(const Array<double>& a, Array<double>& c, int n_threads) {
  if (a.ndim() != 2) throw py::value_error("a must have 2 dimensions, found " + std::to_string(a.ndim()));
  require_size("c", c.size(), a.shape(1) * a.shape(1));
  require_positive(n_threads);
  double* const to = c.mutable_data();
  const WithoutGil no_gil;
  engine().add_gram(a.data(), a.shape(0), a.shape(1), to, n_threads);
}

}  // namespace

template <typename T>
const EngineFor<T>& engine_for(const std::string& device) {
  return engine(device);
}
template const EngineFor<float>& engine_for(const std::string& device);
template const EngineFor<double>& engine_for(const std::string& device);

void bind_engine(py::module_& module) {
  try {
    engine();
  } catch (const std::runtime_error& error) {
    throw py::import_error(error.what());
  }
  module.def(
      "engine",
      [](const std::string& device) {
        const Engine& chosen = engine(device);
        py::dict result;
        result["name"] = chosen.name();
        result["compiler"] = chosen.compiler();
        return result;
      },
      py::arg("device") = "cpu");
  module.def("cuda_status", &why_no_cuda);
  module.def("available_engines", &available_engines);
  module.def("add_gram", &add_gram, py::arg("a").noconvert(), py::arg("c").noconvert(), py::arg("n_threads"));
  module.def("permutation", &permutation, py::arg("n"), py::arg("seed"));
}

}  // namespace eigencoder::bindings
