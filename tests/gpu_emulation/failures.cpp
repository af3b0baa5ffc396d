#include "failures.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <numeric>

#include "order.h"

namespace eigencoder::emulation {
namespace {

Order order_from_environment() {
  const char* name = std::getenv("EIGENCODER_EMULATION_ORDER");
  if (name == nullptr || std::strcmp(name, "forward") == 0) return Order::forward;
  if (std::strcmp(name, "reverse") == 0) return Order::reverse;
  if (std::strcmp(name, "shuffled") == 0) return Order::shuffled;
  fault("EIGENCODER_EMULATION_ORDER is '%s', expected forward, reverse or shuffled", name);
}

long first_failure_from_environment() {
  const char* number = std::getenv("EIGENCODER_EMULATION_FAIL_AT");
  return number == nullptr ? 0 : std::atol(number);
}

char first_fault[1024];
long calls = 0;
std::size_t most_free_memory = std::numeric_limits<std::size_t>::max();
long live = 0;

long& failing_call() {
  static long number = first_failure_from_environment();
  return number;
}

Order& current_order() {
  static Order order = order_from_environment();
  return order;
}

std::recursive_mutex& state() {
  static auto& mutex = *new std::recursive_mutex;
  return mutex;
}

std::uint64_t random_number() {
  static std::uint64_t number = 0x9e3779b97f4a7c15;
  number ^= number << 13;
  number ^= number >> 7;
  number ^= number << 17;
  return number;
}

}  // namespace

void fault(const char* format, ...) {
  char message[sizeof first_fault];
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  if (first_fault[0] == '\0') std::memcpy(first_fault, message, sizeof first_fault);
  std::fprintf(stderr, "gpu emulation: %s\n", message);
  std::fflush(stderr);
  std::abort();
}

Call::Call() : lock_(state()) {}

FallibleCall::FallibleCall() : fails_(++calls == failing_call()) {}

std::size_t reported_free_memory() { return most_free_memory; }

void count_live(int change) { live += change; }

Visit::Visit(std::uint64_t count) : count_(count), first_(0), step_(1) {
  if (count > 1 && current_order() == Order::reverse) {
    first_ = step_ = count - 1;
  } else if (count > 1 && current_order() == Order::shuffled) {
    first_ = random_number() % count;
    do {
      step_ = 1 + random_number() % (count - 1);
    } while (std::gcd(step_, count) != 1);
  }
  current_ = first_;
}

}  // namespace eigencoder::emulation

using eigencoder::emulation::Call;

#define EXPORTED extern "C" __attribute__((visibility("default")))

// The n-th call from now fails; 0: none does.
EXPORTED void eigencoder_emulation_fail_at(long n) {
  const Call call;
  eigencoder::emulation::failing_call() = n;
  eigencoder::emulation::calls = 0;
}

EXPORTED long eigencoder_emulation_calls() {
  const Call call;
  return eigencoder::emulation::calls;
}

EXPORTED long eigencoder_emulation_live() {
  const Call call;
  return eigencoder::emulation::live;
}

// What a program is told of the free memory, so that it takes its data in blocks; the memory there is stays the same.
EXPORTED void eigencoder_emulation_report_free_memory(std::size_t most) {
  const Call call;
  eigencoder::emulation::most_free_memory = most;
}

EXPORTED void eigencoder_emulation_set_order(int order) {
  const Call call;
  if (order < 0 || order > 2) eigencoder::emulation::fault("order %d, expected 0, 1 or 2", order);
  eigencoder::emulation::current_order() = static_cast<eigencoder::emulation::Order>(order);
}

// Empty unless asked by a handler of SIGABRT: every fault ends the process.
EXPORTED const char* eigencoder_emulation_error() { return eigencoder::emulation::first_fault; }
