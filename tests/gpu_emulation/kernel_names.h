#pragma once

#include <string>

namespace eigencoder::emulation {

// The name of a function as the symbols of its library have it; its address where they were stripped.
std::string name_of_kernel(const void* function);

}  // namespace eigencoder::emulation
