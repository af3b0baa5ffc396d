// Where the kernels of one call run: its team of threads, and the memory that each of them works in.
#pragma once

#include <atomic>
#include <stdexcept>
#include <vector>

#include "eigencoder/engine.h"
#include "kernels/matrix.h"
#include "parallel/team.h"

namespace eigencoder::kernels {

// Thrown inside an engine where the monitor asks for an end; no engine lets it out.
struct Interrupted : std::runtime_error {
  Interrupted() : std::runtime_error("interrupted") {}
};

// The columns of a panel so deep still stay near while all rows pass them.
inline constexpr Index max_panel_depth = 1024;

// A tile of a product fills the register file: its sums, a row of B, one broadcast entry of A.
#if defined(EIGEN_VECTORIZE_AVX512)
inline constexpr int tile_rows = 8;
#else
inline constexpr int tile_rows = 4;
#endif
inline constexpr int tile_registers = 3;

// So much of a gradient is made at once that it is still near when it moves its weights.
inline constexpr Index gradient_rows = 64;
inline constexpr Index gradient_cols = 1024;

// A thread's own memory: the columns of a panel that are not read where they lie, and a block of a gradient.
template <typename T>
struct Scratch {
  Buffer<T> columns{max_panel_depth * tile_registers * packet_size<T>};
  Buffer<T> gradient{gradient_rows * gradient_cols};
};

struct Range {
  Index begin = 0;
  Index end = 0;
  Index size() const { return end - begin; }
};

// Rows and columns of a matrix.
struct Part {
  Range rows;
  Range cols;
};

// One thread's part of what all threads do together. No cut changes a bit of a result.
struct Share {
  Index thread;
  Index n_threads;

  // A contiguous range of 0 .. n - 1 that begins at a multiple of `unit`.
  Range of(Index n, Index unit) const {
    const Index n_units = (n + unit - 1) / unit;
    return {std::min(n_units * thread / n_threads * unit, n), std::min(n_units * (thread + 1) / n_threads * unit, n)};
  }
};

inline constexpr Index row_unit = 8;

template <typename T>
class Context {
 public:
  Context(Monitor& monitor, int n_threads)
      : monitor_(monitor), team_(n_threads), scratch_(static_cast<std::size_t>(n_threads)) {}

  int n_threads() const { return team_.n_threads(); }

  // The monitor is for the caller's thread, which is the first; the others learn of its answer.
  void throw_if_interrupted(Share share) {
    if (share.thread == 0 && !monitor_.keep_going()) interrupted_.store(true, std::memory_order_relaxed);
    if (interrupted_.load(std::memory_order_relaxed)) throw Interrupted();
  }

  // Calls task(share, scratch) on each thread.
  template <typename Task>
  void run(const Task& task) {
    team_.run([&](int thread) { task(Share{thread, team_.n_threads()}, scratch_[static_cast<std::size_t>(thread)]); });
  }

 private:
  Monitor& monitor_;
  parallel::Team team_;
  std::vector<Scratch<T>> scratch_;
  std::atomic<bool> interrupted_{false};
};

}  // namespace eigencoder::kernels
