#include "kernels/cublas.h"

#include <dlfcn.h>

#include <array>
#include <initializer_list>
#include <stdexcept>
#include <string>

#if __has_include(<cublas_v2.h>)
#include <cublas_v2.h>

#include <type_traits>
static_assert(std::is_same_v<cublasHandle_t, eigencoder::kernels::CublasHandle>);
static_assert(sizeof(cublasOperation_t) == sizeof(int) && sizeof(cublasStatus_t) == sizeof(int));
static_assert(CUBLAS_OP_N == eigencoder::kernels::cublas_n && CUBLAS_OP_T == eigencoder::kernels::cublas_t);
static_assert(CUBLAS_STATUS_SUCCESS == 0);
static_assert(
    std::is_same_v<decltype(&cublasSgemm_v2),
                   cublasStatus_t (*)(cublasHandle_t, cublasOperation_t, cublasOperation_t, int, int, int, const float*,
                                      const float*, int, const float*, int, const float*, float*, int)>);
static_assert(std::is_same_v<decltype(&cublasSetStream_v2), cublasStatus_t (*)(cublasHandle_t, cudaStream_t)>);
#endif

namespace eigencoder::kernels {
namespace {

// Where the wheel nvidia-cublas puts its libraries, seen from ours inside site-packages/eigencoder/lib.
std::string site_packages() {
  static const char inside_this_library = 0;
  Dl_info info{};
  if (dladdr(&inside_this_library, &info) == 0) return "./";
  const std::string path = info.dli_fname;
  return path.substr(0, path.find_last_of('/') + 1) + "../../";
}

// What the process has already, such as PyTorch's; else the wheel's; else the system's.
void* open_library() {
  const std::string wheels = site_packages() + "nvidia/";
  const std::array names{"libcublas.so.13", "libcublas.so.12"};
  for (const std::string name : names) {
    if (void* const library = dlopen(name.c_str(), RTLD_NOW | RTLD_NOLOAD)) return library;
  }
  for (const std::string& folder : {wheels + "cu13/lib/", wheels + "cublas/lib/", std::string()}) {
    for (const std::string name : names) {
      if (void* const library = dlopen((folder + name).c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
    }
  }
  throw std::runtime_error(
      "device 'cuda' needs cuBLAS 12 or 13, and neither the wheel nvidia-cublas nor the system's CUDA has it: install "
      "it with pip install nvidia-cublas");
}

template <typename Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (!function) throw std::runtime_error(std::string("this cuBLAS has no ") + name + ": install version 12 or 13");
}

Cublas load() {
  void* const library = open_library();
  Cublas functions{};
  find(library, "cublasCreate_v2", functions.create);
  find(library, "cublasDestroy_v2", functions.destroy);
  find(library, "cublasSetStream_v2", functions.set_stream);
  find(library, "cublasSgemm_v2", functions.sgemm);
  find(library, "cublasDgemm_v2", functions.dgemm);
  return functions;
}

}  // namespace

const Cublas& cublas() {
  static const Cublas functions = load();
  return functions;
}

}  // namespace eigencoder::kernels
