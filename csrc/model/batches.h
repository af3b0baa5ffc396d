// The rows of each batch of an epoch.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "eigencoder/engine.h"
#include "math/random.h"

namespace eigencoder::model {

template <typename T>
class Batches {
 public:
  Batches(const Dataset<T>& data, const ScheduleConfig& schedule, std::uint64_t seed)
      : data_(data),
        batch_size_(std::min(schedule.batch_size, data.n_samples)),
        shuffle_(schedule.shuffle),
        seed_(seed),
        rows_(static_cast<std::size_t>(data.n_samples)) {}

  // The order is a function of the seed and the epoch alone.
  void begin_epoch(Index epoch) {
    for (std::size_t i = 0; i < rows_.size(); ++i) rows_[i] = data_.row(static_cast<Index>(i));
    if (!shuffle_) return;
    math::shuffle(rows_, seed_, math::Stream::shuffle, static_cast<std::uint64_t>(data_.first_row),
                  static_cast<std::uint64_t>(epoch));
  }

  Index batch_size() const { return batch_size_; }
  Index n_batches() const { return (data_.n_samples + batch_size_ - 1) / batch_size_; }
  const Index* rows(Index batch) const { return rows_.data() + batch * batch_size_; }
  Index n_rows(Index batch) const { return std::min(batch_size_, data_.n_samples - batch * batch_size_); }

 private:
  const Dataset<T>& data_;
  const Index batch_size_;
  const bool shuffle_;
  const std::uint64_t seed_;
  std::vector<Index> rows_;
};

}  // namespace eigencoder::model
