#include "fibers.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstring>

#include "failures.h"

// Null where the sanitizer that has them is not part of the process.
extern "C" {
__attribute__((weak)) void __sanitizer_start_switch_fiber(void** fake_stack, const void* stack, std::size_t size);
__attribute__((weak)) void __sanitizer_finish_switch_fiber(void* fake_stack, const void** stack, std::size_t* size);
__attribute__((weak)) void* __tsan_get_current_fiber();
__attribute__((weak)) void* __tsan_create_fiber(unsigned int flags);
__attribute__((weak)) void __tsan_switch_to_fiber(void* fiber, unsigned int flags);
__attribute__((weak)) void __tsan_acquire(void* sync);
__attribute__((weak)) void __tsan_release(void* sync);
}

namespace eigencoder::emulation {
namespace {

constexpr std::size_t stack_size = std::size_t{1} << 18;
constexpr std::size_t page = 4096;
constexpr unsigned int no_synchronisation = 1;

Context* leaving;
Context* entering;

void arrive(Context& self) {
  if (__sanitizer_finish_switch_fiber != nullptr) {
    __sanitizer_finish_switch_fiber(self.fake_stack, &leaving->stack, &leaving->stack_size);
  }
}

void begin() {
  arrive(*entering);
  entering->entry();
}

}  // namespace

// swapcontext would ask the system for the signal mask, which takes longer than most kernels.
#if defined(__x86_64__)
extern "C" void eigencoder_emulation_swap(void** save, void* load);
asm(R"(
.text
.globl eigencoder_emulation_swap
.hidden eigencoder_emulation_swap
.type eigencoder_emulation_swap, @function
eigencoder_emulation_swap:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size eigencoder_emulation_swap, . - eigencoder_emulation_swap
)");

static void prepare(Context& context, char* stack) {
  // Six registers, the address that `ret` jumps to, and a return address of null that keeps the stack aligned.
  auto** top = reinterpret_cast<void**>(stack + stack_size);
  std::memset(top - 8, 0, 8 * sizeof(void*));
  top[-2] = reinterpret_cast<void*>(begin);
  context.stack_pointer = top - 8;
}

static void swap(Context& from, Context& to) { eigencoder_emulation_swap(&from.stack_pointer, to.stack_pointer); }
#else
static void prepare(Context& context, char* stack) {
  getcontext(&context.registers);
  context.registers.uc_stack.ss_sp = stack;
  context.registers.uc_stack.ss_size = stack_size;
  context.registers.uc_link = nullptr;
  makecontext(&context.registers, begin, 0);
}

static void swap(Context& from, Context& to) { swapcontext(&from.registers, &to.registers); }
#endif

void make_fiber(Context& context, void (*entry)()) {
  void* memory = mmap(nullptr, page + stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fault("no memory for the stack of a thread, expected %zu bytes", stack_size);
  mprotect(memory, page, PROT_NONE);
  char* stack = static_cast<char*>(memory) + page;
  prepare(context, stack);
  context.entry = entry;
  context.stack = stack;
  context.stack_size = stack_size;
  if (races_are_detected()) context.race_fiber = __tsan_create_fiber(0);
}

void adopt_running_thread(Context& context) {
  if (races_are_detected()) context.race_fiber = __tsan_get_current_fiber();
}

void switch_context(Context& from, Context& to) {
  leaving = &from;
  entering = &to;
  if (__sanitizer_start_switch_fiber != nullptr) {
    __sanitizer_start_switch_fiber(&from.fake_stack, to.stack, to.stack_size);
  }
  if (races_are_detected()) __tsan_switch_to_fiber(to.race_fiber, no_synchronisation);
  swap(from, to);
  arrive(from);
}

bool races_are_detected() { return __tsan_create_fiber != nullptr; }

void release(void* sync) {
  if (races_are_detected()) __tsan_release(sync);
}

void acquire(void* sync) {
  if (races_are_detected()) __tsan_acquire(sync);
}

}  // namespace eigencoder::emulation
