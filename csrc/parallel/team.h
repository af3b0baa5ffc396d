// A team of threads that lives for one call: nothing to rebuild after a fork, nothing to join at exit, and concurrent
// callers never meet.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "parallel/rest.h"

namespace eigencoder::parallel {

class Team {
 public:
  // The caller's thread and as many others as can be had, n_threads in all at most.
  explicit Team(int n_threads);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int n_threads() const { return static_cast<int>(threads_.size()) + 1; }

  // Calls task(thread) on each thread, with subnormals flushed, and waits for all. On the caller's thread, number 0, a
  // task may throw. On the others it may neither throw nor allocate: where memory has run out, a thread's first
  // exception, which needs some, ends the process.
  template <typename Task>
  void run(const Task& task) {
    call_ = [](const void* erased, int thread) { (*static_cast<const Task*>(erased))(thread); };
    task_ = &task;
    run_on_all();
  }

  // For a task on the caller's thread: returns once the others have done theirs, or stop() is true.
  template <typename Stop>
  void wait_for_others(const Stop& stop) const {
    wait_until([&] { return n_busy_.load(std::memory_order_acquire) == 0 || stop(); });
  }

 private:
  void run_on_all();
  void run_task(int thread);
  void work(int thread) noexcept;
  void wait_for_round(std::uint64_t round);

  std::vector<std::thread> threads_;

  void (*call_)(const void* task, int thread) = nullptr;
  const void* task_ = nullptr;

  std::atomic<std::uint64_t> round_{0};
  std::atomic<int> n_busy_{0};
  std::atomic<bool> closing_{false};
  std::mutex sleep_mutex_;
  std::condition_variable wake_;
};

}  // namespace eigencoder::parallel
