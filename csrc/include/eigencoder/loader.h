// Which engine computes: on the CPU the best that this machine can run, or the one that EIGENCODER_CPU_LEVEL names.
#pragma once

#include <string>
#include <vector>

#include "eigencoder/engine.h"

namespace eigencoder {

// Chosen at the first call. std::runtime_error where EIGENCODER_CPU_LEVEL names an engine that cannot run here.
const Engine& engine();

// That of a device: "cpu"; "cuda", which is "cuda:0", "cuda:1", ...; "auto" is "cuda" where that works and else "cpu".
// std::invalid_argument for another name; std::runtime_error where no engine runs on the device, asked afresh each
// time.
const Engine& engine(const std::string& device);

// Why engine("cuda") fails; empty where it does not.
std::string why_no_cuda();

// The engines that this machine can run, the best last.
std::vector<std::string> available_engines();

// The processors that this process may use.
int available_threads();

}  // namespace eigencoder
