# The order of work, which all engines share, and the engine of a GPU but for cuBLAS: nvcc makes a library of it, and the
# tests make one that runs on a CPU.
set(model_sources
  model/constant.cpp
  model/full_batch.cpp
  model/inference.cpp
  model/lbfgs.cpp
  model/network.cpp
  model/objective.cpp
  model/penalty.cpp
  model/trainer.cpp)
set(cuda_engine_sources
  kernels/classes_cuda.cu
  kernels/code_cuda.cu
  kernels/context_cuda.cpp
  kernels/data_cuda.cpp
  kernels/dense_cuda.cu
  kernels/gather_cuda.cu
  kernels/gradient_cuda.cu
  kernels/output_cuda.cu
  kernels/penalty_cuda.cu
  kernels/sums_cuda.cu
  kernels/vectors_cuda.cu
  model/engine_cuda.cpp)
list(TRANSFORM model_sources PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
list(TRANSFORM cuda_engine_sources PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
list(PREPEND cuda_engine_sources ${model_sources})
