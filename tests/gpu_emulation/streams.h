// Streams that do nothing until a synchronisation asks for it.
#pragma once

#include <functional>

#include "cuda_runtime.h"

namespace eigencoder::emulation {

void enqueue(cudaStream_t stream, std::function<void()> operation);
void run_stream(cudaStream_t stream);
void run_device();

// Remembers the error of a call for cudaGetLastError.
cudaError_t remember(cudaError_t error);

}  // namespace eigencoder::emulation
