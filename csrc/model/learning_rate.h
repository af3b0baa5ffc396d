// The learning rate of each update of a fit.
#pragma once

#include <algorithm>
#include <cmath>

#include "eigencoder/config.h"

namespace eigencoder::model {

class LearningRateSchedule {
 public:
  LearningRateSchedule(const OptimizerConfig& config, Index n_batches, Index n_epochs)
      : config_(config),
        n_warmup_(config.warmup_epochs * static_cast<double>(n_batches)),
        n_updates_(static_cast<double>(n_batches) * static_cast<double>(n_epochs)),
        rate_(config.learning_rate_init) {}

  // rows_seen: in the epochs before, as scikit-learn counts them.
  void begin_epoch(Index rows_seen) {
    if (config_.learning_rate != LearningRate::invscaling) return;
    rate_ = config_.learning_rate_init / std::pow(static_cast<double>(rows_seen) + 1, config_.power_t);
  }

  // update: 0 for the first of this fit; age: how many updates the moments have seen, n_warmup_updates: of how many the
  // rate grows with it.
  double operator()(Index update, Index age, Index n_warmup_updates) const {
    const double done = static_cast<double>(update);
    const double warmth =
        share(done + 1, n_warmup_) * share(static_cast<double>(age + 1), static_cast<double>(n_warmup_updates));
    if (config_.learning_rate != LearningRate::cosine) return warmth * rate_;
    const double progress = std::max(0.0, done - n_warmup_) / std::max(n_updates_ - n_warmup_, 1.0);
    return warmth * rate_ * 0.5 * (1 + std::cos(pi * std::min(progress, 1.0)));
  }

  // Where progress has stopped: whether it may go on at a lower rate.
  bool lower() {
    if (config_.learning_rate != LearningRate::adaptive || rate_ <= lowest) return false;
    rate_ /= 5;
    return true;
  }

 private:
  static constexpr double pi = 3.14159265358979323846;
  static constexpr double lowest = 1e-6;  // scikit-learn's

  static double share(double done, double n) { return std::min(1.0, done / std::max(n, 1.0)); }

  const OptimizerConfig& config_;
  const double n_warmup_;
  const double n_updates_;
  double rate_;
};

}  // namespace eigencoder::model
