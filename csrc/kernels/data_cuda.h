// Data as the kernels on a GPU read and write it. A data set stays in the GPU's memory for a whole call if it fits,
// else its batches are streamed: while one is computed with, the host fills the other of two pinned blocks.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "kernels/batch.h"
#include "kernels/context_cuda.h"

namespace eigencoder::kernels {

// Two pinned blocks of rows, and their twins on the GPU.
template <typename T>
class RowStream {
 public:
  RowStream(const GpuStream& compute, Index n_features, Index max_rows);
  ~RowStream();
  RowStream(const RowStream&) = delete;
  RowStream& operator=(const RowStream&) = delete;

  // Where the given rows of x will lie for all that is started on the compute stream until the next call.
  const T* send(const T* x, const Index* rows, Index n_rows);

 private:
  struct Slot {
    explicit Slot(Index size) : host(size), gpu(size) {}
    PinnedBuffer<T> host;
    Buffer<T> gpu;
    Event copied;
    Event consumed;
    bool used = false;
  };

  const GpuStream& compute_;
  const Index n_features_;
  GpuStream copies_;
  Slot slots_[2];
  int next_ = 0;
};

template <typename T>
class Source {
 public:
  // `other`: may have the same x.
  Source(Context<T>& context, const Dataset<T>& data, Index n_features, Index max_rows, const Source* other = nullptr);

  const Dataset<T>& host() const { return data_; }
  // Rows that batches will be taken from; they stay where they are.
  void hold(const Index* rows, Index n_rows);
  Batch<T> batch(const Index* rows, Index n_rows) {
    return batch_of(rows, held_on_gpu_.data() + (rows - held_), n_rows);
  }
  // Rows as they follow each other.
  Batch<T> block(Index first, Index n_rows);
  // Where all rows lie, in order; nullptr where they cannot be read so.
  const T* in_place() const { return stream_ || data_.rows ? nullptr : on_gpu_.x; }

 private:
  Batch<T> batch_of(const Index* rows, const Index* rows_on_gpu, Index n_rows);

  Context<T>& context_;
  const Dataset<T>& data_;
  Dataset<T> on_gpu_;
  Buffer<T> x_;
  Buffer<double> weights_;
  Buffer<Index> labels_;
  Buffer<T> center_;
  Buffer<T> factor_;
  Buffer<T> mask_fill_;
  Buffer<T> column_extremes_;
  const Index* held_ = nullptr;
  Buffer<Index> held_on_gpu_;
  std::vector<Index> in_order_;
  Buffer<Index> in_order_on_gpu_;
  std::unique_ptr<RowStream<T>> stream_;
};

// Rows of an array, (n_rows, n_cols), that inference reads or writes block by block.
template <typename T>
class InputRows {
 public:
  InputRows(Context<T>& context, const T* data, Index n_cols, Index max_rows)
      : context_(context),
        data_(data),
        n_cols_(n_cols),
        on_gpu_(has_come_to_gpu(data)),
        block_(on_gpu_ ? 0 : checked_product(max_rows, n_cols)) {}

  Matrix<const T> block(Index first, Index n_rows) {
    const T* const rows = data_ + first * n_cols_;
    if (on_gpu_) return {rows, n_rows, n_cols_, n_cols_};
    copy_to_gpu(context_.stream().get(), n_rows * n_cols_, rows, block_.data());
    return {block_.data(), n_rows, n_cols_, n_cols_};
  }

 private:
  Context<T>& context_;
  const T* const data_;
  const Index n_cols_;
  const bool on_gpu_;
  Buffer<T> block_;
};

template <typename T, typename V>
class OutputRows {
 public:
  OutputRows(Context<T>& context, V* data, Index n_cols, Index max_rows)
      : context_(context),
        data_(data),
        n_cols_(n_cols),
        on_gpu_(lies_on_gpu(data)),
        block_(on_gpu_ ? 0 : checked_product(max_rows, n_cols)) {}

  Matrix<V> block(Index first, Index n_rows) {
    return {on_gpu_ ? data_ + first * n_cols_ : block_.data(), n_rows, n_cols_, n_cols_};
  }
  // To be called once the block is written; ends with it.
  void store(Index first, Index n_rows) {
    if (on_gpu_) return context_.stream().wait();
    copy_to_host(context_.stream().get(), n_rows * n_cols_, block_.data(), data_ + first * n_cols_);
  }

 private:
  Context<T>& context_;
  V* const data_;
  const Index n_cols_;
  const bool on_gpu_;
  Buffer<V> block_;
};

}  // namespace eigencoder::kernels
