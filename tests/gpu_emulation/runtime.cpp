// Errors, devices and launches.
#include "cuda_runtime.h"

#include <cerrno>
#include <csignal>
#include <cstdint>

#include <sys/syscall.h>
#include <unistd.h>

#include "blocks.h"
#include "device_memory.h"
#include "failures.h"
#include "streams.h"
#include "symbols.h"

namespace eigencoder::emulation {
namespace {

thread_local cudaError_t last_error = cudaSuccess;

// Whether the address may be read, as the system tells that is asked for something impossible with what stands there.
bool is_readable(std::uint64_t address) {
  constexpr int impossible = ~0;
  constexpr int mask_size = 8;
  const int saved = errno;
  syscall(SYS_rt_sigprocmask, impossible, address & ~std::uint64_t{7}, nullptr, mask_size);
  const bool readable = errno != EFAULT;
  errno = saved;
  return readable;
}

// Numbers are seldom as large as the addresses at which systems of 64 bits put what they map. Whatever else is as large
// must lie in mapped memory to be held for a pointer.
bool may_be_host_pointer(const Word& word) {
  constexpr std::uint64_t lowest = 0x500000000000, highest = 0xffffffffffff;
  if (word.is_pointer) return word.value != 0;
  return word.value >= lowest && word.value <= highest && is_readable(word.value);
}

void check_arguments(const Kernel& kernel) {
  for (const Word& word : kernel.words) {
    if (is_of_device(reinterpret_cast<const void*>(word.value)) || !may_be_host_pointer(word)) continue;
    fault("argument %zu of kernel %s %s the host pointer %#llx, expected a pointer to device memory", word.argument + 1,
          name_of_kernel(kernel.function).c_str(), word.is_pointer ? "is" : "holds",
          static_cast<unsigned long long>(word.value));
  }
}

bool is_valid(const cudaLaunchConfig_t& config) {
  const dim3 &grid = config.gridDim, &block = config.blockDim;
  const std::uint64_t threads = std::uint64_t{block.x} * block.y * block.z;
  return grid.x >= 1 && grid.y >= 1 && grid.z >= 1 && grid.x <= 0x7fffffff && grid.y <= 65535 && grid.z <= 65535 &&
         threads >= 1 && threads <= 1024 && block.x <= 1024 && block.y <= 1024 && block.z <= 64;
}

void run(const Kernel& kernel, dim3 grid, dim3 block) {
  std::vector<const Allocation*> used;
  for (const Word& word : kernel.words) {
    if (Allocation* allocation = find_on_device(reinterpret_cast<const void*>(word.value), 0)) {
      open_on_device(*allocation);
      used.push_back(allocation);
    }
  }
  run_blocks(kernel, grid, block);
  for (const Allocation* allocation : used) {
    if (margins_are_intact(*allocation)) continue;
    fault("kernel %s wrote before the begin or behind the end of an allocation of %zu bytes",
          name_of_kernel(kernel.function).c_str(), allocation->size);
  }
}

}  // namespace

cudaError_t remember(cudaError_t error) {
  if (error != cudaSuccess) last_error = error;
  return error;
}

cudaError_t launch(const cudaLaunchConfig_t* config, Kernel kernel) {
  const FallibleCall call;
  if (call.fails()) return remember(cudaErrorLaunchFailure);
  if (config->dynamicSmemBytes != 0 || config->numAttrs != 0) {
    fault("kernel %s has dynamic shared memory or attributes, expected none", name_of_kernel(kernel.function).c_str());
  }
  if (!is_valid(*config)) return remember(cudaErrorInvalidConfiguration);
  check_arguments(kernel);
  enqueue(config->stream,
          [kernel = std::move(kernel), grid = config->gridDim, block = config->blockDim] { run(kernel, grid, block); });
  return cudaSuccess;
}

}  // namespace eigencoder::emulation

using namespace eigencoder::emulation;

const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "cudaSuccess";
    case cudaErrorInvalidValue:
      return "cudaErrorInvalidValue";
    case cudaErrorMemoryAllocation:
      return "cudaErrorMemoryAllocation";
    case cudaErrorInitializationError:
      return "cudaErrorInitializationError";
    case cudaErrorInvalidConfiguration:
      return "cudaErrorInvalidConfiguration";
    case cudaErrorInvalidMemcpyDirection:
      return "cudaErrorInvalidMemcpyDirection";
    case cudaErrorInsufficientDriver:
      return "cudaErrorInsufficientDriver";
    case cudaErrorNoDevice:
      return "cudaErrorNoDevice";
    case cudaErrorInvalidDevice:
      return "cudaErrorInvalidDevice";
    case cudaErrorNoKernelImageForDevice:
      return "cudaErrorNoKernelImageForDevice";
    case cudaErrorInvalidResourceHandle:
      return "cudaErrorInvalidResourceHandle";
    case cudaErrorNotReady:
      return "cudaErrorNotReady";
    case cudaErrorLaunchFailure:
      return "cudaErrorLaunchFailure";
    case cudaErrorUnknown:
      return "cudaErrorUnknown";
  }
  return "unrecognized error code";
}

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "no error";
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorInvalidConfiguration:
      return "invalid configuration argument";
    case cudaErrorInvalidDevice:
      return "invalid device ordinal";
    case cudaErrorNoDevice:
      return "no CUDA-capable device is detected";
    default:
      return "an error of the emulated device";
  }
}

cudaError_t cudaGetLastError() { return std::exchange(last_error, cudaSuccess); }

cudaError_t cudaGetDeviceCount(int* count) {
  const FallibleCall call;
  if (call.fails()) return remember(cudaErrorNoDevice);
  *count = 1;
  return cudaSuccess;
}

cudaError_t cudaGetDevice(int* device) {
  const FallibleCall call;
  if (call.fails()) return remember(cudaErrorUnknown);
  *device = 0;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
  const FallibleCall call;
  return call.fails() || device != 0 ? remember(cudaErrorInvalidDevice) : cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  const FallibleCall call;
  if (call.fails() || device != 0) return remember(cudaErrorInvalidDevice);
  *value = attribute == cudaDevAttrComputeCapabilityMajor ? 9 : 0;
  return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize() {
  const FallibleCall call;
  if (call.fails()) return remember(cudaErrorLaunchFailure);
  run_device();
  return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int* version) {
  const FallibleCall call;
  if (call.fails()) return remember(cudaErrorUnknown);
  *version = 13000;
  return cudaSuccess;
}
