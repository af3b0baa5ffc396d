// C = A B on row-major arrays, tile by tile. Each entry of C is one chain of multiply-adds over the depth, in order, so
// its bits depend on A, B and the depth alone: rows and columns may be cut anywhere, at any address.
#pragma once

#include <Eigen/Core>

#include "kernels/context.h"

namespace eigencoder::kernels {

enum class Storage { row_major, transposed };

// A matrix as a factor of a product; transposed: its element (i, j) lies where a row-major one has (j, i).
template <typename T>
struct Operand {
  const T* data;
  Index stride;
  Storage storage = Storage::row_major;

  const T* at(Index i, Index j) const {
    return storage == Storage::row_major ? data + i * stride + j : data + j * stride + i;
  }
  Operand from(Index i, Index j) const { return {at(i, j), stride, storage}; }
};

namespace detail {

// So few rows use a packed panel of B too seldom to pay for packing it.
inline constexpr Index few_rows = 32;

// Where a tile's rows of A lie: in A itself, or packed so that its n_rows entries of one depth are neighbours.
template <typename T>
struct RowsInPlace {
  const T* data;
  Index stride;
  const T* at(Index row, Index depth) const { return data + row * stride + depth; }
};
template <typename T, int n_rows>
struct PackedRows {
  const T* data;
  const T* at(Index row, Index depth) const { return data + depth * n_rows + row; }
};

// Where a tile's columns of B lie: in B itself, or packed so that a tile's row of B is one piece.
template <typename T>
struct ColsInPlace {
  const T* data;
  Index stride;
  const T* at(Index depth, Index col) const { return data + depth * stride + col; }
};
template <typename T, int n_registers>
struct PackedCols {
  const T* data;
  const T* at(Index depth, Index col) const { return data + depth * n_registers * packet_size<T> + col; }
};

// c (n_rows, n_registers) = a (n_rows, depth) b (depth, n_registers), plus what it held if `add`.
template <int n_rows, int n_registers, typename T, typename Rows, typename Cols>
void multiply_tile(Index depth, const Rows a, const Cols b, T* c, Index c_stride, bool add) {
  using namespace Eigen::internal;
  using R = Register<T>;
  R sums[n_rows][n_registers];
#pragma GCC unroll 8
  for (int i = 0; i < n_rows; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < n_registers; ++j)
      sums[i][j] = add ? ploadu<R>(c + i * c_stride + j * packet_size<T>) : pzero(R());
  }
  for (Index p = 0; p < depth; ++p) {
    R b_row[n_registers];
#pragma GCC unroll 8
    for (int j = 0; j < n_registers; ++j) b_row[j] = ploadu<R>(b.at(p, j * packet_size<T>));
#pragma GCC unroll 8
    for (int i = 0; i < n_rows; ++i) {
      const R entry = pload1<R>(a.at(i, p));
#pragma GCC unroll 8
      for (int j = 0; j < n_registers; ++j) sums[i][j] = pmadd(entry, b_row[j], sums[i][j]);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < n_rows; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < n_registers; ++j) pstoreu(c + i * c_stride + j * packet_size<T>, sums[i][j]);
  }
}

// The same on a tile of n_cols columns, which may end inside a register.
template <int n_rows, int n_registers, typename T, typename Rows, typename Cols>
void multiply_ragged_tile(Index depth, const Rows a, const Cols b, T* c, Index c_stride, Index n_cols, bool add) {
  constexpr Index width = n_registers * packet_size<T>;
  if (n_cols == width) return multiply_tile<n_rows, n_registers>(depth, a, b, c, c_stride, add);
  T tile[n_rows * width] = {};
  for (int i = 0; add && i < n_rows; ++i) std::copy_n(c + i * c_stride, n_cols, tile + i * width);
  multiply_tile<n_rows, n_registers>(depth, a, b, tile, width, add);
  for (int i = 0; i < n_rows; ++i) std::copy_n(tile + i * width, n_cols, c + i * c_stride);
}

// Calls visit(std::integral_constant) with the number of rows of each tile: as many full tiles as fit, then halves.
template <int n_rows = tile_rows, typename Visitor>
void for_tiles(Index begin, Index end, const Visitor& visit) {
  for (; begin + n_rows <= end; begin += n_rows) visit(begin, std::integral_constant<int, n_rows>());
  if constexpr (n_rows > 1) {
    if (begin < end) for_tiles<n_rows / 2>(begin, end, visit);
  }
}

// packed (depth, n_registers) = the n_cols columns of b, zeros behind them.
template <int n_registers, typename T>
void pack_columns(Index depth, Operand<T> b, Index n_cols, T* packed) {
  using namespace Eigen::internal;
  constexpr int lanes = packet_size<T>;
  constexpr Index width = n_registers * lanes;
  if (b.storage == Storage::row_major) {
    for (Index p = 0; p < depth; ++p) {
      const T* const row = b.data + p * b.stride;
      if (n_cols == width) {
        std::copy_n(row, width, packed + p * width);
      } else {
        std::fill(std::copy_n(row, n_cols, packed + p * width), packed + (p + 1) * width, T(0));
      }
    }
    return;
  }
  const Index whole_depth = depth / lanes * lanes;
  const Index whole_cols = n_cols / lanes * lanes;
  for (Index j = 0; j < whole_cols; j += lanes) {
    for (Index p = 0; p < whole_depth; p += lanes) {
      PacketBlock<Register<T>, lanes> block;
      for (Index l = 0; l < lanes; ++l) block.packet[l] = ploadu<Register<T>>(b.at(p, j + l));
      ptranspose(block);
      for (Index l = 0; l < lanes; ++l) pstore(packed + (p + l) * width + j, block.packet[l]);
    }
  }
  for (Index p = 0; p < depth; ++p) {
    const Index first = p < whole_depth ? whole_cols : 0;
    for (Index j = first; j < width; ++j) packed[p * width + j] = j < n_cols ? *b.at(p, j) : T(0);
  }
}

// packed = the rows of a transposed a, tile after tile.
template <typename T>
void pack_rows(Index n_rows, Index depth, Operand<T> a, T* packed) {
  for_tiles(0, n_rows, [&](Index i, auto tile) {
    T* const to = packed + i * depth;
    for (Index p = 0; p < depth; ++p) std::copy_n(a.at(i, p), tile.value, to + p * tile.value);
  });
}

// The share of number `part` when n things are cut into n_parts nearly equal ones.
inline Range even_part(Index n, Index n_parts, Index part) { return {n * part / n_parts, n * (part + 1) / n_parts}; }

// c = a b, plus what it held if `add`, for the columns of one panel.
template <int n_registers, typename T, typename Cols>
void multiply_panel(Index depth, Operand<T> a, const T* packed_rows, const Cols cols, Matrix<T> c, bool add) {
  for_tiles(0, c.rows, [&](Index i, auto tile) {
    constexpr int n_rows = decltype(tile)::value;
    if (packed_rows) {
      const PackedRows<T, n_rows> rows{packed_rows + i * depth};
      multiply_ragged_tile<n_rows, n_registers>(depth, rows, cols, c.row(i), c.stride, c.cols, add);
    } else {
      const RowsInPlace<T> rows{a.at(i, 0), a.stride};
      multiply_ragged_tile<n_rows, n_registers>(depth, rows, cols, c.row(i), c.stride, c.cols, add);
    }
  });
}

template <typename T, typename Visitor>
void with_registers(Index n_registers, const Visitor& visit) {
  if (n_registers == 1) return visit(std::integral_constant<int, 1>());
  if (n_registers == 2) return visit(std::integral_constant<int, 2>());
  return visit(std::integral_constant<int, tile_registers>());
}

}  // namespace detail

// The given rows and columns of c (c.rows, c.cols) = a (c.rows, depth) b (depth, c.cols), plus what they held if `add`.
// `finish` is called as f(rows, cols) for each panel of c while that is in the cache; cols reach into the padding.
template <typename T, typename Finish>
void product(Operand<T> a, Operand<T> b, Index depth, Matrix<T> c, Range rows, Range cols, bool add,
             ProductMemory<T>& memory, const Finish& finish) {
  using namespace detail;
  const Index n_registers = (cols.size() + packet_size<T> - 1) / packet_size<T>;
  const Index cols_reach = cols.end == c.cols ? c.reach() : cols.end;
  const Index n_panels = (n_registers + tile_registers - 1) / tile_registers;
  const Index n_depths = (depth + max_panel_depth - 1) / max_panel_depth;
  const bool packs_cols = b.storage == Storage::transposed || rows.size() > few_rows;
  const T* const packed_rows = a.storage == Storage::transposed ? memory.rows.data() : nullptr;
  for (Index first_row = rows.begin; first_row < rows.end; first_row += max_panel_rows) {
    const Range panel_rows{first_row, std::min(first_row + max_panel_rows, rows.end)};
    for (Index d = 0; d < n_depths; ++d) {
      const Range depths = even_part(depth, n_depths, d);
      const Operand<T> a_panel = a.from(first_row, depths.begin);
      if (packed_rows) pack_rows(panel_rows.size(), depths.size(), a_panel, memory.rows.data());
      for (Index panel = 0; panel < n_panels; ++panel) {
        const Range registers = even_part(n_registers, n_panels, panel);
        const Range panel_cols{cols.begin + registers.begin * packet_size<T>,
                               std::min(cols.begin + registers.end * packet_size<T>, cols_reach)};
        const auto c_panel = c.block(first_row, panel_cols.begin, panel_rows.size(), panel_cols.size());
        const Index n_cols = std::min(panel_cols.end, cols.end) - panel_cols.begin;
        with_registers<T>(registers.size(), [&](auto n) {
          const Operand<T> b_panel = b.from(depths.begin, panel_cols.begin);
          if (packs_cols || n_cols < n.value * packet_size<T>) {
            pack_columns<n.value>(depths.size(), b_panel, n_cols, memory.cols.data());
            const PackedCols<T, n.value> packed_cols{memory.cols.data()};
            multiply_panel<n.value>(depths.size(), a_panel, packed_rows, packed_cols, c_panel, add || d > 0);
          } else {
            const ColsInPlace<T> cols_in_place{b_panel.data, b_panel.stride};
            multiply_panel<n.value>(depths.size(), a_panel, packed_rows, cols_in_place, c_panel, add || d > 0);
          }
        });
        if (d + 1 == n_depths) finish(panel_rows, panel_cols);
      }
    }
  }
}

}  // namespace eigencoder::kernels
