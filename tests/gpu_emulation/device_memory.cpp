#include "device_memory.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "blocks.h"
#include "failures.h"

extern "C" {
__attribute__((weak)) void __asan_poison_memory_region(const volatile void* begin, std::size_t size);
__attribute__((weak)) void __asan_unpoison_memory_region(const volatile void* begin, std::size_t size);
}

namespace eigencoder::emulation {
namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t alignment = 16;
constexpr std::size_t arena_size = std::size_t{1} << 38;  // of addresses, none of which is used twice
constexpr std::size_t margin = 64;
constexpr int nan_byte = 0xff;

struct Arena {
  std::uintptr_t begin = 0;
  std::uintptr_t next = 0;
  std::size_t used = 0;
  std::map<std::uintptr_t, Allocation> allocations;
  std::vector<Allocation*> open;
  int accesses = 0;
  pthread_t accessor{};
  struct sigaction previous_handler{};
};

Arena& arena() {
  static auto& instance = *new Arena;
  return instance;
}

void protect(const Allocation& allocation, int protection) {
  if (mprotect(reinterpret_cast<void*>(allocation.pages), allocation.pages_size, protection) != 0) {
    fault("the system refused to change the protection of %zu bytes of the device", allocation.pages_size);
  }
}

std::size_t round_up(std::size_t size, std::size_t multiple) { return (size + multiple - 1) / multiple * multiple; }

std::string place_of(std::uintptr_t address) {
  for (const auto& [begin, allocation] : arena().allocations) {
    const std::string of = " an allocation of " + std::to_string(allocation.size) + " bytes";
    if (address >= allocation.pages - page && address < begin) {
      return std::to_string(begin - address) + " bytes before" + of;
    }
    if (address >= allocation.end() && address < allocation.pages + allocation.pages_size + page) {
      return std::to_string(address - allocation.end()) + " bytes behind the end of" + of;
    }
    if (address >= begin && address < allocation.end()) {
      return std::to_string(address - begin) + " bytes behind the begin of" + of;
    }
  }
  return address < arena().next ? "memory that was freed" : "memory that was never allocated";
}

void handle_fault(int signal, siginfo_t* information, void* context) {
  const auto address = reinterpret_cast<std::uintptr_t>(information->si_addr);
  if (!is_of_device(information->si_addr)) {
    const struct sigaction& previous = arena().previous_handler;
    if ((previous.sa_flags & SA_SIGINFO) != 0) {
      previous.sa_sigaction(signal, information, context);
    } else {
      sigaction(signal, &previous, nullptr);  // the instruction runs again, and meets that handler
    }
    return;
  }
  if (arena().accesses == 0 || pthread_equal(arena().accessor, pthread_self()) == 0) {
    fault("code of the host touched device memory at %p, %s; expected a copy", information->si_addr,
          place_of(address).c_str());
  }
  if (Allocation* allocation = find_on_device(information->si_addr, 1)) {
    if (!allocation->is_open) {
      open_on_device(*allocation);
      return;
    }
  }
  fault("%s: touched %p, %s", is_in_kernel() ? position_in_kernel().c_str() : "a copy or a product",
        information->si_addr, place_of(address).c_str());
}

void reserve() {
  void* memory = mmap(nullptr, arena_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) fault("the system gave no %zu bytes of address space", arena_size);
  arena().begin = reinterpret_cast<std::uintptr_t>(memory);
  arena().next = arena().begin + page;
  struct sigaction handler{};
  handler.sa_sigaction = handle_fault;
  handler.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigaction(SIGSEGV, &handler, &arena().previous_handler);
}

template <class Function>
void for_margins(const Allocation& allocation, Function&& function) {
  function(reinterpret_cast<unsigned char*>(allocation.pages), allocation.begin - allocation.pages);
  function(reinterpret_cast<unsigned char*>(allocation.end()),
           allocation.pages + allocation.pages_size - allocation.end());
}

}  // namespace

std::size_t free_device_size() { return device_size - arena().used; }

void* allocate_on_device(std::size_t size) {
  Arena& state = arena();
  if (state.begin == 0) reserve();
  if (size > free_device_size()) return nullptr;
  const std::size_t aligned = round_up(size, alignment);
  const std::size_t pages_size = round_up(aligned, page);
  if (state.next + pages_size + page > state.begin + arena_size) {
    fault("%zu bytes of addresses were used up by allocations, expected fewer in one process", arena_size);
  }
  const std::uintptr_t begin = state.next + pages_size - aligned;
  Allocation& allocation = state.allocations[begin] = {begin, size, state.next, pages_size, false};
  state.next += pages_size + page;
  state.used += size;
  const DeviceAccess access;
  open_on_device(allocation);
  std::memset(reinterpret_cast<void*>(allocation.pages), nan_byte, pages_size);
  if (__asan_poison_memory_region != nullptr) {
    for_margins(allocation, [](auto* bytes, std::size_t count) { __asan_poison_memory_region(bytes, count); });
  }
  return reinterpret_cast<void*>(begin);
}

bool free_on_device(void* pointer) {
  Arena& state = arena();
  const auto found = state.allocations.find(reinterpret_cast<std::uintptr_t>(pointer));
  if (found == state.allocations.end()) return false;
  const Allocation& allocation = found->second;
  if (__asan_unpoison_memory_region != nullptr) {
    for_margins(allocation, [](auto* bytes, std::size_t count) { __asan_unpoison_memory_region(bytes, count); });
  }
  // Not madvise, which would keep the tables of the pages.
  void* pages = mmap(reinterpret_cast<void*>(allocation.pages), allocation.pages_size, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  if (pages == MAP_FAILED) fault("the system did not take back %zu bytes of the device", allocation.pages_size);
  state.used -= allocation.size;
  state.allocations.erase(found);
  return true;
}

bool is_of_device(const void* pointer) {
  const auto address = reinterpret_cast<std::uintptr_t>(pointer);
  return arena().begin != 0 && address >= arena().begin && address < arena().begin + arena_size;
}

Allocation* find_on_device(const void* pointer, std::size_t size) {
  const auto address = reinterpret_cast<std::uintptr_t>(pointer);
  auto& allocations = arena().allocations;
  const auto next = allocations.upper_bound(address);
  if (next == allocations.begin()) return nullptr;
  Allocation& allocation = std::prev(next)->second;
  return address < allocation.end() && size <= allocation.end() - address ? &allocation : nullptr;
}

DeviceAccess::DeviceAccess() {
  arena().accessor = pthread_self();
  ++arena().accesses;
}

DeviceAccess::~DeviceAccess() {
  if (--arena().accesses > 0) return;
  for (Allocation* allocation : arena().open) {
    protect(*allocation, PROT_NONE);
    allocation->is_open = false;
  }
  arena().open.clear();
}

void open_on_device(Allocation& allocation) {
  if (allocation.is_open) return;
  protect(allocation, PROT_READ | PROT_WRITE);
  allocation.is_open = true;
  arena().open.push_back(&allocation);
}

__attribute__((no_sanitize("address"))) bool margins_are_intact(const Allocation& allocation) {
  const auto* begin = reinterpret_cast<const unsigned char*>(allocation.begin);
  const auto* end = reinterpret_cast<const unsigned char*>(allocation.end());
  const std::size_t after = allocation.pages + allocation.pages_size - allocation.end();
  for (const auto* byte = begin - std::min(margin, allocation.begin - allocation.pages); byte < begin; ++byte) {
    if (*byte != nan_byte) return false;
  }
  for (const auto* byte = end; byte < end + after; ++byte) {
    if (*byte != nan_byte) return false;
  }
  return true;
}

}  // namespace eigencoder::emulation
