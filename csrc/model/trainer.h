// The only loop over epochs and batches.
#pragma once

#include "model/batches.h"
#include "model/objective.h"

namespace eigencoder::model {

template <typename T>
class Trainer {
 public:
  Trainer(const Network& network, const ObjectiveConfig& objective, const OptimizerConfig& optimizer,
          const ScheduleConfig& schedule, std::uint64_t seed, const Dataset<T>& train, const Dataset<T>* validation,
          TrainingState<T>& state, Monitor& monitor, kernels::Context<T>& context);

  FitResult fit();

 private:
  FitStatus run();
  // Nothing where the epoch came to its end.
  std::optional<FitStatus> run_epoch(Epoch& epoch);
  std::optional<FitStatus> run_batches(Epoch& epoch);
  void update();
  bool has_converged(double monitored_loss);
  bool is_finite() const;
  void restore(const std::vector<T>& parameters);
  kernels::Noise noise(math::Stream stream, Index epoch) const;

  const Network& network_;
  const ObjectiveConfig& objective_config_;
  const OptimizerConfig& optimizer_;
  const ScheduleConfig& schedule_;
  const std::uint64_t seed_;
  const Dataset<T>& train_;
  const Dataset<T>* const validation_;
  TrainingState<T>& state_;
  Monitor& monitor_;
  kernels::Context<T>& context_;

  Batches<T> batches_;
  Objective<T> objective_;
  kernels::Buffer<T> gradients_;  // of tied parameters
  std::vector<T> epoch_start_;
  std::vector<T> best_;  // with early stopping
  Index n_without_improvement_ = 0;
  FitResult result_;
};

}  // namespace eigencoder::model
