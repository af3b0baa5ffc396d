// What the bind_*.cpp share: names to enumerators and back, views of NumPy arrays.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "eigencoder/engine.h"

namespace eigencoder::bindings {

namespace py = pybind11;

template <typename T>
using Array = py::array_t<T, py::array::c_style>;

template <typename T>
using OptionalArray = std::optional<Array<T>>;

template <typename T>
const T* data_or_null(const OptionalArray<T>& array) {
  return array ? array->data() : nullptr;
}

template <typename Enum, std::size_t n>
Enum parse(const std::array<std::string_view, n>& names, std::string_view name, const char* parameter) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<Enum>(found - names.begin());
  std::string message = std::string(parameter) + " must be one of";
  for (const auto& known : names) message.append(" '").append(known).append("'");
  throw py::value_error(message + ", found '" + std::string(name) + "'");
}

inline void require_size(const char* name, py::ssize_t found, Index expected) {
  if (found == expected) return;
  throw py::value_error(std::string(name) + " must have size " + std::to_string(expected) + ", found " +
                        std::to_string(found));
}

inline void require_positive(int n_threads) {
  if (n_threads < 1) throw py::value_error("n_threads must be >= 1, found " + std::to_string(n_threads));
}

template <typename T>
const EngineFor<T>& engine_for(const std::string& device);

void bind_config(py::module_& module);
void bind_device_array(py::module_& module);
void bind_encoder(py::module_& module);
void bind_engine(py::module_& module);
void bind_inference(py::module_& module);
void bind_training(py::module_& module);

}  // namespace eigencoder::bindings
