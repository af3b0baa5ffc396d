// Matrices that may lie in the memory of a GPU.
#pragma once

#include <memory>
#include <type_traits>

#include "bindings/bindings.h"

namespace eigencoder::bindings {

// C-contiguous float or double numbers, (n_rows, n_columns), in the memory of a GPU.
class DeviceArray {
 public:
  // The memory of another library's array, which lives on with this one; `gpu` is where it lies if it does not tell.
  DeviceArray(const py::object& array, int gpu);

  template <typename T>
  static DeviceArray allocate(int gpu, Index n_rows, Index n_columns);

  template <typename T>
  bool holds() const {
    return is_double_ == std::is_same_v<T, double>;
  }
  template <typename T>
  T* data() const {
    return static_cast<T*>(data_);
  }
  Index n_rows() const { return n_rows_; }
  Index n_columns() const { return n_columns_; }
  int gpu() const { return gpu_; }
  std::string device() const { return "cuda:" + std::to_string(gpu_); }
  const char* type() const { return is_double_ ? "<f8" : "<f4"; }

  py::capsule to_dlpack() const;

 private:
  DeviceArray() = default;
  void view(const py::dict& cuda_array_interface);
  void view(const py::capsule& dlpack);

  std::shared_ptr<void> memory_;
  void* data_ = nullptr;
  bool is_double_ = false;
  Index n_rows_ = 0;
  Index n_columns_ = 0;
  int gpu_ = 0;
};

// An argument that is a NumPy array or a DeviceArray.
template <typename T>
class Rows {
 public:
  Rows() = default;
  explicit Rows(const Array<T>& array) : owner_(array), data_(array.data()) {
    if (array.ndim() != 2) throw py::value_error("x must have 2 dimensions, found " + std::to_string(array.ndim()));
    n_rows_ = array.shape(0);
    n_columns_ = array.shape(1);
  }
  Rows(const py::object& owner, const DeviceArray& array)
      : owner_(owner),
        data_(array.data<T>()),
        n_rows_(array.n_rows()),
        n_columns_(array.n_columns()),
        gpu_(array.gpu()) {}

  const T* data() const { return data_; }
  Index n_rows() const { return n_rows_; }
  Index n_columns() const { return n_columns_; }
  std::optional<int> gpu() const { return gpu_; }  // nothing: the host

  void require_readable(const std::string& device) const {
    if (!gpu_) return;
    const std::string expected = "cuda:" + std::to_string(*gpu_);
    if (device != expected) throw py::value_error("x needs device '" + expected + "', found '" + device + "'");
  }

 private:
  py::object owner_;
  const T* data_ = nullptr;
  Index n_rows_ = 0;
  Index n_columns_ = 0;
  std::optional<int> gpu_;
};

template <typename T>
using OptionalRows = std::optional<Rows<T>>;

}  // namespace eigencoder::bindings

template <typename T>
struct pybind11::detail::type_caster<eigencoder::bindings::Rows<T>> {
  PYBIND11_TYPE_CASTER(eigencoder::bindings::Rows<T>, const_name("numpy.ndarray | DeviceArray"));

  bool load(handle source, bool /*convert*/) {
    using eigencoder::bindings::DeviceArray;
    if (isinstance<DeviceArray>(source)) {
      const auto& array = source.cast<const DeviceArray&>();
      if (!array.holds<T>()) return false;
      value = {reinterpret_borrow<object>(source), array};
      return true;
    }
    make_caster<eigencoder::bindings::Array<T>> host;
    if (!host.load(source, false)) return false;
    value = eigencoder::bindings::Rows<T>(cast_op<const eigencoder::bindings::Array<T>&>(host));
    return true;
  }
};
