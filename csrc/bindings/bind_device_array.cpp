#include <limits>

#include "bindings/device_array.h"
#include "bindings/dlpack.h"
#include "eigencoder/loader.h"

namespace eigencoder::bindings {
namespace {

constexpr const char* fresh_capsule = "dltensor";
constexpr const char* taken_capsule = "used_dltensor";

void require_2_dimensions(std::size_t found) {
  if (found != 2) {
    throw py::value_error("an array on a GPU must have 2 dimensions, (n_samples, n_features), found " +
                          std::to_string(found));
  }
}

// Strides in units of one number.
void require_c_contiguous(const std::array<Index, 2>& shape, const std::array<Index, 2>& strides) {
  if (shape[0] < 1 || shape[1] < 1) {
    throw py::value_error("an array on a GPU must have a row and a column at least, found the shape (" +
                          std::to_string(shape[0]) + ", " + std::to_string(shape[1]) + ")");
  }
  if ((shape[0] == 1 || strides[0] == shape[1]) && (shape[1] == 1 || strides[1] == 1)) return;
  throw py::value_error(
      "an array on a GPU must be C-contiguous, found other strides: pass a contiguous copy, such as X.contiguous() of "
      "PyTorch or cupy.ascontiguousarray(X)");
}

[[noreturn]] void refuse_type(const std::string& found) {
  throw py::type_error("an array on a GPU must hold float32 or float64, found " + found +
                       ": convert it there, such as by X.float() of PyTorch or X.astype('float32') of CuPy");
}

// Keeps an object of Python, and may be given up by any thread.
std::shared_ptr<void> kept(const py::object& object) {
  return {py::object(object).release().ptr(), [](void* kept_object) {
            if (!Py_IsInitialized()) return;
            const py::gil_scoped_acquire gil;
            py::handle(static_cast<PyObject*>(kept_object)).dec_ref();
          }};
}

struct Exported {
  dlpack::ManagedTensor managed{};
  std::int64_t shape[2];
  std::int64_t strides[2];
  std::shared_ptr<void> memory;
};

void delete_unless_taken(PyObject* capsule) {
  if (!PyCapsule_IsValid(capsule, fresh_capsule)) return;
  auto* const managed = static_cast<dlpack::ManagedTensor*>(PyCapsule_GetPointer(capsule, fresh_capsule));
  managed->deleter(managed);
}

py::dict cuda_array_interface(const DeviceArray& array) {
  py::dict result;
  result["shape"] = py::make_tuple(array.n_rows(), array.n_columns());
  result["typestr"] = array.type();
  result["data"] = py::make_tuple(reinterpret_cast<std::uintptr_t>(array.data<void>()), false);
  result["version"] = 3;
  result["strides"] = py::none();
  result["stream"] = py::none();
  return result;
}

std::pair<std::int32_t, int> dlpack_device(const DeviceArray& array) { return {dlpack::cuda, array.gpu()}; }

// The memory is written by the time that this is called, in whatever stream the caller reads it.
py::capsule export_dlpack(const DeviceArray& array, const py::object& /*stream*/, const py::object& /*max_version*/,
                          const std::optional<std::pair<std::int32_t, int>>& device, std::optional<bool> copy) {
  if (copy.value_or(false)) throw py::buffer_error("copy=True is not available: copy what you get");
  if (device && *device != dlpack_device(array)) throw py::buffer_error("the array lies on " + array.device());
  return array.to_dlpack();
}

}  // namespace

DeviceArray::DeviceArray(const py::object& array, int gpu) : gpu_(gpu) {
  if (py::hasattr(array, "__cuda_array_interface__")) {
    memory_ = kept(array);
    view(array.attr("__cuda_array_interface__").cast<py::dict>());
  } else {
    constexpr int default_stream = 1;
    view(array.attr("__dlpack__")(py::arg("stream") = default_stream).cast<py::capsule>());
  }
}

void DeviceArray::view(const py::dict& interface) {
  const auto type = interface["typestr"].cast<std::string>();
  is_double_ = type == "<f8";
  if (!is_double_ && type != "<f4") refuse_type("'" + type + "'");
  const auto shape = interface["shape"].cast<std::vector<Index>>();
  require_2_dimensions(shape.size());
  n_rows_ = shape[0];
  n_columns_ = shape[1];
  std::array<Index, 2> strides{n_columns_, 1};
  if (interface.contains("strides") && !interface["strides"].is_none()) {
    const Index size = is_double_ ? sizeof(double) : sizeof(float);
    const auto in_bytes = interface["strides"].cast<std::array<Index, 2>>();
    const bool whole = in_bytes[0] % size == 0 && in_bytes[1] % size == 0;
    strides = whole ? std::array<Index, 2>{in_bytes[0] / size, in_bytes[1] / size} : std::array<Index, 2>{};
  }
  require_c_contiguous({n_rows_, n_columns_}, strides);
  if (interface.contains("mask") && !interface["mask"].is_none()) {
    throw py::value_error("an array on a GPU must have no mask: fill it in");
  }
  data_ = reinterpret_cast<void*>(interface["data"].cast<std::pair<std::uintptr_t, bool>>().first);
}

void DeviceArray::view(const py::capsule& capsule) {
  auto* const managed = static_cast<dlpack::ManagedTensor*>(PyCapsule_GetPointer(capsule.ptr(), fresh_capsule));
  if (!managed || PyCapsule_SetName(capsule.ptr(), taken_capsule) != 0) throw py::error_already_set();
  memory_ = {managed, [](void* taken) {
               auto* const tensor = static_cast<dlpack::ManagedTensor*>(taken);
               if (tensor->deleter) tensor->deleter(tensor);
             }};
  const dlpack::Tensor& tensor = managed->tensor;
  if (tensor.device.type != dlpack::cuda && tensor.device.type != dlpack::managed_cuda) {
    throw py::value_error("an array on a GPU must be one of CUDA, found DLPack's device type " +
                          std::to_string(tensor.device.type));
  }
  gpu_ = tensor.device.number;
  const auto [code, bits, lanes] = tensor.type;
  is_double_ = bits == 64;
  if (code != dlpack::floating_point || lanes != 1 || (bits != 32 && bits != 64)) {
    refuse_type("DLPack's type of code " + std::to_string(code) + " and " + std::to_string(bits) + " bits");
  }
  require_2_dimensions(static_cast<std::size_t>(tensor.n_dimensions));
  n_rows_ = tensor.shape[0];
  n_columns_ = tensor.shape[1];
  std::array<Index, 2> strides{n_columns_, 1};
  if (tensor.strides) strides = {tensor.strides[0], tensor.strides[1]};
  require_c_contiguous({n_rows_, n_columns_}, strides);
  data_ = static_cast<char*>(tensor.data) + tensor.byte_offset;
}

template <typename T>
DeviceArray DeviceArray::allocate(int gpu, Index n_rows, Index n_columns) {
  DeviceArray array;
  array.gpu_ = gpu;
  array.is_double_ = std::is_same_v<T, double>;
  array.n_rows_ = n_rows;
  array.n_columns_ = n_columns;
  const Engine& owner = engine(array.device());
  array.data_ = owner.allocate(sizeof(T) * static_cast<std::size_t>(n_rows) * static_cast<std::size_t>(n_columns));
  array.memory_ = {array.data_, [&owner](void* memory) { owner.release(memory); }};
  return array;
}
template DeviceArray DeviceArray::allocate<float>(int gpu, Index n_rows, Index n_columns);
template DeviceArray DeviceArray::allocate<double>(int gpu, Index n_rows, Index n_columns);

py::capsule DeviceArray::to_dlpack() const {
  auto exported = std::make_unique<Exported>();
  exported->shape[0] = n_rows_;
  exported->shape[1] = n_columns_;
  exported->strides[0] = n_columns_;
  exported->strides[1] = 1;
  exported->memory = memory_;
  const dlpack::Type type{dlpack::floating_point, static_cast<std::uint8_t>(is_double_ ? 64 : 32), 1};
  exported->managed.tensor = {data_, {dlpack::cuda, gpu_}, 2, type, exported->shape, exported->strides, 0};
  exported->managed.owner = exported.get();
  exported->managed.deleter = [](dlpack::ManagedTensor* managed) { delete static_cast<Exported*>(managed->owner); };
  PyObject* const capsule = PyCapsule_New(&exported->managed, fresh_capsule, &delete_unless_taken);
  if (!capsule) throw py::error_already_set();
  exported.release();
  return py::reinterpret_steal<py::capsule>(capsule);
}

void bind_device_array(py::module_& module) {
  py::class_<DeviceArray>(module, "DeviceArray", py::is_final())
      .def(py::init<const py::object&, int>(), py::arg("array"), py::arg("gpu"))
      .def_property_readonly("shape",
                             [](const DeviceArray& self) { return py::make_tuple(self.n_rows(), self.n_columns()); })
      .def_property_readonly("dtype", [](const DeviceArray& self) { return py::dtype(self.type()); })
      .def_property_readonly("device", &DeviceArray::device)
      .def_property_readonly("__cuda_array_interface__", &cuda_array_interface)
      .def("__len__", &DeviceArray::n_rows)
      .def("__dlpack_device__", &dlpack_device)
      .def("__dlpack__", &export_dlpack, py::kw_only(), py::arg("stream") = py::none(),
           py::arg("max_version") = py::none(), py::arg("dl_device") = py::none(), py::arg("copy") = py::none());
}

}  // namespace eigencoder::bindings
