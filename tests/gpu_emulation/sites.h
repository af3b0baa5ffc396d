#pragma once

#include <string>

#include "kernel_language.h"

namespace eigencoder::emulation {

std::string text_of(const Site& site);
bool differ(const Site& a, const Site& b);

}  // namespace eigencoder::emulation
