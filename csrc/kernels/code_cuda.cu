#include "kernels/launch.h"
#include "math/ranking.h"

namespace eigencoder::kernels {
namespace {

// kept holds the columns from the largest entry down: an entry's place is how many come before it.
template <typename T>
__global__ void rank_entries(Matrix<const T> code, Index n_active, Index* kept) {
  along_y(code.rows, [&](Index i) {
    const T* const row = code.row(i);
    along_x(code.cols, [&](Index j) {
      Index rank = 0;
      for (Index k = 0; k < code.cols && rank < n_active; ++k) {
        rank += math::comes_first(row[k], k, row[j], j) ? 1 : 0;
      }
      if (rank < n_active) kept[i * n_active + rank] = j;
    });
  });
}

template <typename T>
__global__ void clear_others(Matrix<T> matrix, Index n_active, const Index* kept) {
  along_y(matrix.rows, [&](Index i) {
    along_x(matrix.cols, [&](Index j) {
      bool stays = false;
      for (Index k = 0; k < n_active && !stays; ++k) stays = kept[i * n_active + k] == j;
      if (!stays) matrix.row(i)[j] = T(0);
    });
  });
}

}  // namespace

template <typename T>
void keep_largest(Range rows, Worker<T>& worker, Index n_active, Matrix<T> code, Index* kept) {
  launch_over(worker.stream, code.rows, code.cols, rank_entries<T>, code, n_active, kept);
  keep(rows, worker, n_active, kept, code);
}

template <typename T>
void keep(Range, Worker<T>& worker, Index n_active, const Index* kept, Matrix<T> matrix) {
  launch_over(worker.stream, matrix.rows, matrix.cols, clear_others<T>, matrix, n_active, kept);
}

template void keep_largest(Range, Worker<float>&, Index, Matrix<float>, Index*);
template void keep_largest(Range, Worker<double>&, Index, Matrix<double>, Index*);
template void keep(Range, Worker<float>&, Index, const Index*, Matrix<float>);
template void keep(Range, Worker<double>&, Index, const Index*, Matrix<double>);

}  // namespace eigencoder::kernels
