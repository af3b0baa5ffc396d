// Faults that end the process, failures on request, and what is counted of both.
#pragma once

#include <cstddef>
#include <mutex>

namespace eigencoder::emulation {

// Ends the process with a message of what was found and what was expected.
[[noreturn]] void fault(const char* format, ...) __attribute__((format(printf, 1, 2)));

// One call of the interface at a time: holds the state of the emulator, which has no other protection.
class Call {
 public:
  Call();

 private:
  std::lock_guard<std::recursive_mutex> lock_;
};

// A call that can fail; it is counted, and fails where that was asked for.
class FallibleCall : public Call {
 public:
  FallibleCall();
  bool fails() const { return fails_; }

 private:
  bool fails_;
};

// What is free of the device's memory is said to be no more.
std::size_t reported_free_memory();

// Allocations, streams, events and handles: +1 where one is made, -1 where it is destroyed.
void count_live(int change);

}  // namespace eigencoder::emulation
