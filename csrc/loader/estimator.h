// The Python estimator that a network of C++ comes back as: a class, and parameters of its constructor.
#pragma once

#include <cstdint>

#include "eigencoder/config.h"
#include "loader/json.h"

namespace eigencoder {

template <typename Names, typename Enum>
std::string name_of(const Names& names, Enum value) {
  return std::string(names.at(static_cast<std::size_t>(value)));
}

// The class that penalty and corruption name. C++ takes the rows as they are and starts from random weights; parameters
// of Python alone are left out, which means their defaults. std::invalid_argument where no estimator has such
// activations.
OrderedJson estimator_of(const NetworkConfig& network, const ObjectiveConfig& objective, std::uint64_t seed);

}  // namespace eigencoder
