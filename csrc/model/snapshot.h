// A copy of where a training stands.
#pragma once

#include "kernels/backend.h"

namespace eigencoder::model {

template <typename T>
class Snapshot {
 public:
  // Of the moments the first n_moments numbers are kept, of the mean activities n_components.
  Snapshot(TrainingState<T>& state, Index n_parameters, Index n_moments, Index n_components,
           kernels::Context<T>& context)
      : state_(state),
        context_(context),
        parameters_(n_parameters),
        average_(state.average ? n_parameters : 0),
        first_moment_(n_moments),
        second_moment_(n_moments),
        mean_activity_(state.mean_activity ? n_components : 0) {}

  void take() {
    n_updates_ = state_.n_updates;
    for_each([this](auto* state, auto& kept) { context_.copy(kept.size(), state, kept.data()); });
  }

  void put_back() {
    state_.n_updates = n_updates_;
    for_each([this](auto* state, auto& kept) { context_.copy(kept.size(), kept.data(), state); });
  }

 private:
  template <typename Visitor>
  void for_each(const Visitor& visit) {
    visit(state_.parameters, parameters_);
    visit(state_.average, average_);
    visit(state_.first_moment, first_moment_);
    visit(state_.second_moment, second_moment_);
    visit(state_.mean_activity, mean_activity_);
  }

  TrainingState<T>& state_;
  kernels::Context<T>& context_;
  kernels::Buffer<T> parameters_;
  kernels::Buffer<T> average_;
  kernels::Buffer<T> first_moment_;
  kernels::Buffer<T> second_moment_;
  kernels::Buffer<double> mean_activity_;
  Index n_updates_ = 0;
};

}  // namespace eigencoder::model
