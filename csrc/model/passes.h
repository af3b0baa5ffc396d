// The kernels of a forward and a backward pass, one after the other on a sequence of sweep.h.
#pragma once

#include "model/objective.h"

namespace eigencoder::model {

template <typename T>
template <typename Sequence>
void Objective<T>::forward(Sequence& sequence, const kernels::Noise& noise, const T* parameters,
                           kernels::Range layers_to_run) {
  using kernels::Range, kernels::Worker;
  if (gathers_) {
    sequence.rows([&](Range part, Worker<T>& worker) {
      kernels::gather_corrupt<T>(part, worker, batch_, noise, target_.first_rows(n_rows_),
                                 separate_input_.first_rows(n_rows_));
    });
  }
  const auto& layers = network_.layers();
  for (auto l = static_cast<std::size_t>(layers_to_run.begin); l < static_cast<std::size_t>(layers_to_run.end); ++l) {
    const bool as_logits = from_logits_ && l + 1 == layers.size();
    sequence.matrix(layers[l].n_outputs, [&](kernels::Part part, kernels::Worker<T>& worker) {
      kernels::dense_forward<T>(part, worker, input(l), network_.weights(layers[l], parameters),
                                parameters + layers[l].bias_offset,
                                as_logits ? Activation::identity : layers[l].activation, output(l));
    });
    if (l != network_.code_layer() || network_.n_active() == 0) continue;
    sequence.rows([&](Range part, Worker<T>& worker) {
      kernels::keep_largest<T>(part, worker, network_.n_active(), code(), kept_.data());
    });
  }
}

template <typename T>
template <typename Sequence>
void Objective<T>::output_delta(Sequence& sequence) {
  const std::size_t last = outputs_.size() - 1;
  sequence.rows([&](kernels::Range part, kernels::Worker<T>& worker) {
    if (classifies()) {
      kernels::class_delta<T>(part, worker, batch_, delta_weights_.data(), output(last), row_losses_.data());
    } else {
      kernels::output_delta<T>(part, worker, x_, config_.loss, network_.layers()[last].activation,
                               delta_weights_.data(), output(last), row_losses_.data());
    }
  });
}

template <typename T>
template <typename Sequence>
void Objective<T>::backward(Sequence& sequence, const T* parameters) {
  const auto& layers = network_.layers();
  for (std::size_t l = layers.size(); l-- > 1;) {
    const bool of_code = l - 1 == network_.code_layer() && penalty_.exists();
    sequence.matrix(layers[l].n_inputs, [&](kernels::Part part, kernels::Worker<T>& worker) {
      kernels::dense_backward<T>(part, worker, delta(l), network_.weights(layers[l], parameters), input(l),
                                 layers[l - 1].activation, of_code ? &penalty_gradient_ : nullptr, delta(l - 1));
    });
    if (l - 1 != network_.code_layer() || network_.n_active() == 0) continue;
    sequence.rows([&](kernels::Range part, kernels::Worker<T>& worker) {
      kernels::keep<T>(part, worker, network_.n_active(), kept_.data(), delta(l - 1));
    });
  }
}

}  // namespace eigencoder::model
