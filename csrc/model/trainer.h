// The only loop over epochs and batches.
#pragma once

#include "model/batches.h"
#include "model/lbfgs.h"
#include "model/learning_rate.h"
#include "model/objective.h"
#include "model/snapshot.h"

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
  std::optional<FitStatus> run_iteration(Epoch& epoch);
  void update();
  void move_by_stored_gradient(double learning_rate);
  void average();
  bool has_converged(double monitored_loss);
  void restore_epoch_start();
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
  LearningRateSchedule learning_rate_;
  Objective<T> objective_;
  Vectors<T> vectors_;
  kernels::Buffer<T> gradients_;  // where an update does not make them as it goes
  std::optional<Lbfgs<T>> lbfgs_;
  Snapshot<T> epoch_start_;          // of the parameters
  std::optional<Snapshot<T>> best_;  // of all, with early stopping
  kernels::Source<T> train_source_;
  std::optional<kernels::Source<T>> validation_source_;
  Index rows_seen_at_epoch_start_ = 0;
  Index n_updates_ = 0;  // of this fit
  bool stuck_ = false;   // no lower value was found
  Index n_without_improvement_ = 0;
  FitResult result_;
};

}  // namespace eigencoder::model
