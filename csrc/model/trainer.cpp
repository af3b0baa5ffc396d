#include "model/trainer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace eigencoder::model {

namespace {

template <typename T>
bool updates_in_place(const OptimizerConfig& optimizer, const Objective<T>& objective) {
  return optimizer.solver == Solver::lbfgs || (objective.updates_in_place() && optimizer.max_grad_norm == 0);
}

}  // namespace

template <typename T>
Trainer<T>::Trainer(const Network& network, const ObjectiveConfig& objective, const OptimizerConfig& optimizer,
                    const ScheduleConfig& schedule, std::uint64_t seed, const Dataset<T>& train,
                    const Dataset<T>* validation, TrainingState<T>& state, Monitor& monitor,
                    kernels::Context<T>& context)
    : network_(network),
      objective_config_(objective),
      optimizer_(optimizer),
      schedule_(schedule),
      seed_(seed),
      train_(train),
      validation_(validation),
      state_(state),
      monitor_(monitor),
      context_(context),
      batches_(train, schedule, seed),
      learning_rate_(optimizer, batches_.n_batches(), schedule.max_iter),
      objective_(network, objective,
                 optimizer.solver == Solver::lbfgs ? std::min(kernels::full_batch_rows, train.n_samples)
                                                   : batches_.batch_size(),
                 train.has_own_target(), context),
      vectors_(context, network.n_parameters()),
      gradients_(updates_in_place(optimizer, objective_) ? 0 : network.n_parameters()),
      epoch_start_(state, network.n_parameters(), 0, 0, context),
      train_source_(context, train, network.n_features(), objective_.max_rows()) {
  if (validation) {
    validation_source_.emplace(context, *validation, network.n_features(), objective_.max_rows(), &train_source_);
  }
  if (schedule.early_stopping && !validation)
    throw std::invalid_argument("early_stopping needs validation rows, found none");
  if (schedule.early_stopping) {
    const Index n_moments = optimizer.solver == Solver::lbfgs ? 0 : network.n_parameters();
    const Index n_components = network.layers()[network.code_layer()].n_outputs;
    best_.emplace(state, network.n_parameters(), n_moments, n_components, context);
  }
  if (optimizer.solver == Solver::lbfgs) {
    lbfgs_.emplace(context, network.n_parameters(), [this](const T* parameters, T* gradients) {
      result_.rows_seen += train_.n_samples;
      // One noise for all iterations: else there is no function to minimise.
      return objective_.evaluate(train_source_, noise(math::Stream::noise, schedule_.first_epoch), nullptr, parameters,
                                 gradients);
    });
  }
  result_.best_loss = std::numeric_limits<double>::infinity();
}

template <typename T>
FitResult Trainer<T>::fit() {
  try {
    result_.status = run();
  } catch (const kernels::Interrupted&) {
    result_.status = FitStatus::interrupted;
  }
  if (best_ && !result_.loss_curve.empty() && result_.status != FitStatus::interrupted &&
      result_.status != FitStatus::diverged) {
    best_->put_back();
  }
  return std::move(result_);
}

template <typename T>
FitStatus Trainer<T>::run() {
  if (schedule_.max_iter == 0) {
    result_.best_loss = objective_.evaluate(train_source_, noise(math::Stream::noise, schedule_.first_epoch), nullptr,
                                            state_.result(), nullptr);
  }
  for (Index i = 0; i < schedule_.max_iter; ++i) {
    Epoch epoch;
    epoch.index = i;
    if (const auto ended = run_epoch(epoch)) return *ended;
  }
  return FitStatus::max_iter;
}

template <typename T>
std::optional<FitStatus> Trainer<T>::run_epoch(Epoch& epoch) {
  if (!monitor_.epoch_begins(epoch.index)) return FitStatus::stopped;
  epoch_start_.take();
  rows_seen_at_epoch_start_ = result_.rows_seen;
  if (const auto ended = lbfgs_ ? run_iteration(epoch) : run_batches(epoch)) return ended;
  if (!std::isfinite(epoch.loss) || !vectors_.all_finite(network_.n_parameters(), state_.parameters)) {
    restore_epoch_start();
    return FitStatus::diverged;
  }
  epoch.validation_loss = std::numeric_limits<double>::quiet_NaN();
  if (validation_) {
    epoch.validation_loss =
        objective_.data_term(*validation_source_, noise(math::Stream::validation_noise, 0), state_.result());
  }
  const double monitored_loss = schedule_.early_stopping ? epoch.validation_loss : epoch.loss;
  if (!std::isfinite(monitored_loss)) {
    restore_epoch_start();
    return FitStatus::diverged;
  }
  result_.loss_curve.push_back(epoch.loss);
  if (validation_) result_.validation_loss_curve.push_back(epoch.validation_loss);
  const bool converged = has_converged(monitored_loss) || stuck_;
  if (!monitor_.epoch_ends(epoch)) return FitStatus::stopped;
  return converged ? std::optional(FitStatus::converged) : std::nullopt;
}

template <typename T>
std::optional<FitStatus> Trainer<T>::run_batches(Epoch& epoch) {
  batches_.begin_epoch(schedule_.first_epoch + epoch.index);
  train_source_.hold(batches_.rows(0), train_.n_samples);
  objective_.begin_sum();
  learning_rate_.begin_epoch(train_.first_row + result_.rows_seen);
  const auto epoch_noise = noise(math::Stream::noise, schedule_.first_epoch + epoch.index);
  Index n_rows_in_sum = 0;
  for (Index batch = 0; batch < batches_.n_batches(); ++batch) {
    const Index n_rows = batches_.n_rows(batch);
    result_.rows_seen += n_rows;
    if (!objective_.pass(train_source_, batches_.rows(batch), n_rows, epoch_noise, state_.mean_activity,
                         state_.parameters)) {
      continue;
    }
    // Where a look at the value is a wait for it, the sum of the epoch shows what is not finite.
    if (kernels::shares_host_memory && !std::isfinite(objective_.value())) {
      restore_epoch_start();
      return FitStatus::diverged;
    }
    update();
    n_rows_in_sum += n_rows;
  }
  epoch.loss = objective_.sum() / static_cast<double>(n_rows_in_sum);
  return std::nullopt;
}

template <typename T>
std::optional<FitStatus> Trainer<T>::run_iteration(Epoch& epoch) {
  stuck_ = !lbfgs_->iterate(state_.parameters);
  if (!std::isfinite(lbfgs_->value())) return FitStatus::diverged;
  if (!stuck_) ++state_.n_updates;
  epoch.loss = lbfgs_->value();
  return std::nullopt;
}

template <typename T>
void Trainer<T>::update() {
  const double learning_rate = learning_rate_(n_updates_, state_.n_updates, state_.n_warmup_updates);
  if (gradients_.size() == 0) {
    ++state_.n_updates;
    objective_.update(optimizer_, learning_rate, state_);
  } else {
    move_by_stored_gradient(learning_rate);
  }
  ++n_updates_;
  if (state_.average) average();
  if (state_.mean_activity) objective_.copy_mean_activity(state_.mean_activity);
}

template <typename T>
void Trainer<T>::move_by_stored_gradient(double learning_rate) {
  T* const gradients = gradients_.data();
  const Index n = network_.n_parameters();
  objective_.gradient(state_.parameters, gradients);  // may be interrupted
  if (optimizer_.max_grad_norm > 0) vectors_.shorten(n, optimizer_.max_grad_norm, gradients);
  ++state_.n_updates;
  context_.run([&](kernels::Share share, kernels::Worker<T>& worker) {
    kernels::update(share, worker, network_.layers(), optimizer_, learning_rate, gradients, state_);
  });
}

// The mean of the parameters after each update, weighed by averaging^age.
template <typename T>
void Trainer<T>::average() {
  const double kept = optimizer_.averaging;
  const double share_of_new = (1 - kept) / (1 - std::pow(kept, static_cast<double>(state_.n_updates)));
  vectors_.combine(network_.n_parameters(), share_of_new, state_.parameters, 1 - share_of_new, state_.average,
                   state_.average);
}

template <typename T>
bool Trainer<T>::has_converged(double monitored_loss) {
  const bool first = result_.loss_curve.size() == 1;
  const bool improved = first || monitored_loss < result_.best_loss - schedule_.tol * std::abs(result_.best_loss);
  n_without_improvement_ = improved ? 0 : n_without_improvement_ + 1;
  if (monitored_loss < result_.best_loss) {
    result_.best_loss = monitored_loss;
    if (best_) best_->take();
  }
  if (n_without_improvement_ < schedule_.n_iter_no_change) return false;
  n_without_improvement_ = 0;
  if (is_on_plateau()) return false;
  return lbfgs_ || !learning_rate_.lower();
}

// Whether the network answers every row nearly alike, with about the best answer to all. A deep one with sigmoids does
// so for many epochs, in which its loss hardly falls, before it begins to learn.
template <typename T>
bool Trainer<T>::is_on_plateau() {
  constexpr double low = 0.99;
  constexpr double high = 1.1;
  if (!constant_loss_) constant_loss_ = objective_.constant_loss(train_source_);
  const double loss =
      objective_.data_term(train_source_, noise(math::Stream::noise, schedule_.first_epoch), state_.result());
  return low * *constant_loss_ < loss && loss < high * *constant_loss_;
}

template <typename T>
void Trainer<T>::restore_epoch_start() {
  epoch_start_.put_back();
  result_.rows_seen = rows_seen_at_epoch_start_;
}

template <typename T>
kernels::Noise Trainer<T>::noise(math::Stream stream, Index epoch) const {
  return {objective_config_.corruption, objective_config_.corruption_level, &seed_, stream, epoch};
}

template class Trainer<float>;
template class Trainer<double>;

}  // namespace eigencoder::model
