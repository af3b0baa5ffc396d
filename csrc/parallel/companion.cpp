#include "parallel/companion.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <thread>

#include "parallel/rest.h"
#include "parallel/subnormals.h"

namespace eigencoder::parallel {
namespace {

using Clock = std::chrono::steady_clock;

// So long the companion stays awake. To wake it takes longer than to work alone: that is for calls that follow each
// other so fast that the next ones will find it awake.
constexpr std::chrono::microseconds patience{200};

constexpr int n_looks = 16;  // between two at the clock

enum class State { idle, offered, taken, closing };

}  // namespace

struct Companion::Shared {
  const pid_t process = getpid();
  std::atomic<State> state{State::idle};
  std::atomic<bool> asleep{false};
  std::mutex sleep_mutex;
  std::condition_variable wake;
  Call call = nullptr;
  const void* task = nullptr;
  Clock::time_point last_end{};
  std::thread thread;

  void work() noexcept {
    for (;;) {
      wait();
      State offered = State::offered;
      if (state.compare_exchange_strong(offered, State::taken)) {
        {
          const FlushSubnormals guard;
          call(task, 1);
        }
        state.store(State::idle);
      } else if (offered == State::closing) {
        return;
      }
    }
  }

  void wait() {
    const auto end = Clock::now() + patience;
    while (Clock::now() < end) {
      for (int i = 0; i < n_looks; ++i, pause()) {
        if (state.load() != State::idle) return;
      }
    }
    std::unique_lock lock(sleep_mutex);
    asleep.store(true);
    wake.wait(lock, [this] { return state.load() != State::idle; });
    asleep.store(false);
  }

  void wake_up() {
    const std::lock_guard lock(sleep_mutex);
    wake.notify_one();
  }

  void run(Call its_call, const void* its_task) {
    if (asleep.load() && Clock::now() - last_end > patience / 2) {
      its_call(its_task, 0);
    } else {
      run_together(its_call, its_task);
    }
    last_end = Clock::now();
  }

  void run_together(Call its_call, const void* its_task) {
    call = its_call;
    task = its_task;
    state.store(State::offered);
    if (asleep.load()) wake_up();
    call(task, 0);
    State offered = State::offered;
    if (state.compare_exchange_strong(offered, State::idle)) return;  // it has not come
    wait_until([this] { return state.load() == State::idle; });
  }

  void end() {
    state.store(State::closing);
    wake_up();
    thread.join();
  }
};

Companion::Companion() = default;

Companion::~Companion() {
  if (!shared_) return;
  if (shared_->process != getpid()) {
    shared_.release();  // NOLINT: its thread lives in the parent, and who waits for no thread waits for ever
    return;
  }
  shared_->end();
}

void Companion::run_erased(Call call, const void* task) {
  const FlushSubnormals guard;
  const std::unique_lock lock(callers_, std::try_to_lock);
  Shared* const shared = lock ? started() : nullptr;
  if (shared) {
    shared->run(call, task);
  } else {
    call(task, 0);
  }
}

Companion::Shared* Companion::started() {
  if (!tried_) {
    tried_ = true;
    try {
      shared_ = std::make_unique<Shared>();
      shared_->thread = std::thread([shared = shared_.get()] { shared->work(); });
    } catch (const std::exception&) {
      shared_.reset();  // no thread, or no memory for it: alone the result is the same
    }
  }
  return shared_ && shared_->process == getpid() ? shared_.get() : nullptr;
}

}  // namespace eigencoder::parallel
