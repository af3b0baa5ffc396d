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
      : context_(context),
        chunk_sums_(kernels::n_dot_chunks(max_n)),
        on_host_(static_cast<std::size_t>(chunk_sums_.size())) {}

  // chunk_sums (n_dot_chunks(n)), whose total is a^T b.
  void dots(Index n, const T* a, const T* b, double* chunk_sums) {
    context_.run([&](kernels::Share share, kernels::Worker<T>& worker) {
      kernels::dots(share.of(kernels::n_dot_chunks(n), 1), worker, n, a, b, chunk_sums);
    });
  }

  double dot(Index n, const T* a, const T* b) {
    const Index n_chunks = kernels::n_dot_chunks(n);
    dots(n, a, b, chunk_sums_.data());
    context_.read(n_chunks, chunk_sums_.data(), on_host_.data());
    return std::accumulate(on_host_.begin(), on_host_.begin() + n_chunks, 0.0);
  }

  // Gives x the norm `largest` where it is longer.
  void shorten(Index n, double largest, T* x) {
    dots(n, x, x, chunk_sums_.data());
    context_.run([&](kernels::Share share, kernels::Worker<T>& worker) {
      kernels::shorten(share.of(n, kernels::cache_line<T>), worker, kernels::n_dot_chunks(n), chunk_sums_.data(),
                       largest, x);
    });
  }

  // result = factor_x x + factor_y y
  void combine(Index n, double factor_x, const T* x, double factor_y, const T* y, T* result) {
    context_.run([&](kernels::Share share, kernels::Worker<T>& worker) {
      kernels::combine(share.of(n, kernels::cache_line<T>), worker, static_cast<T>(factor_x), x,
                       static_cast<T>(factor_y), y, result);
    });
  }

  bool all_finite(Index n, const T* x) {
    bool answer = false;
    context_.once([&](kernels::Worker<T>& worker) {
      answer = kernels::all_finite<T>({0, 1}, worker, kernels::Matrix<const T>{x, 1, n, n});
    });
    return answer;
  }

  void copy(Index n, const T* from, T* to) { context_.copy(n, from, to); }

 private:
  kernels::Context<T>& context_;
  kernels::Buffer<double> chunk_sums_;
  std::vector<double> on_host_;
};

}  // namespace eigencoder::model
