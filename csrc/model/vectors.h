// What is done to whole vectors of parameters, on all threads.
#pragma once

#include <numeric>
#include <vector>

#include "kernels/kernels.h"

namespace eigencoder::model {

template <typename T>
class Vectors {
 public:
  Vectors(kernels::Context<T>& context, Index max_n)
      : context_(context), chunk_sums_(static_cast<std::size_t>(kernels::n_dot_chunks(max_n))) {}

  double dot(Index n, const T* a, const T* b) {
    const Index n_chunks = kernels::n_dot_chunks(n);
    context_.run([&](kernels::Share share, kernels::Scratch<T>&) {
      kernels::dots(share.of(n_chunks, 1), n, a, b, chunk_sums_.data());
    });
    return std::accumulate(chunk_sums_.begin(), chunk_sums_.begin() + n_chunks, 0.0);
  }

  // result = factor_x x + factor_y y
  void combine(Index n, double factor_x, const T* x, double factor_y, const T* y, T* result) {
    context_.run([&](kernels::Share share, kernels::Scratch<T>&) {
      kernels::combine(share.of(n, kernels::cache_line<T>), static_cast<T>(factor_x), x, static_cast<T>(factor_y), y,
                       result);
    });
  }

 private:
  kernels::Context<T>& context_;
  std::vector<double> chunk_sums_;
};

}  // namespace eigencoder::model
