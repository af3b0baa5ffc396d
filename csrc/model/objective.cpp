#include "model/objective.h"

#include <algorithm>
#include <numeric>

#include "math/reconstruction.h"
#include "math/sparsity.h"

namespace eigencoder::model {

using kernels::Matrix;
using kernels::Noise;
using kernels::Part;
using kernels::Range;
using kernels::Scratch;
using kernels::Share;

template <typename T>
Objective<T>::Objective(const Network& network, const ObjectiveConfig& config, Index max_rows,
                        kernels::Context<T>& context)
    : network_(network),
      config_(config),
      max_rows_(max_rows),
      context_(context),
      clean_(max_rows, network.n_features()),
      corrupted_(config.corruption == Corruption::none ? 0 : max_rows, network.n_features()),
      row_weights_(static_cast<std::size_t>(max_rows)),
      delta_weights_(static_cast<std::size_t>(max_rows)),
      penalty_weights_(static_cast<std::size_t>(max_rows)),
      block_(static_cast<std::size_t>(max_rows)),
      row_losses_(static_cast<std::size_t>(max_rows)),
      l1_norms_(config.penalty == Penalty::l1 ? static_cast<std::size_t>(max_rows) : 0),
      from_logits_(math::from_logits(config.loss)) {
  Index most_weights = 0;
  for (const Layer& layer : network.layers()) {
    outputs_.emplace_back(max_rows, layer.n_outputs);
    if (outputs_.size() < network.layers().size()) deltas_.emplace_back(max_rows, layer.n_outputs);
    most_weights = std::max(most_weights, layer.n_weights());
  }
  chunk_sums_.resize(static_cast<std::size_t>(kernels::n_chunks(most_weights)));
  const auto n_components = static_cast<std::size_t>(network.layers()[network.code_layer()].n_outputs);
  penalty_of_unit_.resize(n_components);
  if (config.penalty == Penalty::kl) sums_.code.resize(n_components);
}

template <typename T>
std::optional<double> Objective<T>::pass(const Dataset<T>& data, const Index* rows, Index n_rows, const Noise& noise,
                                         const T* parameters) {
  if (!begin(data, rows, n_rows, noise)) return std::nullopt;
  for (std::size_t i = 0; i < static_cast<std::size_t>(n_rows); ++i) {
    delta_weights_[i] = static_cast<T>(row_weights_[i] / sums_.rows);
  }
  if (config_.penalty == Penalty::kl) {
    kernels::sweep(context_, n_rows, [&](auto& sequence) {
      forward(sequence, data, rows, noise, parameters);
      output_delta(sequence);
    });
    sum_code();  // the penalty's gradient needs the mean of all rows
    prepare_penalty();
    kernels::sweep(context_, n_rows, [&](auto& sequence) { backward(sequence, parameters); });
  } else {
    prepare_penalty();
    kernels::sweep(context_, n_rows, [&](auto& sequence) {
      forward(sequence, data, rows, noise, parameters);
      output_delta(sequence);
      backward(sequence, parameters);
    });
    sum_code();
  }
  sums_.data = weighted(row_losses_);
  return value(sums_, parameters);
}

template <typename T>
double Objective<T>::value(const Dataset<T>& data, const Noise& noise, const T* parameters) {
  return value(forward_all(data, noise, parameters), parameters);
}

template <typename T>
double Objective<T>::data_term(const Dataset<T>& data, const Noise& noise, const T* parameters) {
  const Sums sums = forward_all(data, noise, parameters);
  return sums.data / sums.weight;
}

template <typename T>
bool Objective<T>::begin(const Dataset<T>& data, const Index* rows, Index n_rows, const Noise& noise) {
  n_rows_ = n_rows;
  for (Index i = 0; i < n_rows; ++i) {
    row_weights_[static_cast<std::size_t>(i)] = data.weights ? data.weights[rows[i]] : 1.0;
  }
  sums_.rows = static_cast<double>(n_rows);
  sums_.weight = std::accumulate(row_weights_.begin(), row_weights_.begin() + n_rows, 0.0);
  input_ = noise.drawn() ? corrupted_.first_rows(n_rows) : clean();
  return sums_.weight != 0;
}

template <typename T>
template <typename Sequence>
void Objective<T>::forward(Sequence& sequence, const Dataset<T>& data, const Index* rows, const Noise& noise,
                           const T* parameters) {
  sequence.rows([&](Range part) { kernels::gather_corrupt<T>(part, data, rows, noise, clean(), input_); });
  const auto& layers = network_.layers();
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const bool as_logits = from_logits_ && l + 1 == layers.size();
    sequence.matrix(layers[l].n_outputs, [&](Part part, Scratch<T>& scratch) {
      kernels::dense_forward<T>(part, scratch, input(l), network_.weights(layers[l], parameters),
                                parameters + layers[l].bias_offset,
                                as_logits ? Activation::identity : layers[l].activation, output(l));
    });
  }
  if (config_.penalty != Penalty::l1) return;
  sequence.rows([&](Range part) { kernels::l1_norms<T>(part, code(), l1_norms_.data()); });
}

template <typename T>
template <typename Sequence>
void Objective<T>::output_delta(Sequence& sequence) {
  const std::size_t last = outputs_.size() - 1;
  sequence.rows([&](Range part) {
    kernels::output_delta<T>(part, clean(), config_.loss, network_.layers()[last].activation, delta_weights_.data(),
                             output(last), row_losses_.data());
  });
}

template <typename T>
template <typename Sequence>
void Objective<T>::backward(Sequence& sequence, const T* parameters) {
  const auto& layers = network_.layers();
  for (std::size_t l = layers.size(); l-- > 1;) {
    const bool of_code = l - 1 == network_.code_layer() && config_.penalty != Penalty::none;
    sequence.matrix(layers[l].n_inputs, [&](Part part, Scratch<T>& scratch) {
      kernels::dense_backward<T>(part, scratch, delta(l), network_.weights(layers[l], parameters), input(l),
                                 layers[l - 1].activation, of_code ? &penalty_ : nullptr, delta(l - 1));
    });
  }
}

template <typename T>
void Objective<T>::gradient(const T* parameters, T* gradients) {
  const auto& layers = network_.layers();
  for (std::size_t l = layers.size(); l-- > 0;) {
    const bool accumulate = network_.tied() && !layers[l].tied;  // the decoder's share is there already
    context_.run([&](Share share, Scratch<T>& scratch) {
      context_.throw_if_interrupted(share);
      kernels::dense_gradient<T>(share, scratch, input(l), delta(l), network_.weights(layers[l], parameters),
                                 static_cast<T>(config_.alpha), accumulate, gradients + layers[l].weights_offset,
                                 gradients + layers[l].bias_offset);
    });
  }
}

// No interrupt in here, so that a step is done or not begun.
template <typename T>
void Objective<T>::update(const OptimizerConfig& optimizer, const TrainingState<T>& state) {
  context_.run([&](Share share, Scratch<T>& scratch) {
    for (std::size_t l = 0; l < network_.layers().size(); ++l) {
      kernels::dense_update<T>(share, scratch, input(l), delta(l), network_.layers()[l], static_cast<T>(config_.alpha),
                               optimizer, state);
    }
  });
}

template <typename T>
void Objective<T>::sum_code() {
  if (config_.penalty == Penalty::l1) sums_.l1 = weighted(l1_norms_);
  if (config_.penalty != Penalty::kl) return;
  context_.run([&](Share share, Scratch<T>&) {
    kernels::column_sums<T>(share.of(code().cols, kernels::cache_line<T>), code(), row_weights_.data(),
                            sums_.code.data());
  });
}

template <typename T>
typename Objective<T>::Sums Objective<T>::forward_all(const Dataset<T>& data, const Noise& noise, const T* parameters) {
  Sums total;
  total.code.resize(sums_.code.size());
  for (Index first = 0; first < data.n_samples; first += max_rows_) {
    const Index n_rows = std::min(max_rows_, data.n_samples - first);
    for (Index i = 0; i < n_rows; ++i) block_[static_cast<std::size_t>(i)] = data.row(first + i);
    const bool weighs = begin(data, block_.data(), n_rows, noise);
    total.rows += sums_.rows;
    if (!weighs) continue;
    kernels::sweep(context_, n_rows, [&](auto& sequence) {
      forward(sequence, data, block_.data(), noise, parameters);
      sequence.rows([&](Range part) {
        kernels::row_losses<T>(part, clean(), output(outputs_.size() - 1), config_.loss, row_losses_.data());
      });
    });
    sum_code();
    total.weight += sums_.weight;
    total.data += weighted(row_losses_);
    total.l1 += sums_.l1;
    std::transform(sums_.code.begin(), sums_.code.end(), total.code.begin(), total.code.begin(), std::plus<>());
  }
  return total;
}

template <typename T>
double Objective<T>::weighted(const std::vector<double>& of_rows) const {
  return std::inner_product(row_weights_.begin(), row_weights_.begin() + n_rows_, of_rows.begin(), 0.0);
}

template <typename T>
void Objective<T>::prepare_penalty() {
  if (config_.penalty == Penalty::none) return;
  // The mean activation is divided by the sum of the weights, the L1 term by the number of rows.
  const bool kl = config_.penalty == Penalty::kl;
  const double divisor = kl ? sums_.weight : sums_.rows;
  for (std::size_t i = 0; i < static_cast<std::size_t>(n_rows_); ++i) {
    penalty_weights_[i] = static_cast<T>(row_weights_[i] / divisor);
  }
  const double slope = math::Activity(network_.layers()[network_.code_layer()].activation).slope;
  for (std::size_t j = 0; kl && j < penalty_of_unit_.size(); ++j) {
    penalty_of_unit_[j] = static_cast<T>(config_.sparsity_weight * slope *
                                         math::KlDivergence::derivative(config_.sparsity, mean_activity(sums_, j)));
  }
  penalty_ = {penalty_of_unit_.data(), kl ? T(0) : static_cast<T>(config_.sparsity_weight), penalty_weights_.data()};
}

template <typename T>
double Objective<T>::value(const Sums& sums, const T* parameters) {
  const double l2 = config_.alpha == 0 ? 0.0 : config_.alpha / 2 * squared_norm(parameters);
  return sums.data / sums.rows + l2 + penalty(sums);
}

template <typename T>
double Objective<T>::penalty(const Sums& sums) const {
  double total = sums.l1 / sums.rows;
  for (std::size_t j = 0; j < sums.code.size(); ++j) {
    total += math::KlDivergence::value(config_.sparsity, mean_activity(sums, j));
  }
  return config_.sparsity_weight * total;
}

template <typename T>
double Objective<T>::mean_activity(const Sums& sums, std::size_t unit) const {
  return math::Activity(network_.layers()[network_.code_layer()].activation)(sums.code[unit] / sums.weight);
}

// Of all layers: a tied matrix counts twice.
template <typename T>
double Objective<T>::squared_norm(const T* parameters) {
  double total = 0;
  for (const Layer& layer : network_.layers()) {
    const Index n_chunks = kernels::n_chunks(layer.n_weights());
    context_.run([&](Share share, Scratch<T>&) {
      kernels::squared_norms(share.of(n_chunks, 1), layer.n_weights(), parameters + layer.weights_offset,
                             chunk_sums_.data());
    });
    total += std::accumulate(chunk_sums_.begin(), chunk_sums_.begin() + n_chunks, 0.0);
  }
  return total;
}

template class Objective<float>;
template class Objective<double>;

}  // namespace eigencoder::model
