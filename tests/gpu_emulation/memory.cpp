// Allocations, copies and the attributes of pointers.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <vector>

#include "cuda_runtime.h"
#include "device_memory.h"
#include "failures.h"
#include "streams.h"

namespace eigencoder::emulation {
namespace {

constexpr std::size_t pinned_alignment = 256;
constexpr int nan_byte = 0xff;

std::map<std::uintptr_t, std::size_t>& pinned_memory() {
  static auto& sizes = *new std::map<std::uintptr_t, std::size_t>;
  return sizes;
}

enum class Place { pageable, pinned, device };

const char* name_of(Place place) {
  switch (place) {
    case Place::pageable:
      return "pageable host memory";
    case Place::pinned:
      return "pinned host memory";
    case Place::device:
      return "device memory";
  }
  return "?";
}

// Where `size` bytes lie that a copy reads or writes; a fault where they do not lie inside one allocation.
Place place_of(const void* pointer, std::size_t size) {
  if (is_of_device(pointer)) {
    if (find_on_device(pointer, size) == nullptr) {
      fault(
          "%zu bytes at %p of the device are to be copied or set, expected bytes of one allocation that was not freed",
          size, pointer);
    }
    return Place::device;
  }
  const auto address = reinterpret_cast<std::uintptr_t>(pointer);
  const auto next = pinned_memory().upper_bound(address);
  if (next == pinned_memory().begin()) return Place::pageable;
  const auto [begin, pinned_size] = *std::prev(next);
  if (address >= begin + pinned_size) return Place::pageable;
  if (size > begin + pinned_size - address) {
    fault("a copy of %zu bytes at byte %zu of a pinned allocation of %zu bytes, expected bytes inside it", size,
          address - begin, pinned_size);
  }
  return Place::pinned;
}

void check_direction(cudaMemcpyKind kind, Place destination, Place source) {
  const bool to_device = destination == Place::device, from_device = source == Place::device;
  const cudaMemcpyKind actual = to_device     ? from_device ? cudaMemcpyDeviceToDevice : cudaMemcpyHostToDevice
                                : from_device ? cudaMemcpyDeviceToHost
                                              : cudaMemcpyHostToHost;
  if (kind != cudaMemcpyDefault && kind != actual) {
    fault("a copy of kind %d from %s to %s, expected kind %d", kind, name_of(source), name_of(destination), actual);
  }
}

void open_range(const void* pointer, std::size_t size) {
  if (!is_of_device(pointer)) return;
  Allocation* allocation = find_on_device(pointer, size);
  if (allocation == nullptr) fault("a queued copy found memory that was freed, expected it to live until the copy");
  open_on_device(*allocation);
}

void copy(void* destination, const void* source, std::size_t size) {
  open_range(destination, size);
  open_range(source, size);
  std::memcpy(destination, source, size);
}

}  // namespace
}  // namespace eigencoder::emulation

using namespace eigencoder::emulation;

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  const FallibleCall call;
  if (call.fails()) return remember(cudaErrorUnknown);
  *free = std::min(free_device_size(), reported_free_memory());
  *total = device_size;
  return cudaSuccess;
}

cudaError_t cudaMalloc(void** pointer, std::size_t size) {
  const FallibleCall call;
  if (call.fails()) return remember(cudaErrorMemoryAllocation);
  *pointer = size == 0 ? nullptr : allocate_on_device(size);
  if (size == 0) return cudaSuccess;
  if (*pointer == nullptr) return remember(cudaErrorMemoryAllocation);
  count_live(1);
  return cudaSuccess;
}

cudaError_t cudaFree(void* pointer) {
  const Call call;
  if (pointer == nullptr) return cudaSuccess;
  run_device();
  if (!free_on_device(pointer)) fault("cudaFree(%p), expected memory of cudaMalloc that was not freed", pointer);
  count_live(-1);
  return cudaSuccess;
}

cudaError_t cudaMallocHost(void** pointer, std::size_t size) {
  const FallibleCall call;
  if (call.fails()) return remember(cudaErrorMemoryAllocation);
  *pointer = nullptr;
  if (size == 0) return cudaSuccess;
  if (posix_memalign(pointer, pinned_alignment, size) != 0) return remember(cudaErrorMemoryAllocation);
  std::memset(*pointer, nan_byte, size);
  pinned_memory()[reinterpret_cast<std::uintptr_t>(*pointer)] = size;
  count_live(1);
  return cudaSuccess;
}

cudaError_t cudaFreeHost(void* pointer) {
  const Call call;
  if (pointer == nullptr) return cudaSuccess;
  run_device();
  if (pinned_memory().erase(reinterpret_cast<std::uintptr_t>(pointer)) == 0) {
    fault("cudaFreeHost(%p), expected memory of cudaMallocHost that was not freed", pointer);
  }
  std::free(pointer);
  count_live(-1);
  return cudaSuccess;
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* pointer) {
  const FallibleCall call;
  if (call.fails()) return remember(cudaErrorInvalidValue);
  void* const address = const_cast<void*>(pointer);
  *attributes = {cudaMemoryTypeUnregistered, -2, nullptr, address};
  if (find_on_device(pointer, 1) != nullptr) {
    *attributes = {cudaMemoryTypeDevice, 0, address, nullptr};
  } else if (!is_of_device(pointer) && place_of(pointer, 1) == Place::pinned) {
    *attributes = {cudaMemoryTypeHost, 0, address, address};
  }
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* destination, const void* source, std::size_t size, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  const FallibleCall call;
  if (call.fails()) return remember(cudaErrorLaunchFailure);
  if (size == 0) return cudaSuccess;
  if (destination == nullptr || source == nullptr) return remember(cudaErrorInvalidValue);
  const Place from = place_of(source, size), to = place_of(destination, size);
  check_direction(kind, to, from);
  if (from == Place::pageable) {
    const auto* bytes = static_cast<const unsigned char*>(source);
    enqueue(stream, [destination, staged = std::vector<unsigned char>(bytes, bytes + size)] {
      copy(destination, staged.data(), staged.size());
    });
  } else {
    enqueue(stream, [=] { copy(destination, source, size); });
  }
  if (to == Place::pageable) run_stream(stream);
  return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void* pointer, int value, std::size_t size, cudaStream_t stream) {
  const FallibleCall call;
  if (call.fails()) return remember(cudaErrorLaunchFailure);
  if (size == 0) return cudaSuccess;
  if (place_of(pointer, size) != Place::device) {
    fault("cudaMemsetAsync of %s, expected device memory", name_of(place_of(pointer, size)));
  }
  enqueue(stream, [=] {
    open_range(pointer, size);
    std::memset(pointer, value, size);
  });
  return cudaSuccess;
}

#define EXPORTED extern "C" __attribute__((visibility("default")))

// For arrays that other libraries have on the device: memory there that holds these bytes, and the bytes of it.
EXPORTED void* eigencoder_emulation_to_device(const void* bytes, std::size_t size) {
  void* memory = nullptr;
  if (cudaMalloc(&memory, size) != cudaSuccess) return nullptr;
  cudaMemcpyAsync(memory, bytes, size, cudaMemcpyHostToDevice);
  return memory;
}

EXPORTED void eigencoder_emulation_to_host(const void* memory, void* bytes, std::size_t size) {
  cudaMemcpyAsync(bytes, memory, size, cudaMemcpyDeviceToHost);
}

EXPORTED void eigencoder_emulation_free(void* memory) { cudaFree(memory); }
