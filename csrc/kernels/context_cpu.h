// The processor as the place where the kernels of one call run: its team of threads, and what each of them works with.
#pragma once

#include <algorithm>
#include <atomic>
#include <vector>

#include "eigencoder/engine.h"
#include "kernels/interrupted.h"
#include "kernels/memory_cpu.h"
#include "kernels/packet.h"
#include "parallel/team.h"

namespace eigencoder::kernels {

// A block so small stays near while a thread takes it through all kernels of a sequence, or through all layers.
inline constexpr Index block_rows = 256;
inline constexpr Index inference_rows = 128;

// Of a block where all the data is one batch: bounded memory, and work enough for each thread.
inline constexpr Index full_batch_rows = 1024;

// What the kernels write can be read without a wait for them.
inline constexpr bool shares_host_memory = true;

// Gradients move their weights while they are near.
inline constexpr bool updates_with_gradient = true;

// A tile of a product fills the register file: its sums, a row of B, one broadcast entry of A. The columns of a panel
// so deep stay near while all rows pass them; a tile of few rows has too little work to wait for more than the first
// cache.
#if defined(EIGEN_VECTORIZE_AVX512)
inline constexpr int tile_rows = 8;
inline constexpr Index max_panel_depth = 1024;
#else
inline constexpr int tile_rows = 4;
inline constexpr Index max_panel_depth = 256;
#endif
inline constexpr int tile_registers = 3;

// So much of a gradient is made at once that it is still near when it moves its weights.
inline constexpr Index gradient_rows = 64;
inline constexpr Index gradient_cols = 1024;

// A thread's own memory: the columns of a panel that are not read where they lie, and a block of a gradient.
template <typename T>
struct Worker {
  Buffer<T> columns{max_panel_depth * tile_registers * packet_size<T>};
  Buffer<T> gradient{gradient_rows * gradient_cols};
};

template <typename T>
class Context {
 public:
  Context(Monitor& monitor, int n_threads)
      : monitor_(monitor), team_(n_threads), workers_(static_cast<std::size_t>(team_.n_threads())) {}

  int n_threads() const { return team_.n_threads(); }

  // For a task to ask, and to return where the answer is yes: then `run` throws Interrupted. The monitor is for the
  // caller's thread, which is the first; the others learn of its answer.
  bool interrupted(Share share) {
    if (share.thread == 0 && !interrupted_ && !monitor_.keep_going()) interrupted_ = true;
    return interrupted_;
  }

  // For a long task to end with: asks the monitor while other threads still work.
  void ask_until_all_end(Share share) {
    if (share.thread == 0) team_.wait_for_others([&] { return interrupted(share); });
  }

  // Calls task(share, worker) on each thread, which neither throws nor allocates: see Team.
  template <typename Task>
  void run(const Task& task) {
    team_.run([&](int thread) { task(Share{thread, team_.n_threads()}, workers_[static_cast<std::size_t>(thread)]); });
    if (interrupted_) throw Interrupted();
  }

  // Calls task(worker) on the caller's thread alone: what is too little to share.
  template <typename Task>
  void once(const Task& task) {
    task(workers_.front());
  }

  // Between arrays that the kernels work on, and from one of them to the host.
  template <typename V>
  void copy(Index n, const V* from, V* to) {
    std::copy_n(from, n, to);
  }
  template <typename V>
  void read(Index n, const V* from, V* to) {
    std::copy_n(from, n, to);
  }

 private:
  Monitor& monitor_;
  parallel::Team team_;
  std::vector<Worker<T>> workers_;
  std::atomic<bool> interrupted_{false};
};

}  // namespace eigencoder::kernels
