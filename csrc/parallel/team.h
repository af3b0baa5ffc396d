// A team of threads that lives for one call: nothing to rebuild after a fork, nothing to join at exit, and concurrent
// callers never meet. Threads start at the first run with more than one task.
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

  // Calls task(i, thread) for i in 0 .. n_tasks - 1; thread t takes one contiguous share. Rethrows a task's exception.
  template <typename Task>
  void run(std::int64_t n_tasks, const Task& task) {
    if (n_threads_ == 1 || n_tasks <= 1) {
      for (std::int64_t i = 0; i < n_tasks; ++i) task(i, 0);
      return;
    }
    run_on_all(n_tasks, [](const void* erased, std::int64_t i, int thread) {
      (*static_cast<const Task*>(erased))(i, thread);
    }, &task);
  }

 private:
  using Call = void (*)(const void* task, std::int64_t i, int thread);

  void run_on_all(std::int64_t n_tasks, Call call, const void* task);
  void run_share(int thread);
  void work(int thread);
  void wait_for_round(std::uint64_t round);

  const int n_threads_;
  std::vector<std::thread> threads_;

  std::int64_t n_tasks_ = 0;
  Call call_ = nullptr;
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
