#include "kernels/data_cuda.h"

namespace eigencoder::kernels {
namespace {

// What of the free memory a data set may take; the rest is for what others need meanwhile.
constexpr double share_of_memory = 0.8;

}  // namespace

template <typename T>
RowStream<T>::RowStream(const GpuStream& compute, Index n_features, Index max_rows)
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
Source<T>::Source(Context<T>& context, const Dataset<T>& data, Index n_features, Index max_rows, const Source* other)
    : context_(context), data_(data), on_gpu_(data) {
  on_gpu_.rows = nullptr;  // batches have them
  const auto upload = [&](auto& buffer, Index n, auto*& numbers) {
    if (!numbers) return;
    buffer = std::decay_t<decltype(buffer)>(n);
    copy_to_gpu(context.stream().get(), n, numbers, buffer.data());
    numbers = buffer.data();
  };
  upload(weights_, data.n_rows, on_gpu_.weights);
  upload(labels_, data.n_rows, on_gpu_.labels);
  upload(center_, n_features, on_gpu_.center);
  upload(factor_, n_features, on_gpu_.factor);
  upload(mask_fill_, n_features, on_gpu_.mask_fill);
  upload(column_extremes_, 2 * n_features, on_gpu_.column_extremes);
  const Index n_numbers = checked_product(data.n_rows, n_features);
  if (other && other->data_.x == data.x && !other->stream_) {
    on_gpu_.x = other->on_gpu_.x;
  } else if (has_come_to_gpu(data.x)) {
    return;
  } else if (static_cast<double>(n_numbers) * sizeof(T) <= share_of_memory * static_cast<double>(free_memory())) {
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
Batch<T> Source<T>::block(Index first, Index n_rows) {
  if (in_order_.empty()) {
    for (Index i = 0; i < data_.n_samples; ++i) in_order_.push_back(data_.row(i));
    in_order_on_gpu_ = Buffer<Index>(data_.n_samples);
    copy_to_gpu(context_.stream().get(), data_.n_samples, in_order_.data(), in_order_on_gpu_.data());
  }
  return batch_of(in_order_.data() + first, in_order_on_gpu_.data() + first, n_rows);
}

template <typename T>
Batch<T> Source<T>::batch_of(const Index* rows, const Index* rows_on_gpu, Index n_rows) {
  Batch<T> batch{on_gpu_, rows_on_gpu, rows_on_gpu};
  if (!stream_) return batch;
  batch.data.x = stream_->send(data_.x, rows, n_rows);
  batch.positions = nullptr;
  return batch;
}

template class RowStream<float>;
template class RowStream<double>;
template class Source<float>;
template class Source<double>;

}  // namespace eigencoder::kernels
