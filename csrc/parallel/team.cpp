#include "parallel/team.h"

#include <utility>

#include "parallel/subnormals.h"

namespace eigencoder::parallel {
namespace {

// A round of kernels follows the last within microseconds: spin first, then yield, and sleep only in a long pause such
// as a progress callback.
constexpr int n_spins = 2000;
constexpr int n_yields = 200;

inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

Team::~Team() {
  closing_.store(true);
  {
    const std::lock_guard lock(sleep_mutex_);
    round_.fetch_add(1, std::memory_order_release);
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Team::run_on_all() {
  while (static_cast<int>(threads_.size()) < n_threads_ - 1) {
    threads_.emplace_back([this, thread = static_cast<int>(threads_.size()) + 1] { work(thread); });
  }
  if (!threads_.empty()) {
    n_busy_.store(n_threads_ - 1, std::memory_order_relaxed);
    {
      const std::lock_guard lock(sleep_mutex_);
      round_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
  }
  run_task(0);
  for (int i = 0; n_busy_.load(std::memory_order_acquire) != 0; ++i) {
    if (i < n_spins) {
      pause();
    } else {
      std::this_thread::yield();
    }
  }
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

void Team::run_task(int thread) {
  const FlushSubnormals guard;
  try {
    call_(task_, thread);
  } catch (...) {
    const std::lock_guard lock(error_mutex_);
    error_ = std::current_exception();
  }
}

void Team::work(int thread) {
  for (std::uint64_t round = 1;; ++round) {
    wait_for_round(round);
    if (closing_.load()) return;
    run_task(thread);
    n_busy_.fetch_sub(1, std::memory_order_release);
  }
}

void Team::wait_for_round(std::uint64_t round) {
  const auto begun = [&] { return round_.load(std::memory_order_acquire) >= round; };
  for (int i = 0; i < n_spins; ++i) {
    if (begun()) return;
    pause();
  }
  for (int i = 0; i < n_yields; ++i) {
    if (begun()) return;
    std::this_thread::yield();
  }
  std::unique_lock lock(sleep_mutex_);
  wake_.wait(lock, begun);
}

}  // namespace eigencoder::parallel
