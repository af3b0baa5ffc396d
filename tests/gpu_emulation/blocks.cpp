#include "blocks.h"

#include <pthread.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "failures.h"
#include "fibers.h"
#include "order.h"
#include "sites.h"
#include "symbols.h"

uint3 threadIdx;
uint3 blockIdx;
dim3 blockDim;
dim3 gridDim;

namespace eigencoder::emulation {
namespace {

constexpr unsigned int most_threads = 1024;
constexpr unsigned int warp_size = 32;
constexpr unsigned int full_mask = 0xffffffffu;
constexpr unsigned int none = ~0u;
constexpr int nan_byte = 0xff;

struct Fiber {
  Context context;
  unsigned int thread;
  Fiber* next;
};

enum class State : unsigned char { fresh, ready, waiting, ended };

struct Thread {
  State state;
  Fiber* fiber;
  Site site;  // where it waits
};

// The threads that met so far; a thread may be a meeting ahead of another, but not two.
struct Gathering {
  Site site;
  unsigned int arrived;
  unsigned int generation;
  std::uint64_t sync[2];
};

struct Warp {
  Gathering gathering;
  unsigned long long brought[2][warp_size];
};

const Kernel* kernel;
pthread_t runner;
Visit visit(0);
Thread threads[most_threads];
Warp warps[most_threads / warp_size];
Gathering barrier;
unsigned int thread_count, ended, runnable, running, fiber_count;
Context host;
Fiber* idle;
Fiber* done;  // not to be used again by this block where races are detected: a fiber's steps are in order
std::uint64_t begin_sync, end_sync;

// The next thread that can run, in the order of the visit.
unsigned int next_thread() {
  if (runnable == 0) return none;
  for (;; visit.advance()) {
    const auto thread = static_cast<unsigned int>(visit.current());
    if (threads[thread].state == State::fresh || threads[thread].state == State::ready) {
      visit.advance();
      --runnable;
      return thread;
    }
  }
}

void set_running(unsigned int thread) {
  running = thread;
  if (blockDim.y * blockDim.z == 1) {
    threadIdx.x = thread;
  } else {
    threadIdx = {thread % blockDim.x, thread / blockDim.x % blockDim.y, thread / blockDim.x / blockDim.y};
  }
}

void run_threads();

void add_fiber() {
  auto* fiber = new Fiber{{}, 0, idle};
  make_fiber(fiber->context, run_threads);
  idle = fiber;
  ++fiber_count;
}

Fiber* take_fiber() {
  if (idle == nullptr) add_fiber();
  Fiber* fiber = idle;
  idle = fiber->next;
  return fiber;
}

// Goes to the next thread that can run; to the host where there is none.
void leave(Context& context) {
  const unsigned int thread = next_thread();
  if (thread == none) {
    switch_context(context, host);
    return;
  }
  const bool is_fresh = threads[thread].state == State::fresh;
  Fiber* fiber = is_fresh ? take_fiber() : threads[thread].fiber;
  if (is_fresh) fiber->thread = thread;
  set_running(thread);
  threads[thread].fiber = fiber;
  if (&fiber->context != &context) switch_context(context, fiber->context);
}

// What a fiber does for ever: runs threads that have not begun, until one that waits can go on in its own fiber.
void run_threads() {
  Fiber* self = threads[running].fiber;
  for (;;) {
    acquire(&begin_sync);
    kernel->run_thread();
    release(&end_sync);
    threads[self->thread].state = State::ended;
    ++ended;
    const auto next = static_cast<unsigned int>(visit.current());
    if (!races_are_detected() && runnable > 0 && threads[next].state == State::fresh) {
      visit.advance();
      --runnable;
      self->thread = next;
      threads[next].fiber = self;
      set_running(next);
    } else {
      Fiber*& list = races_are_detected() ? done : idle;
      self->next = list;
      list = self;
      leave(self->context);
    }
  }
}

// Returns once `expected` threads, from `first` on, have come to this site.
void meet(Gathering& gathering, const Site& site, unsigned int first, unsigned int expected) {
  if (gathering.arrived == 0) gathering.site = site;
  if (differ(gathering.site, site)) {
    fault("%s: waits at %s, expected %s, where others wait", position_in_kernel().c_str(), text_of(site).c_str(),
          text_of(gathering.site).c_str());
  }
  Thread& self = threads[running];
  self.site = site;
  self.state = State::waiting;
  std::uint64_t& sync = gathering.sync[gathering.generation % 2];
  release(&sync);
  if (++gathering.arrived == expected) {
    for (unsigned int thread = first; thread < first + expected; ++thread) threads[thread].state = State::ready;
    runnable += expected;
    if (expected == thread_count) visit.restart();
    gathering.arrived = 0;
    ++gathering.generation;
  }
  leave(self.fiber->context);
  acquire(&sync);
}

void report_threads_that_wait() {
  const Thread* waiting = std::find_if(threads, threads + thread_count,
                                       [](const Thread& thread) { return thread.state == State::waiting; });
  set_running(static_cast<unsigned int>(waiting - threads));
  fault(
      "deadlock in %s: it waits for ever at %s; of the %u threads of the block %u wait and %u have ended, expected all "
      "of them at one barrier",
      position_in_kernel().c_str(), text_of(waiting->site).c_str(), thread_count, thread_count - ended, ended);
}

void run_block(const std::vector<Variable>& shared) {
  for (const Variable& variable : shared) std::memset(variable.address, nan_byte, variable.size);
  for (unsigned int thread = 0; thread < thread_count; ++thread) threads[thread].state = State::fresh;
  ended = 0;
  runnable = thread_count;
  visit = Visit(thread_count);
  release(&begin_sync);
  leave(host);
  acquire(&end_sync);
  if (ended != thread_count) report_threads_that_wait();
  while (done != nullptr) {
    Fiber* fiber = done;
    done = fiber->next;
    fiber->next = idle;
    idle = fiber;
  }
}

}  // namespace

void run_blocks(const Kernel& launched, dim3 grid, dim3 block) {
  adopt_running_thread(host);
  runner = pthread_self();
  gridDim = grid;
  blockDim = block;
  threadIdx = {0, 0, 0};
  thread_count = block.x * block.y * block.z;
  const unsigned long long blocks = 1ull * grid.x * grid.y * grid.z;
  kernel = &launched;
  // Who makes a fiber comes before it, so that threads must not make each other's where races are detected.
  while (races_are_detected() && fiber_count < thread_count) add_fiber();
  const std::vector<Variable>& shared = shared_variables_of(kernel->function);
  Visit order(blocks);
  for (unsigned long long i = 0; i < blocks; ++i, order.advance()) {
    const unsigned long long index = order.current();
    blockIdx = {static_cast<unsigned int>(index % grid.x), static_cast<unsigned int>(index / grid.x % grid.y),
                static_cast<unsigned int>(index / grid.x / grid.y)};
    run_block(shared);
  }
  kernel = nullptr;
}

bool is_in_kernel() { return kernel != nullptr && pthread_equal(runner, pthread_self()) != 0; }

std::string position_in_kernel() {
  const auto text = [](auto index) {
    return "(" + std::to_string(index.x) + ", " + std::to_string(index.y) + ", " + std::to_string(index.z) + ")";
  };
  return "kernel " + name_of_kernel(kernel->function) + ", block " + text(blockIdx) + ", thread " + text(threadIdx);
}

unsigned int lane_of_thread() { return running % warp_size; }

void meet_block(const Site& site) { meet(barrier, site, 0, thread_count); }

unsigned long long meet_warp(const Site& site, unsigned int mask, unsigned long long brought, unsigned int source) {
  if (mask != full_mask) {
    fault("%s: %s has the mask %#x, expected all lanes", position_in_kernel().c_str(), text_of(site).c_str(), mask);
  }
  const unsigned int first = running / warp_size * warp_size;
  const unsigned int lanes = std::min(warp_size, thread_count - first);
  Warp& warp = warps[first / warp_size];
  unsigned long long (&slots)[warp_size] = warp.brought[warp.gathering.generation % 2];
  slots[running - first] = brought;
  meet(warp.gathering, site, first, lanes);
  return source < lanes ? slots[source] : ~0ull;
}

}  // namespace eigencoder::emulation
