#include "parallel/team.h"

#include <exception>

#include "parallel/subnormals.h"

namespace eigencoder::parallel {
namespace {

// A round of kernels follows the last within microseconds: spin first, then yield, and sleep only in a long pause such
// as a progress callback.
constexpr int n_yields = 200;

}  // namespace

Team::Team(int n_threads) {
  try {
    threads_.reserve(static_cast<std::size_t>(n_threads - 1));
    for (int thread = 1; thread < n_threads; ++thread) threads_.emplace_back([this, thread] { work(thread); });
  } catch (const std::exception&) {
    // The system gives no more threads, or no memory for them: with fewer the results are the same.
  }
}

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
  if (!threads_.empty()) {
    n_busy_.store(static_cast<int>(threads_.size()), std::memory_order_relaxed);
    {
      const std::lock_guard lock(sleep_mutex_);
      round_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
  }
  struct WaitAtTheEnd {  // also where the task throws
    const Team& team;
    ~WaitAtTheEnd() {
      team.wait_for_others([] { return false; });
    }
  };
  const WaitAtTheEnd wait{*this};
  run_task(0);
}

void Team::run_task(int thread) {
  const FlushSubnormals guard;
  call_(task_, thread);
}

void Team::work(int thread) noexcept {
  for (std::uint64_t round = 1;; ++round) {
    wait_for_round(round);
    if (closing_.load()) return;
    run_task(thread);
    n_busy_.fetch_sub(1, std::memory_order_release);
  }
}

void Team::wait_for_round(std::uint64_t round) {
  const auto begun = [&] { return round_.load(std::memory_order_acquire) >= round; };
  for (int i = 0; i < n_spins + n_yields; ++i) {
    if (begun()) return;
    rest(i);
  }
  std::unique_lock lock(sleep_mutex_);
  wake_.wait(lock, begun);
}

}  // namespace eigencoder::parallel
