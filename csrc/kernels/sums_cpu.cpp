#include <numeric>

#include "kernels/column_sums.h"
#include "kernels/kernels.h"
#include "math/sparsity.h"

namespace eigencoder::kernels {

template <typename T>
void column_sums(Context<T>& context, Matrix<const T> matrix, const double* row_weights, double* sums) {
  context.share(matrix.cols, cache_line<T>, [&](Range cols) {
    for_column_sums(matrix, row_weights, cols,
                    [&](Index first, Index n, const double* block) { std::copy_n(block, n, sums + first); });
  });
}

template <typename T>
void l1_norms(Context<T>& context, Matrix<const T> code, double* row_sums) {
  context.share(code.rows, row_unit, [&](Range range) {
    for (Index i = range.begin; i < range.end; ++i) {
      double total = 0;
      for (Index j = 0; j < code.cols; ++j) total += static_cast<double>(math::L1::value(code.row(i)[j]));
      row_sums[i] = total;
    }
  });
}

template <typename T>
void squared_norms(Context<T>& context, Index n, const T* values, double* chunk_sums) {
  context.share(n, norm_chunk, [&](Range range) {
    for (Index first = range.begin; first < range.end; first += norm_chunk) {
      Eigen::Array<double, packet_size<T>, 1> lanes = Eigen::Array<double, packet_size<T>, 1>::Zero();
      for (Index i = first; i < std::min(first + norm_chunk, range.end); i += packet_size<T>) {
        lanes += load(values + i, range.end - i).template cast<double>().square();
      }
      chunk_sums[first / norm_chunk] = std::accumulate(lanes.begin(), lanes.end(), 0.0);
    }
  });
}

template void column_sums(Context<float>&, Matrix<const float>, const double*, double*);
template void column_sums(Context<double>&, Matrix<const double>, const double*, double*);
template void l1_norms(Context<float>&, Matrix<const float>, double*);
template void l1_norms(Context<double>&, Matrix<const double>, double*);
template void squared_norms(Context<float>&, Index, const float*, double*);
template void squared_norms(Context<double>&, Index, const double*, double*);

}  // namespace eigencoder::kernels
