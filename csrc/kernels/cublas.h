// The few functions of cuBLAS that are used, found at run time: so that a library built with CUDA opens on a machine
// that has none. The types are those of NVIDIA's cublas_v2.h, enumerators as the integers they are.
#pragma once

#include <cuda_runtime.h>

struct cublasContext;

namespace eigencoder::kernels {

using CublasHandle = cublasContext*;
inline constexpr int cublas_n = 0;
inline constexpr int cublas_t = 1;

template <typename T>
using CublasGemm = int (*)(CublasHandle, int operation_a, int operation_b, int m, int n, int k, const T* alpha,
                           const T* a, int lda, const T* b, int ldb, const T* beta, T* c, int ldc);

struct Cublas {
  int (*create)(CublasHandle*);
  int (*destroy)(CublasHandle);
  int (*set_stream)(CublasHandle, cudaStream_t);
  CublasGemm<float> sgemm;
  CublasGemm<double> dgemm;
};

// std::runtime_error where there is no cuBLAS.
const Cublas& cublas();

}  // namespace eigencoder::kernels
