// The last columns of a product where they are so few that a register of them would be mostly empty: each entry is
// summed along the depth, in lanes.
#pragma once

#include "kernels/context_cpu.h"
#include "kernels/operand.h"

namespace eigencoder::kernels::detail {

inline constexpr Index few_columns = 4;

template <typename T>
Index n_few_columns(Index n_cols, Storage left, Index depth) {
  const Index n = n_cols % packet_size<T>;
  const bool pays = left == Storage::row_major && 2 * few_columns <= packet_size<T> && depth >= 8 * packet_size<T>;
  return pays && n <= few_columns ? n : 0;
}

// packed (few_columns, padded(depth)) = the n_cols columns of b, zeros behind them.
template <typename T>
void pack_few_columns(Index depth, Operand<T> b, Index n_cols, T* packed) {
  std::fill_n(packed, few_columns * padded<T>(depth), T(0));
  for (Index p = 0; p < depth; ++p) {
    for (Index j = 0; j < n_cols; ++j) packed[j * padded<T>(depth) + p] = *b.at(p, j);
  }
}

// c = a b, plus what it held if `add`, for packed few columns; each entry is one sum, kept in lanes until its end.
template <int n_cols, int n_rows, typename T>
void multiply_few_columns(Index depth, Operand<T> a, const T* packed, Matrix<T> c, bool add, Index first_row) {
  using namespace Eigen::internal;
  using R = Register<T>;
  Index i = first_row;
  for (; i + n_rows <= c.rows; i += n_rows) {
    R sums[n_rows][n_cols];
#pragma GCC unroll 8
    for (int r = 0; r < n_rows; ++r) {
#pragma GCC unroll 4
      for (int j = 0; j < n_cols; ++j) sums[r][j] = pzero(R());
    }
    for_packets<T>(0, depth, [&](Index p, auto n) {
      R columns[n_cols];
#pragma GCC unroll 4
      for (int j = 0; j < n_cols; ++j) columns[j] = pload<R>(packed + j * padded<T>(depth) + p);
#pragma GCC unroll 8
      for (int r = 0; r < n_rows; ++r) {
        const R entries = load_register(a.at(i + r, p), n);
#pragma GCC unroll 4
        for (int j = 0; j < n_cols; ++j) sums[r][j] = pmadd(entries, columns[j], sums[r][j]);
      }
    });
#pragma GCC unroll 8
    for (int r = 0; r < n_rows; ++r) {
#pragma GCC unroll 4
      for (int j = 0; j < n_cols; ++j) c.row(i + r)[j] = (add ? c.row(i + r)[j] : T(0)) + predux(sums[r][j]);
    }
  }
  if constexpr (n_rows > 1) {
    if (i < c.rows) multiply_few_columns<n_cols, 1>(depth, a, packed, c, add, i);
  }
}

template <int n_rows = tile_rows / 2, typename T>
void multiply_few_columns(Index depth, Operand<T> a, const T* packed, Matrix<T> c, bool add) {
  static_assert(few_columns == 4);
  if (c.cols == 1) return multiply_few_columns<1, n_rows>(depth, a, packed, c, add, 0);
  if (c.cols == 2) return multiply_few_columns<2, n_rows>(depth, a, packed, c, add, 0);
  if (c.cols == 3) return multiply_few_columns<3, n_rows>(depth, a, packed, c, add, 0);
  multiply_few_columns<4, n_rows>(depth, a, packed, c, add, 0);
}

}  // namespace eigencoder::kernels::detail
