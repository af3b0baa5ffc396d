#include <numeric>

#include "kernels/kernels.h"
#include "math/ranking.h"

namespace eigencoder::kernels {

template <typename T>
void keep_largest(Range rows, Worker<T>& worker, Index n_active, Matrix<T> code, Index* kept) {
  for (Index i = rows.begin; i < rows.end; ++i) {
    const T* const row = code.row(i);
    const auto comes_first = [row](Index a, Index b) { return math::comes_first(row[a], a, row[b], b); };
    Index* const first = kept + i * n_active;
    Index* const last = first + n_active;
    std::iota(first, last, Index{0});
    std::make_heap(first, last, comes_first);  // the one that comes last is on top
    for (Index j = n_active; j < code.cols; ++j) {
      if (!math::is_larger(row[j], row[*first])) continue;  // an equal one in a later column does not come first
      std::pop_heap(first, last, comes_first);
      last[-1] = j;
      std::push_heap(first, last, comes_first);
    }
    std::sort(first, last);
  }
  keep(rows, worker, n_active, kept, code);
}

template <typename T>
void keep(Range rows, Worker<T>&, Index n_active, const Index* kept, Matrix<T> matrix) {
  for (Index i = rows.begin; i < rows.end; ++i) {
    T* const row = matrix.row(i);
    Index next = 0;
    for (Index k = 0; k < n_active; ++k) {
      const Index column = kept[i * n_active + k];
      std::fill(row + next, row + column, T(0));
      next = column + 1;
    }
    std::fill(row + next, row + matrix.cols, T(0));
  }
}

template void keep_largest(Range, Worker<float>&, Index, Matrix<float>, Index*);
template void keep_largest(Range, Worker<double>&, Index, Matrix<double>, Index*);
template void keep(Range, Worker<float>&, Index, const Index*, Matrix<float>);
template void keep(Range, Worker<double>&, Index, const Index*, Matrix<double>);

}  // namespace eigencoder::kernels
