// Sums over the rows of a matrix, in double.
#pragma once

#include "kernels/context_cpu.h"

namespace eigencoder::kernels {

namespace detail {

// Adds n_rows rows of what `map` makes of the entries, each times its weight; several at once, so that the sums are
// read and written less often.
template <int n_rows, typename T, typename Map>
void add_rows(Matrix<const T> matrix, Index first_row, const double* row_weights, Range cols, const Map& map,
              double* sums) {
  for (Index j = cols.begin; j < cols.end; ++j) {
    double sum = sums[j - cols.begin];
    for (int i = 0; i < n_rows; ++i) {
      const double entry = map(static_cast<double>(matrix.row(first_row + i)[j]));
      sum += row_weights ? row_weights[first_row + i] * entry : entry;
    }
    sums[j - cols.begin] = sum;
  }
}

}  // namespace detail

inline constexpr Index sums_at_once = 64;

// Calls visit(first, n, sums) with sum_i row_weights_i map(matrix_ij) of a few of the given columns after the other;
// row_weights nullptr: all 1.
template <typename T, typename Map, typename Visitor>
void for_column_sums(Matrix<const T> matrix, const double* row_weights, Range cols, const Map& map,
                     const Visitor& visit) {
  constexpr int n_rows_at_once = 8;
  for (Index first = cols.begin; first < cols.end; first += sums_at_once) {
    const Range block{first, std::min(first + sums_at_once, cols.end)};
    double sums[sums_at_once] = {};
    Index i = 0;
    for (; i + n_rows_at_once <= matrix.rows; i += n_rows_at_once) {
      detail::add_rows<n_rows_at_once>(matrix, i, row_weights, block, map, sums);
    }
    for (; i < matrix.rows; ++i) detail::add_rows<1>(matrix, i, row_weights, block, map, sums);
    visit(block.begin, block.size(), sums);
  }
}

template <typename T, typename Visitor>
void for_column_sums(Matrix<const T> matrix, const double* row_weights, Range cols, const Visitor& visit) {
  for_column_sums(matrix, row_weights, cols, [](double entry) { return entry; }, visit);
}

}  // namespace eigencoder::kernels
