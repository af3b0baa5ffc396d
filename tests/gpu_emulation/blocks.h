// Runs the blocks of a kernel one after the other, the threads of a block as fibers.
#pragma once

#include <string>

#include "kernel_language.h"
#include "launch.h"

namespace eigencoder::emulation {

void run_blocks(const Kernel& kernel, dim3 grid, dim3 block);

// Whether the calling thread of the CPU runs a kernel.
bool is_in_kernel();
// The kernel that runs, its block and its thread, for messages.
std::string position_in_kernel();

}  // namespace eigencoder::emulation
