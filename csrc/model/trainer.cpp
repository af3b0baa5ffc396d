#include "model/trainer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace eigencoder::model {

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
      objective_(network, objective, batches_.batch_size(), context),
      gradients_(network.tied() ? network.n_parameters() : 0),
      epoch_start_(static_cast<std::size_t>(network.n_parameters())),
      best_(schedule.early_stopping ? epoch_start_.size() : 0) {
  if (schedule.early_stopping && !validation)
    throw std::invalid_argument("early_stopping needs validation rows, found none");
  result_.best_loss = std::numeric_limits<double>::infinity();
}

template <typename T>
FitResult Trainer<T>::fit() {
  try {
    result_.status = run();
  } catch (const kernels::Interrupted&) {
    result_.status = FitStatus::interrupted;
  }
  if (!best_.empty() && !result_.loss_curve.empty() && result_.status != FitStatus::interrupted &&
      result_.status != FitStatus::diverged) {
    restore(best_);
  }
  return std::move(result_);
}

template <typename T>
FitStatus Trainer<T>::run() {
  if (schedule_.max_iter == 0) {
    result_.best_loss = objective_.value(train_, noise(math::Stream::noise, schedule_.first_epoch), state_.parameters);
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
  std::copy_n(state_.parameters, epoch_start_.size(), epoch_start_.begin());
  if (const auto ended = run_batches(epoch)) return ended;
  if (!is_finite()) {
    restore(epoch_start_);
    return FitStatus::diverged;
  }
  epoch.validation_loss = std::numeric_limits<double>::quiet_NaN();
  if (validation_) {
    epoch.validation_loss =
        objective_.data_term(*validation_, noise(math::Stream::validation_noise, 0), state_.parameters);
  }
  const double monitored_loss = schedule_.early_stopping ? epoch.validation_loss : epoch.loss;
  if (!std::isfinite(monitored_loss)) {
    restore(epoch_start_);
    return FitStatus::diverged;
  }
  result_.loss_curve.push_back(epoch.loss);
  if (validation_) result_.validation_loss_curve.push_back(epoch.validation_loss);
  const bool converged = has_converged(monitored_loss);
  if (!monitor_.epoch_ends(epoch)) return FitStatus::stopped;
  return converged ? std::optional(FitStatus::converged) : std::nullopt;
}

template <typename T>
std::optional<FitStatus> Trainer<T>::run_batches(Epoch& epoch) {
  batches_.begin_epoch(schedule_.first_epoch + epoch.index);
  const auto epoch_noise = noise(math::Stream::noise, schedule_.first_epoch + epoch.index);
  double loss_sum = 0;
  Index n_rows_in_sum = 0;
  for (Index batch = 0; batch < batches_.n_batches(); ++batch) {
    const Index n_rows = batches_.n_rows(batch);
    const auto loss = objective_.pass(train_, batches_.rows(batch), n_rows, epoch_noise, state_.parameters);
    if (loss) {
      if (!std::isfinite(*loss)) {
        restore(epoch_start_);
        return FitStatus::diverged;
      }
      update();
      loss_sum += *loss * static_cast<double>(n_rows);
      n_rows_in_sum += n_rows;
    }
    result_.rows_seen += n_rows;
  }
  epoch.loss = loss_sum / static_cast<double>(n_rows_in_sum);
  return std::nullopt;
}

template <typename T>
void Trainer<T>::update() {
  if (!network_.tied()) {
    ++state_.n_updates;
    return objective_.update(optimizer_, state_);
  }
  objective_.gradient(state_.parameters, gradients_.data());  // may be interrupted
  ++state_.n_updates;
  context_.run([&](kernels::Share share, kernels::Scratch<T>&) {
    kernels::update(share.of(network_.n_parameters(), kernels::cache_line<T>), optimizer_, gradients_.data(), state_);
  });
}

template <typename T>
bool Trainer<T>::has_converged(double monitored_loss) {
  const bool first = result_.loss_curve.size() == 1;
  const bool improved = first || monitored_loss < result_.best_loss - schedule_.tol * std::abs(result_.best_loss);
  n_without_improvement_ = improved ? 0 : n_without_improvement_ + 1;
  if (monitored_loss < result_.best_loss) {
    result_.best_loss = monitored_loss;
    std::copy_n(state_.parameters, best_.size(), best_.begin());
  }
  return n_without_improvement_ >= schedule_.n_iter_no_change;
}

template <typename T>
bool Trainer<T>::is_finite() const {
  return std::all_of(state_.parameters, state_.parameters + network_.n_parameters(),
                     [](T parameter) { return std::isfinite(parameter); });
}

template <typename T>
void Trainer<T>::restore(const std::vector<T>& parameters) {
  std::copy(parameters.begin(), parameters.end(), state_.parameters);
}

template <typename T>
kernels::Noise Trainer<T>::noise(math::Stream stream, Index epoch) const {
  return {objective_config_.corruption, objective_config_.corruption_level, &seed_, stream, epoch};
}

template class Trainer<float>;
template class Trainer<double>;

}  // namespace eigencoder::model
