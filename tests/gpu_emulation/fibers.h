// Stacks that one thread of the CPU switches between, known to the sanitizers where those run.
#pragma once

#include <cstddef>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace eigencoder::emulation {

struct Context {
#if defined(__x86_64__)
  void* stack_pointer = nullptr;
#else
  ucontext_t registers;
#endif
  void (*entry)() = nullptr;
  const void* stack = nullptr;
  std::size_t stack_size = 0;
  void* fake_stack = nullptr;
  void* race_fiber = nullptr;
};

// A fiber with a stack of its own, which lives as long as the process. `entry` never returns.
void make_fiber(Context& context, void (*entry)());
// The running thread as a context that fibers can return to.
void adopt_running_thread(Context& context);
void switch_context(Context& from, Context& to);

bool races_are_detected();
// What happened before a release of `sync` happened before an acquisition of it.
void release(void* sync);
void acquire(void* sync);

}  // namespace eigencoder::emulation
