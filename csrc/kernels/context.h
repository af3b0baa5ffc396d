// Where the kernels of one call run: its team of threads, and the memory that each of them works in.
#pragma once

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

// Panel sizes of a product, the same on every machine, so that its bits do not follow the size of a cache.
inline constexpr Index max_panel_depth = 512;
inline constexpr Index max_panel_rows = 512;

// A tile of a product fills the register file: its sums, a row of B, one broadcast entry of A.
#if defined(EIGEN_VECTORIZE_AVX512)
inline constexpr int tile_rows = 8;
#else
inline constexpr int tile_rows = 4;
#endif
inline constexpr int tile_registers = 3;

// So many numbers of a gradient are made at once, that they are still near when they move their weights.
inline constexpr Index gradient_rows = 64;
inline constexpr Index gradient_cols = 1024;

// A thread's own memory: the columns of a panel that cannot be read where they lie, and a block of a gradient.
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

inline constexpr Index row_unit = 16;

template <typename T>
class Context {
 public:
  Context(Monitor& monitor, int n_threads)
      : monitor_(monitor), team_(n_threads), scratch_(static_cast<std::size_t>(n_threads)) {}

  void throw_if_interrupted() {
    if (!monitor_.keep_going()) throw Interrupted();
  }

  // Calls task(share, scratch) on each thread.
  template <typename Task>
  void run(const Task& task) {
    team_.run([&](int thread) { task(Share{thread, team_.n_threads()}, scratch_[static_cast<std::size_t>(thread)]); });
  }

  // Calls task(range) on each thread with its share of 0 .. n - 1.
  template <typename Task>
  void share(Index n, Index unit, const Task& task) {
    run([&](Share share, Scratch<T>&) { task(share.of(n, unit)); });
  }

  // Calls task(rows, cols, scratch) on each thread with its part of a matrix: some rows of it, or where there are few,
  // some columns.
  template <typename Task>
  void share_matrix(Index n_rows, Index n_cols, const Task& task) {
    const bool few_rows = n_rows < 64 * team_.n_threads();
    run([&](Share share, Scratch<T>& scratch) {
      const Range rows = few_rows ? Range{0, n_rows} : share.of(n_rows, row_unit);
      const Range cols = few_rows ? share.of(n_cols, cache_line<T>) : Range{0, n_cols};
      if (rows.size() > 0 && cols.size() > 0) task(rows, cols, scratch);
    });
  }

 private:
  Monitor& monitor_;
  parallel::Team team_;
  std::vector<Scratch<T>> scratch_;
};

}  // namespace eigencoder::kernels
