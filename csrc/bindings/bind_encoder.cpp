// The network of an Encoder. A call for one row of a small network takes well under a microsecond here, so nothing but
// the answer is allocated, and the GIL is kept where giving it up takes as long as the work.
#include <cmath>
#include <functional>

#include "bindings/layers.h"
#include "bindings/python_monitor.h"

namespace eigencoder::bindings {
namespace {

constexpr double flops_without_gil = 1e5;

// Native numbers, row by row.
template <typename T>
using Plain = py::array_t<T, py::array::c_style | py::array::forcecast | py::detail::npy_api::NPY_ARRAY_ALIGNED_>;

std::string text(const py::object& object) { return py::str(object); }

template <typename T>
bool is_plain(py::handle array) {
  return py::isinstance<Plain<T>>(array) &&
         (py::reinterpret_borrow<py::array>(array).flags() & py::detail::npy_api::NPY_ARRAY_ALIGNED_) != 0;
}

template <typename T>
void require_array_of(const std::string& name, py::handle value) {
  const std::string expected = text(py::dtype::of<T>());
  if (!py::isinstance<py::array>(value)) {
    throw py::type_error(name + " must be a NumPy array of " + expected + ", found an object of type " +
                         text(py::type::handle_of(value).attr("__name__")));
  }
  const py::dtype dtype = py::reinterpret_borrow<py::array>(value).dtype();
  if (dtype.num() != py::dtype::of<T>().num()) {
    throw py::type_error(name + " has the dtype " + text(dtype) + ", but the network has " + expected +
                         ": convert it, such as by " + name + ".astype('" + expected + "')");
  }
  if (py::hasattr(value, "mask")) {
    throw py::value_error(name + " is a masked array, whose mask would be ignored: fill it in, such as by " + name +
                          ".filled(0)");
  }
}

// Subclasses are looked at more closely, as are arrays that are refused.
template <typename T>
void require_numbers(const char* name, py::handle value) {
  const bool of_numpy = Py_TYPE(value.ptr()) == py::detail::npy_api::get().PyArray_Type_;
  if (!of_numpy || !is_plain<T>(value)) require_array_of<T>(name, value);
}

// x itself where it can be read in place, else a copy.
template <typename T>
Plain<T> readable(const char* name, py::handle x) {
  require_numbers<T>(name, x);
  if (is_plain<T>(x)) return py::reinterpret_borrow<Plain<T>>(x);
  auto copy = Plain<T>::ensure(x);
  if (!copy) throw py::error_already_set();
  return copy;
}

template <typename T>
Plain<T> writable(py::handle out, const std::vector<py::ssize_t>& shape) {
  require_numbers<T>("out", out);
  const auto array = py::reinterpret_borrow<py::array>(out);
  if (!std::equal(shape.begin(), shape.end(), array.shape(), array.shape() + array.ndim())) {
    throw py::value_error("out has the shape " + text(array.attr("shape")) + ", but the result has " +
                          text(py::tuple(py::cast(shape))));
  }
  if (!array.writeable() || !is_plain<T>(out)) {
    throw py::value_error("out must be C-contiguous, of native numbers and writeable, such as numpy.empty makes it");
  }
  return py::reinterpret_borrow<Plain<T>>(out);
}

bool overlap(const py::array& a, const py::array& b) {
  const auto* const first = static_cast<const char*>(a.data());
  const auto* const second = static_cast<const char*>(b.data());
  return std::less<>()(first, second + b.nbytes()) && std::less<>()(second, first + a.nbytes());
}

template <typename T>
[[noreturn]] void refuse_not_finite(const std::string& name, const Plain<T>& x) {
  const T* const first = x.data();
  const T* const last = first + x.size();
  const T* const found = std::find_if_not(first, last, [](T number) { return std::isfinite(number); });
  if (found == last) throw py::value_error(name + " must not be changed while it is read");
  const auto n_columns = x.shape(x.ndim() - 1);
  throw py::value_error(name + " must be finite, found " + text(py::float_(*found)) + " in row " +
                        std::to_string((found - first) / n_columns) + ", column " +
                        std::to_string((found - first) % n_columns));
}

class Network {
 public:
  virtual ~Network() = default;
  virtual py::object encode(py::handle x, py::handle out) const = 0;
  virtual py::object decode(py::handle codes, py::handle out) const = 0;
  virtual py::object reconstruct(py::handle x, py::handle out) const = 0;
};

template <typename T>
class NetworkOf : public Network {
 public:
  NetworkOf(std::vector<Layer<T>> layers, Index n_encoder_layers, py::function n_threads)
      : layers_(std::move(layers)),
        views_(layer_views(layers_)),
        n_encoder_layers_(n_encoder_layers),
        n_threads_(std::move(n_threads)),
        packed_(engine_for<T>("cpu").pack(views_)) {
    if (n_encoder_layers < 1 || n_encoder_layers > n_layers()) {
      throw py::value_error("n_encoder_layers must count some of the layers, found " +
                            std::to_string(n_encoder_layers));
    }
  }

  py::object encode(py::handle x, py::handle out) const override { return forward("x", 0, n_encoder_layers_, x, out); }
  py::object decode(py::handle codes, py::handle out) const override {
    require_decoder();
    return forward("codes", n_encoder_layers_, n_layers(), codes, out);
  }
  py::object reconstruct(py::handle x, py::handle out) const override {
    require_decoder();
    return forward("x", 0, n_layers(), x, out);
  }

 private:
  Index n_layers() const { return static_cast<Index>(layers_.size()); }
  const LayerView<T>& view(Index l) const { return views_[static_cast<std::size_t>(l)]; }

  // Of one row.
  double flops(Index begin, Index end) const {
    Index multiplications = 0;
    for (Index l = begin; l < end; ++l) multiplications += view(l).n_inputs * view(l).n_outputs;
    return 2.0 * static_cast<double>(multiplications);
  }

  void require_decoder() const {
    if (n_encoder_layers_ < n_layers()) return;
    throw py::value_error(
        "there is no decoder: this is the encoder of an EncoderClassifier, whose layers end in the "
        "code; make an Encoder of the autoencoder that it started from");
  }

  py::object forward(const char* name, Index begin, Index end, py::handle given, py::handle out) const {
    Plain<T> x = readable<T>(name, given);
    const Index n_inputs = view(begin).n_inputs;
    const Index n_outputs = view(end - 1).n_outputs;
    const auto n_dimensions = x.ndim();
    if ((n_dimensions != 1 && n_dimensions != 2) || x.shape(n_dimensions - 1) != n_inputs) {
      throw py::value_error(std::string(name) + " has the shape " + text(x.attr("shape")) + ", expected (" +
                            std::to_string(n_inputs) + ",) or (n, " + std::to_string(n_inputs) + ")");
    }
    const Index n_rows = n_dimensions == 1 ? 1 : x.shape(0);
    std::vector<py::ssize_t> shape(x.shape(), x.shape() + n_dimensions);
    shape.back() = n_outputs;
    Plain<T> result = out.is_none() ? Plain<T>(std::move(shape)) : writable<T>(out, shape);
    if (!out.is_none() && overlap(x, result))
      x = Plain<T>(std::vector<py::ssize_t>(x.shape(), x.shape() + n_dimensions), x.data());
    try {
      run(begin, end, x.data(), n_rows, result.mutable_data());
    } catch (const std::invalid_argument&) {
      refuse_not_finite(name, x);
    }
    return std::move(result);
  }

  void run(Index begin, Index end, const T* x, Index n_rows, T* output) const {
    if (flops(begin, end) * static_cast<double>(n_rows) < flops_without_gil) {
      Monitor silent;
      packed_->forward(begin, end, x, n_rows, output, silent, 1);
      return;
    }
    const int n_threads = packed_->most_threads(begin, end, n_rows) > 1 ? n_threads_().template cast<int>() : 1;
    PythonMonitor monitor;
    bool ran = false;
    {
      const WithoutGil no_gil;
      ran = packed_->forward(begin, end, x, n_rows, output, monitor, n_threads);
    }
    if (!ran) monitor.raise();
  }

  const std::vector<Layer<T>> layers_;
  const std::vector<LayerView<T>> views_;
  const Index n_encoder_layers_;
  const py::function n_threads_;
  const std::unique_ptr<const PackedNetwork<T>> packed_;
};

template <typename T>
std::unique_ptr<Network> network(std::vector<Layer<T>> layers, Index n_encoder_layers, py::function n_threads) {
  return std::make_unique<NetworkOf<T>>(std::move(layers), n_encoder_layers, std::move(n_threads));
}

}  // namespace

void bind_encoder(py::module_& module) {
  using py::arg;
  py::class_<Network>(module, "PackedNetwork")
      .def(py::init(&network<float>), arg("layers").noconvert(), arg("n_encoder_layers"), arg("n_threads"))
      .def(py::init(&network<double>), arg("layers").noconvert(), arg("n_encoder_layers"), arg("n_threads"))
      .def("encode", &Network::encode, arg("x"), arg("out"))
      .def("decode", &Network::decode, arg("codes"), arg("out"))
      .def("reconstruct", &Network::reconstruct, arg("x"), arg("out"));
}

}  // namespace eigencoder::bindings
