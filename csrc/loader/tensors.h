// The table of tensors that a safetensors header is.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "eigencoder/config.h"

namespace eigencoder {

struct Tensor {
  std::string name;
  std::string dtype;  // as safetensors calls it
  std::vector<Index> shape;
  std::uint64_t begin = 0;  // in the bytes behind the header
  std::uint64_t end = 0;
};

// Those of a header, but for its __metadata__, in the order in which they lie: one after the other without a gap, over
// all n_bytes behind it. ModelFormatError where they do not.
std::vector<Tensor> read_tensors(const nlohmann::json& header, std::uint64_t n_bytes);

std::string shape_text(const std::vector<Index>& shape);

}  // namespace eigencoder
