// Data as the kernels on the processor read and write it: where it lies.
#pragma once

#include "kernels/batch.h"
#include "kernels/context_cpu.h"

namespace eigencoder::kernels {

template <typename T>
class Source {
 public:
  // `other`: may have the same x.
  Source(Context<T>& /*context*/, const Dataset<T>& data, Index /*n_features*/, Index max_rows,
         const Source* /*other*/ = nullptr)
      : data_(data), block_(static_cast<std::size_t>(max_rows)) {}

  const Dataset<T>& host() const { return data_; }
  // Rows that batches will be taken from; they stay where they are.
  void hold(const Index* /*rows*/, Index /*n_rows*/) {}
  Batch<T> batch(const Index* rows, Index /*n_rows*/) { return {data_, rows, rows}; }
  // Rows as they follow each other.
  Batch<T> block(Index first, Index n_rows) {
    for (Index i = 0; i < n_rows; ++i) block_[static_cast<std::size_t>(i)] = data_.row(first + i);
    return batch(block_.data(), n_rows);
  }
  // Where all rows lie, in order; nullptr where they cannot be read so.
  const T* in_place() const { return data_.rows ? nullptr : data_.x; }

 private:
  const Dataset<T>& data_;
  std::vector<Index> block_;
};

// Rows of an array, (n_rows, n_cols), that inference reads or writes block by block.
template <typename T>
class InputRows {
 public:
  InputRows(Context<T>& /*context*/, const T* data, Index n_cols, Index /*max_rows*/) : data_(data), n_cols_(n_cols) {}
  Matrix<const T> block(Index first, Index n_rows) { return {data_ + first * n_cols_, n_rows, n_cols_, n_cols_}; }

 private:
  const T* const data_;
  const Index n_cols_;
};

template <typename T, typename V>
class OutputRows {
 public:
  OutputRows(Context<T>& /*context*/, V* data, Index n_cols, Index /*max_rows*/) : data_(data), n_cols_(n_cols) {}
  Matrix<V> block(Index first, Index n_rows) { return {data_ + first * n_cols_, n_rows, n_cols_, n_cols_}; }
  // To be called once the block is written.
  void store(Index /*first*/, Index /*n_rows*/) {}

 private:
  V* const data_;
  const Index n_cols_;
};

}  // namespace eigencoder::kernels
