#include <cmath>

#include "kernels/kernels.h"
#include "kernels/product.h"

namespace eigencoder::kernels {
namespace {

// So much of the columns stays in the nearest cache while so many rows of the result pass them.
inline constexpr Index depth_at_once = 128;
inline constexpr Index rows_at_once = 64;

// The rows of a thread among n, where row i has n - i entries: all get as much of the triangle.
Range of_triangle(Share share, Index n) {
  const auto begin_of = [&](Index thread) {
    const double above = 1 - std::sqrt(1 - static_cast<double>(thread) / static_cast<double>(share.n_threads));
    return static_cast<Index>(above * static_cast<double>(n)) / row_unit * row_unit;
  };
  return {begin_of(share.thread), share.thread + 1 == share.n_threads ? n : begin_of(share.thread + 1)};
}

}  // namespace

template <typename T>
void add_gram(Share share, Worker<T>& worker, Matrix<const T> a, Matrix<T> c) {
  const Range rows = of_triangle(share, a.cols);
  for (Index first = rows.begin; first < rows.end; first += rows_at_once) {
    const Index n = std::min(rows_at_once, rows.end - first);
    for (Index top = 0; top < a.rows; top += depth_at_once) {
      const T* const block = a.row(top);
      product({block + first, a.stride, Storage::transposed}, {block, a.stride}, std::min(depth_at_once, a.rows - top),
              c.block(first, 0, n, c.cols), {0, n}, {first, c.cols}, worker.columns, [](Range, Range) {}, {true, true});
    }
  }
}

template void add_gram(Share, Worker<double>&, Matrix<const double>, Matrix<double>);

}  // namespace eigencoder::kernels
