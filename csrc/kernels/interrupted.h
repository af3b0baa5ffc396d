// The end of a call that its monitor asks for.
#pragma once

#include <stdexcept>

namespace eigencoder::kernels {

// Thrown inside an engine, on the caller's thread; no engine lets it out.
struct Interrupted : std::runtime_error {
  Interrupted() : std::runtime_error("interrupted") {}
};

}  // namespace eigencoder::kernels
