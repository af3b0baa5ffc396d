// What the symbols of a library, which the linker leaves for debuggers, tell of a kernel.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace eigencoder::emulation {

// The address where the symbols were stripped.
std::string name_of_kernel(const void* kernel);

struct Variable {
  void* address;
  std::size_t size;
};

// The variables of its own that a kernel shares among the threads of a block, not those of functions that it calls.
const std::vector<Variable>& shared_variables_of(const void* kernel);

}  // namespace eigencoder::emulation
