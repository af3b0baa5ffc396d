// Memory of the device: an arena that only kernels and copies may touch, and only while they run.
#pragma once

#include <cstddef>
#include <cstdint>

namespace eigencoder::emulation {

struct Allocation {
  std::uintptr_t begin;
  std::size_t size;
  std::uintptr_t pages;  // the allocation ends where they end, but for what alignment takes
  std::size_t pages_size;
  bool is_open;
  std::uintptr_t end() const { return begin + size; }
};

constexpr std::size_t device_size = std::size_t{2} << 30;
std::size_t free_device_size();

// Null where the device has no such memory left.
void* allocate_on_device(std::size_t size);
// False where nothing was allocated at this address.
bool free_on_device(void* pointer);

// Whether the address is, was or will be one of the device.
bool is_of_device(const void* pointer);
// The allocation that the bytes [pointer, pointer + size) lie in; null where there is none.
Allocation* find_on_device(const void* pointer, std::size_t size);

// While one lives, the calling thread may open memory; the last one closes all of it.
class DeviceAccess {
 public:
  DeviceAccess();
  ~DeviceAccess();
  DeviceAccess(const DeviceAccess&) = delete;
  DeviceAccess& operator=(const DeviceAccess&) = delete;
};
void open_on_device(Allocation& allocation);

// Whether nothing wrote to the bytes before and after it that belong to nobody.
bool margins_are_intact(const Allocation& allocation);

}  // namespace eigencoder::emulation
