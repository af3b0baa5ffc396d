// A team of threads that lives for one call: nothing to rebuild after a fork, nothing to join at exit, and concurrent
// callers never meet. Threads start at the first run.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace eigencoder::parallel {

class Team {
 public:
  explicit Team(int n_threads) : n_threads_(n_threads) {}
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int n_threads() const { return n_threads_; }

  // Calls task(thread) on each thread, with subnormals flushed, and waits for all. Rethrows a task's exception.
  template <typename Task>
  void run(const Task& task) {
    call_ = [](const void* erased, int thread) { (*static_cast<const Task*>(erased))(thread); };
    task_ = &task;
    run_on_all();
  }

 private:
  void run_on_all();
  void run_task(int thread);
  void work(int thread);
  void wait_for_round(std::uint64_t round);

  const int n_threads_;
  std::vector<std::thread> threads_;

  void (*call_)(const void* task, int thread) = nullptr;
  const void* task_ = nullptr;
  std::exception_ptr error_;
  std::mutex error_mutex_;

  std::atomic<std::uint64_t> round_{0};
  std::atomic<int> n_busy_{0};
  std::atomic<bool> closing_{false};
  std::mutex sleep_mutex_;
  std::condition_variable wake_;
};

}  // namespace eigencoder::parallel
