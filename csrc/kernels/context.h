// Where the kernels of one call run: its team of threads, and the memory in which each of them packs a product's
// panels.
#pragma once

#include <vector>

#include "kernels/matrix.h"
#include "parallel/team.h"

namespace eigencoder::kernels {

// Panel sizes of a product, the same on every machine, so that a product's bits do not follow the size of a cache: the
// packed weights, depth x outputs, stay in a 1 MB L2 cache.
inline constexpr Index panel_depth = 256;
inline constexpr Index panel_outputs = 384;
inline constexpr Index panel_rows = 512;

template <typename T>
struct ProductMemory {
  Buffer<T> weights{panel_depth * panel_outputs};
  Buffer<T> rows{panel_depth * panel_rows};
};

struct Range {
  Index begin = 0;
  Index end = 0;
  Index size() const { return end - begin; }
};

// Every kernel cuts its work where a cut cannot change a bit: rows at multiples of this, columns at packets.
inline constexpr Index row_unit = 16;

template <typename T>
class Context {
 public:
  explicit Context(int n_threads) : team_(n_threads), memory_(static_cast<std::size_t>(n_threads)) {}

  // Calls task(range, memory) once a thread: contiguous shares of 0 .. n - 1 that begin at multiples of `unit`.
  template <typename Task>
  void share(Index n, Index unit, const Task& task) {
    const Index n_units = (n + unit - 1) / unit;
    const Index n_threads = team_.n_threads();
    team_.run([&](int thread) {
      const Range range{n_units * thread / n_threads * unit, std::min(n_units * (thread + 1) / n_threads * unit, n)};
      if (range.size() > 0) task(range, memory_[static_cast<std::size_t>(thread)]);
    });
  }

 private:
  parallel::Team team_;
  std::vector<ProductMemory<T>> memory_;
};

}  // namespace eigencoder::kernels
