// The rows of each batch of an epoch. Batches are nearly equal: a batch of the few rows that are left would weigh as
// much as any other.
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
        n_batches_((data.n_samples + schedule.batch_size - 1) / schedule.batch_size),
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

  // Of the largest.
  Index batch_size() const { return (data_.n_samples + n_batches_ - 1) / n_batches_; }
  Index n_batches() const { return n_batches_; }
  const Index* rows(Index batch) const { return rows_.data() + first(batch); }
  Index n_rows(Index batch) const { return first(batch + 1) - first(batch); }

 private:
  Index first(Index batch) const {
    return data_.n_samples / n_batches_ * batch + std::min(batch, data_.n_samples % n_batches_);
  }

  const Dataset<T>& data_;
  const Index n_batches_;
  const bool shuffle_;
  const std::uint64_t seed_;
  std::vector<Index> rows_;
};

}  // namespace eigencoder::model
