// Where the kernels of this library run: on the processor, or on a GPU. What the two headers declare has equal names.
#pragma once

#if defined(EIGENCODER_CUDA)
#include "kernels/data_cuda.h"
#else
#include "kernels/data_cpu.h"
#endif
