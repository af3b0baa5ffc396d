// Where the kernels of one call run: its team of threads, and the memory in which each of them packs a product's panels.
#pragma once

#include <memory>
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

template <typename T>
class Context {
 public:
  explicit Context(int n_threads) : team_(n_threads), memory_(static_cast<std::size_t>(n_threads)) {}

  parallel::Team& team() { return team_; }
  ProductMemory<T>& product_memory(int thread) { return memory_[static_cast<std::size_t>(thread)]; }

 private:
  parallel::Team team_;
  std::vector<ProductMemory<T>> memory_;
};

}  // namespace eigencoder::kernels
