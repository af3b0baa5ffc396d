#include "kernels/data_cuda.h"

namespace eigencoder::kernels {
namespace {

// What of the free memory a data set may take; the rest is for what others need meanwhile.
constexpr double share_of_memory = 0.8;

}  // namespace

template <typename T>
RowStream<T>::RowStream(const Stream& compute, Index n_features, Index max_rows)
    : compute_(compute),
      n_features_(n_features),
      slots_{Slot(checked_product(max_rows, n_features)), Slot(checked_product(max_rows, n_features))} {}

// A copy may still read the pinned blocks.
template <typename T>
RowStream<T>::~RowStream() {
  cudaStreamSynchronize(copies_.get());
}

template <typename T>
const T* RowStream<T>::send(const T* x, const Index* rows, Index n_rows) {
  Slot& slot = slots_[next_];
  Slot& previous = slots_[1 - next_];
  next_ = 1 - next_;
  if (previous.used) previous.consumed.record(compute_);  // all that reads it has been started by now
  if (slot.used) {
    slot.copied.wait();
    slot.consumed.order(copies_);
  }
  for (Index i = 0; i < n_rows; ++i) {
    std::copy_n(x + rows[i] * n_features_, n_features_, slot.host.data() + i * n_features_);
  }
  copy_to_gpu(copies_.get(), n_rows * n_features_, slot.host.data(), slot.gpu.data());
  slot.copied.record(copies_);
  slot.copied.order(compute_);
  slot.used = true;
  return slot.gpu.data();
}

template <typename T>
Source<T>::Source(Context<T>& context, const Dataset<T>& data, Index n_features, Index max_rows)
    : context_(context), data_(data), on_gpu_(data), batch_rows_(max_rows) {
  on_gpu_.rows = nullptr;  // batches have them
  const Index n_rows = n_rows_of(data);
  const auto upload = [&](auto& buffer, Index n, auto*& numbers) {
    if (!numbers) return;
    buffer = std::decay_t<decltype(buffer)>(n);
    copy_to_gpu(context.stream().get(), n, numbers, buffer.data());
    numbers = buffer.data();
  };
  upload(weights_, n_rows, on_gpu_.weights);
  upload(labels_, n_rows, on_gpu_.labels);
  upload(column_extremes_, 2 * n_features, on_gpu_.column_extremes);
  if (has_come_to_gpu(data.x)) return;
  const Index n_numbers = checked_product(n_rows, n_features);
  if (static_cast<double>(n_numbers) * sizeof(T) <= share_of_memory * static_cast<double>(free_memory())) {
    upload(x_, n_numbers, on_gpu_.x);
  } else {
    stream_ = std::make_unique<RowStream<T>>(context.stream(), n_features, max_rows);
  }
}

template <typename T>
void Source<T>::hold(const Index* rows, Index n_rows) {
  if (held_on_gpu_.size() != n_rows) held_on_gpu_ = Buffer<Index>(n_rows);
  copy_to_gpu(context_.stream().get(), n_rows, rows, held_on_gpu_.data());
  held_ = rows;
}

template <typename T>
Batch<T> Source<T>::batch(const Index* rows, Index n_rows) {
  Batch<T> batch{on_gpu_, rows_on_gpu(rows, n_rows), nullptr};
  if (stream_) {
    batch.data.x = stream_->send(data_.x, rows, n_rows);
  } else {
    batch.positions = batch.rows;
  }
  return batch;
}

template <typename T>
const Index* Source<T>::rows_on_gpu(const Index* rows, Index n_rows) {
  if (held_ && rows >= held_ && rows + n_rows <= held_ + held_on_gpu_.size())
    return held_on_gpu_.data() + (rows - held_);
  copy_to_gpu(context_.stream().get(), n_rows, rows, batch_rows_.data());
  return batch_rows_.data();
}

template class RowStream<float>;
template class RowStream<double>;
template class Source<float>;
template class Source<double>;

}  // namespace eigencoder::kernels
