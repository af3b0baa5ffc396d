// Which engine computes: the best that this machine can run, or the one that EIGENCODER_CPU_LEVEL names.
#pragma once

#include <string>
#include <vector>

#include "eigencoder/engine.h"

namespace eigencoder {

// Chosen at the first call. std::runtime_error where EIGENCODER_CPU_LEVEL names an engine that cannot run here.
const Engine& engine();

// The engines that this machine can run, the best last.
std::vector<std::string> available_engines();

// The processors that this process may use.
int available_threads();

}  // namespace eigencoder
