// What of a model file's configuration concerns C++, from and to its JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "eigencoder/config.h"
#include "eigencoder/model_file.h"

namespace eigencoder {

inline constexpr Index format_version = 1;

struct Configuration {
  std::string checksum = "00000000";
  Dtype dtype = Dtype::float32;
  NetworkConfig network;
  ObjectiveConfig objective;
  std::uint64_t seed = 0;
  std::string estimator;      // the name of its class
  bool has_training = false;  // whether tensors of a training may follow
};

// ModelFormatError where the text is no configuration of this format version, or not one that can be.
Configuration read_configuration(std::string_view text);

// std::invalid_argument where no estimator has such a network.
std::string write_configuration(const Configuration& configuration);

}  // namespace eigencoder
