// How rows are cut into tasks: by shape alone, never by the number of threads, at multiples of 16 rows.
#pragma once

#include <algorithm>

#include "eigencoder/config.h"

namespace eigencoder::kernels {

class RowCut {
 public:
  explicit RowCut(Index n_rows)
      : n_rows_(n_rows),
        n_units_((n_rows + unit - 1) / unit),
        n_tasks_(std::clamp<Index>(n_units_ / min_units_a_task, n_rows > 0, max_tasks)) {}

  static constexpr Index max_tasks = 32;

  Index n_tasks() const { return n_tasks_; }
  Index begin(Index task) const { return n_units_ * task / n_tasks_ * unit; }
  Index end(Index task) const { return std::min(begin(task + 1), n_rows_); }

 private:
  static constexpr Index unit = 16;
  static constexpr Index min_units_a_task = 4;  // below 64 rows a product spends its time packing the weights

  Index n_rows_;
  Index n_units_;
  Index n_tasks_;
};

}  // namespace eigencoder::kernels
