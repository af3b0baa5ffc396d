// A second thread that stays from call to call, for work that is done before a new thread would have come.
#pragma once

#include <memory>
#include <mutex>

namespace eigencoder::parallel {

class Companion {
 public:
  Companion();
  ~Companion();
  Companion(const Companion&) = delete;
  Companion& operator=(const Companion&) = delete;

  // Calls task(0) on this thread and, if it comes in time, task(1) on the companion, with subnormals flushed. task(0)
  // must end with all work done whether or not the other comes; neither may throw. Where another thread has the
  // companion, or there is none, as in a child of a fork, this thread is alone.
  template <typename Task>
  void run(const Task& task) {
    run_erased([](const void* erased, int thread) { (*static_cast<const Task*>(erased))(thread); }, &task);
  }

 private:
  using Call = void (*)(const void* task, int thread);
  struct Shared;

  void run_erased(Call call, const void* task);
  Shared* started();

  std::mutex callers_;
  std::unique_ptr<Shared> shared_;
  bool tried_ = false;
};

}  // namespace eigencoder::parallel
