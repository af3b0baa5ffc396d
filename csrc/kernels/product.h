// C += A B on row-major arrays: the one place that calls Eigen's product. It goes below the public operator* to bring
// its own packing memory (no allocation) and panel sizes, and so never takes the routes for small or narrow operands,
// whose bits differ.
#pragma once

#include <Eigen/Core>

#include "kernels/context.h"

namespace eigencoder::kernels {

enum class Storage { row_major, transposed };

template <typename T>
struct Operand {
  const T* data;
  Index stride;
  Storage storage = Storage::row_major;
};

namespace detail {

template <typename T>
struct Blocking : Eigen::internal::level3_blocking<T, T> {
  explicit Blocking(ProductMemory<T>& memory) {
    this->m_blockA = memory.weights.data();
    this->m_blockB = memory.rows.data();
    this->m_mc = panel_outputs;
    this->m_nc = panel_rows;
    this->m_kc = panel_depth;
  }
};

template <typename T, int order_a, int order_b>
void product(Index m, Index n, Index k, const Operand<T>& a, const Operand<T>& b, T* c, Index stride_c,
             ProductMemory<T>& memory) {
  // Eigen computes a row-major result as C^T = B^T A^T, so its "lhs" is B.
  Blocking<T> blocking(memory);
  Eigen::internal::general_matrix_matrix_product<Eigen::Index, T, order_a, false, T, order_b, false, Eigen::RowMajor,
                                                 1>::run(m, n, k, a.data, a.stride, b.data, b.stride, c, 1, stride_c,
                                                         T(1), blocking, nullptr);
}

}  // namespace detail

// C (m, n) += A (m, k) B (k, n).
template <typename T>
void product(Index m, Index n, Index k, const Operand<T>& a, const Operand<T>& b, T* c, Index stride_c,
             ProductMemory<T>& memory) {
  constexpr int row = Eigen::RowMajor;
  constexpr int col = Eigen::ColMajor;
  if (a.storage == Storage::transposed) {
    detail::product<T, col, row>(m, n, k, a, b, c, stride_c, memory);
  } else if (b.storage == Storage::transposed) {
    detail::product<T, row, col>(m, n, k, a, b, c, stride_c, memory);
  } else {
    detail::product<T, row, row>(m, n, k, a, b, c, stride_c, memory);
  }
}

}  // namespace eigencoder::kernels
