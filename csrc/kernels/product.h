// C = A B on row-major arrays, tile by tile. Each entry of C is one chain of multiply-adds over the depth, in order,
// but in few last columns, so its bits depend on A, B and their shapes alone: rows may be cut anywhere, columns at
// registers, at any address.
#pragma once

#include "kernels/context_cpu.h"
#include "kernels/few_columns.h"

namespace eigencoder::kernels {

namespace detail {

inline constexpr std::size_t cache_line = 64;  // bytes

// c (n_rows, n_registers) = a (n_rows, depth) b (depth, n_registers), plus what it held if `add`.
template <int n_rows, int n_registers, Storage storage, typename T>
[[gnu::always_inline]] inline void multiply_tile(Index depth, const T* a, Index a_stride, const T* b, Index b_stride,
                                                 T* c, Index c_stride, bool add) {
  using namespace Eigen::internal;
  using R = Register<T>;
  R sums[n_rows][n_registers];
#pragma GCC unroll 8
  for (int i = 0; i < n_rows; ++i) {
#pragma GCC unroll 12
    for (int j = 0; j < n_registers; ++j)
      sums[i][j] = add ? ploadu<R>(c + i * c_stride + j * packet_size<T>) : pzero(R());
  }
#pragma GCC unroll 2
  for (Index p = 0; p < depth; ++p) {
    R b_row[n_registers];
#pragma GCC unroll 12
    for (int j = 0; j < n_registers; ++j) b_row[j] = ploadu<R>(b + p * b_stride + j * packet_size<T>);
    if constexpr (n_rows == 1) {  // which waits for nothing but b
      constexpr Index ahead = 3072 / sizeof(T);
#pragma GCC unroll 12
      for (int j = 0; j < n_registers; j += cache_line / sizeof(R)) {
        __builtin_prefetch(b + p * b_stride + ahead + j * packet_size<T>);
      }
    }
#pragma GCC unroll 8
    for (int i = 0; i < n_rows; ++i) {
      const R entry = pload1<R>(storage == Storage::row_major ? a + i * a_stride + p : a + p * a_stride + i);
#pragma GCC unroll 12
      for (int j = 0; j < n_registers; ++j) sums[i][j] = pmadd(entry, b_row[j], sums[i][j]);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < n_rows; ++i) {
#pragma GCC unroll 12
    for (int j = 0; j < n_registers; ++j) pstoreu(c + i * c_stride + j * packet_size<T>, sums[i][j]);
  }
}

// The same on a tile of n_cols columns, which may end inside a register.
template <int n_rows, int n_registers, Storage storage, typename T>
void multiply_ragged_tile(Index depth, const T* a, Index a_stride, const T* b, Index b_stride, T* c, Index c_stride,
                          Index n_cols, bool add) {
  constexpr Index width = n_registers * packet_size<T>;
  if (n_cols == width) {
    return multiply_tile<n_rows, n_registers, storage>(depth, a, a_stride, b, b_stride, c, c_stride, add);
  }
  T tile[n_rows * width];
  if (add) {
    std::fill_n(tile, n_rows * width, T(0));
    for (int i = 0; i < n_rows; ++i) std::copy_n(c + i * c_stride, n_cols, tile + i * width);
  }
  multiply_tile<n_rows, n_registers, storage>(depth, a, a_stride, b, b_stride, tile, width, add);
  for (int i = 0; i < n_rows; ++i) std::copy_n(tile + i * width, n_cols, c + i * c_stride);
}

// c = a b, plus what it held if `add`, for the columns of one panel: as many full tiles as fit, then halves.
template <int n_registers, Storage storage, int n_rows = tile_rows, typename T>
void multiply_panel(Index depth, Operand<T> a, const T* b, Index b_stride, Matrix<T> c, bool add, Index first_row = 0) {
  Index i = first_row;
  for (; i + n_rows <= c.rows; i += n_rows) {
    multiply_ragged_tile<n_rows, n_registers, storage>(depth, a.at(i, 0), a.stride, b, b_stride, c.row(i), c.stride,
                                                       c.cols, add);
  }
  if constexpr (n_rows > 1) {
    if (i < c.rows) multiply_panel<n_registers, storage, n_rows / 2>(depth, a, b, b_stride, c, add, i);
  }
}

// packed (depth, width), whole registers, = the n_cols columns of b, anything behind them.
template <typename T>
void pack_columns(Index depth, Operand<T> b, Index n_cols, T* packed, Index width) {
  using namespace Eigen::internal;
  constexpr Index lanes = packet_size<T>;
  for (Index j = 0; j < width; j += lanes) {
    if (b.storage == Storage::row_major) {
      // What follows a row is the next one.
      const Index end = (depth - 1) * b.stride + n_cols;
      for (Index p = 0; p < depth; ++p) {
        const Index begin = p * b.stride + j;
        pstore(packed + p * width + j, load_register(b.data + begin, end - begin));
      }
      continue;
    }
    for (Index p = 0; p < depth; p += lanes) {
      PacketBlock<Register<T>, lanes> block;
      for (Index l = 0; l < lanes; ++l) {
        block.packet[l] = load_register(b.at(p, j + l), j + l < n_cols ? depth - p : 0);
      }
      ptranspose(block);
      for (Index l = 0; l < std::min(lanes, depth - p); ++l) pstore(packed + (p + l) * width + j, block.packet[l]);
    }
  }
}

// The share of number `part` when n things are cut into n_parts nearly equal ones.
inline Range even_part(Index n, Index n_parts, Index part) { return {n * part / n_parts, n * (part + 1) / n_parts}; }

template <typename Visitor>
void with_registers(Index n_registers, const Visitor& visit) {
  if (n_registers == 1) return visit(std::integral_constant<int, 1>());
  if (n_registers == 2) return visit(std::integral_constant<int, 2>());
  return visit(std::integral_constant<int, tile_registers>());
}

template <typename Visitor>
void with_storage(Storage storage, const Visitor& visit) {
  if (storage == Storage::row_major) return visit(std::integral_constant<Storage, Storage::row_major>());
  return visit(std::integral_constant<Storage, Storage::transposed>());
}

}  // namespace detail

struct Manner {
  bool add = false;   // to what c held
  bool pack = false;  // b, though it might be read where it lies: worth it where its rows are far apart
};

// The given rows and columns of c (c.rows, c.cols) = a (c.rows, depth) b (depth, c.cols).
// `finish` is called as f(rows, cols) for each panel of c while that is in the cache; cols reach into the padding.
template <typename T, typename Finish>
void product(Operand<T> a, Operand<T> b, Index depth, Matrix<T> c, Range rows, Range cols, Buffer<T>& columns,
             const Finish& finish, Manner manner = {}) {
  using namespace detail;
  const Index n_few = cols.end == c.cols ? n_few_columns<T>(c.cols, a.storage, depth) : 0;
  const Range few_cols{cols.end - n_few, cols.end};
  const Index n_registers = (few_cols.begin - cols.begin + packet_size<T> - 1) / packet_size<T>;
  const Index cols_reach = cols.end == c.cols ? c.reach() : cols.end;
  const Index n_panels = (n_registers + tile_registers - 1) / tile_registers;
  const Index n_depths = (depth + max_panel_depth - 1) / max_panel_depth;
  for (Index d = 0; d < n_depths; ++d) {
    const Range depths = even_part(depth, n_depths, d);
    const Operand<T> a_panel = a.from(rows.begin, depths.begin);
    for (Index panel = 0; panel < n_panels; ++panel) {
      const Range registers = even_part(n_registers, n_panels, panel);
      const Range panel_cols{cols.begin + registers.begin * packet_size<T>,
                             std::min(cols.begin + registers.end * packet_size<T>, cols_reach)};
      const Index n_cols = std::min(panel_cols.end, cols.end) - panel_cols.begin;
      const Operand<T> b_panel = b.from(depths.begin, panel_cols.begin);
      with_registers(registers.size(), [&](auto n) {
        constexpr Index width = n.value * packet_size<T>;
        // Tiles of few rows read their columns too often for such as crowd each other out of the cache.
        const bool crowded = tile_rows < 8 && aliases<T>(b.stride) && rows.size() > 32;
        const bool in_place = b.storage == Storage::row_major && width <= b_panel.reach && !crowded && !manner.pack;
        if (!in_place) pack_columns(depths.size(), b_panel, n_cols, columns.data(), width);
        with_storage(a.storage, [&](auto storage) {
          multiply_panel<n.value, storage.value>(
              depths.size(), a_panel, in_place ? b_panel.data : columns.data(), in_place ? b.stride : width,
              c.block(rows.begin, panel_cols.begin, rows.size(), panel_cols.size()), manner.add || d > 0);
        });
      });
      if (d + 1 == n_depths) finish(rows, panel_cols);
    }
    if (n_few > 0) {
      pack_few_columns(depths.size(), b.from(depths.begin, few_cols.begin), n_few, columns.data());
      multiply_few_columns(depths.size(), a_panel, columns.data(),
                           c.block(rows.begin, few_cols.begin, rows.size(), n_few), manner.add || d > 0);
      if (d + 1 == n_depths) finish(rows, few_cols);
    }
  }
}

}  // namespace eigencoder::kernels
