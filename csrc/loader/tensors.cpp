#include "loader/tensors.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "eigencoder/model_file.h"
#include "loader/json.h"

namespace eigencoder {
namespace {

std::string shown(const std::string& name) { return "tensor " + text_of(Json(name)); }

std::uint64_t item_size(const Tensor& tensor) {
  static const std::map<std::string, std::uint64_t> item_sizes{
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"U16", 2}, {"I16", 2}, {"F16", 2}, {"BF16", 2},
      {"U32", 4},  {"I32", 4}, {"F32", 4}, {"U64", 8}, {"I64", 8}, {"F64", 8}};
  const auto known = item_sizes.find(tensor.dtype);
  if (known == item_sizes.end()) {
    throw ModelFormatError(shown(tensor.name) + " has the unknown dtype " + text_of(Json(tensor.dtype)));
  }
  return known->second;
}

std::uint64_t bytes_of(const Tensor& tensor) {
  std::uint64_t bytes = item_size(tensor);
  for (const Index size : tensor.shape) {
    if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(size), &bytes)) {
      throw ModelFormatError(shown(tensor.name) + " of shape " + shape_text(tensor.shape) + " is too large");
    }
  }
  return bytes;
}

Tensor read_tensor(const std::string& name, const Json& json) {
  const Fields fields(json, shown(name), {"dtype", "shape", "data_offsets"});
  const auto offsets = fields.counts("data_offsets");
  if (offsets.size() != 2 || offsets[0] > offsets[1]) fields.refuse("data_offsets", "a begin and an end behind it");
  return {name, fields.text("dtype"), fields.counts("shape"), static_cast<std::uint64_t>(offsets[0]),
          static_cast<std::uint64_t>(offsets[1])};
}

}  // namespace

std::string shape_text(const std::vector<Index>& shape) {
  std::string text;
  for (const Index size : shape) text += (text.empty() ? "" : ", ") + std::to_string(size);
  return "(" + text + (shape.size() == 1 ? ",)" : ")");
}

std::vector<Tensor> read_tensors(const Json& header, std::uint64_t n_bytes) {
  std::vector<Tensor> tensors;
  for (const auto& [name, json] : header.items()) {
    if (name != "__metadata__") tensors.push_back(read_tensor(name, json));
  }
  std::sort(tensors.begin(), tensors.end(), [](const Tensor& left, const Tensor& right) {
    return std::tie(left.begin, left.end) < std::tie(right.begin, right.end);
  });
  std::uint64_t end = 0;
  for (const Tensor& tensor : tensors) {
    if (tensor.begin != end || end % item_size(tensor) != 0) {
      throw ModelFormatError(shown(tensor.name) + " begins at byte " + std::to_string(tensor.begin) +
                             " behind the header, expected " + std::to_string(end) + ", a multiple of the size of " +
                             tensor.dtype);
    }
    if (tensor.end - tensor.begin != bytes_of(tensor)) {
      throw ModelFormatError(shown(tensor.name) + " has " + std::to_string(tensor.end - tensor.begin) + " bytes, a " +
                             tensor.dtype + " of shape " + shape_text(tensor.shape) + " has " +
                             std::to_string(bytes_of(tensor)));
    }
    end = tensor.end;
  }
  if (end != n_bytes) {
    throw ModelFormatError("its tensors have " + std::to_string(end) + " bytes, the file has " +
                           std::to_string(n_bytes) + " behind its header");
  }
  return tensors;
}

}  // namespace eigencoder
