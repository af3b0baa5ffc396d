// The objective over all the data, in blocks: J and its gradient as of one batch, in bounded memory.
#include <algorithm>

#include "model/passes.h"

namespace eigencoder::model {

using kernels::Matrix;
using kernels::Noise;
using kernels::Range;
using kernels::Source;
using kernels::Worker;

// Each block's gradient is added to the last one's. Under KL the mean activities come first, in a pass of their own.
template <typename T>
double Objective<T>::evaluate(Source<T>& data, const Noise& noise, const double* mean_activity, const T* parameters,
                              T* gradients) {
  penalty_.begin(parameters, mean_activity);
  if (!gradients) {
    set_value(forward_all(data, noise, parameters), total_, parameters, 0, nullptr);
    return value();
  }
  keep_encoded(data.host().n_samples);
  const Weighing whole = unit_sums(data, noise, parameters);
  penalty_gradient_ = penalty_.gradient(whole, total_, penalty_weights_.data());
  begin_total();
  bool add = false;
  for (Index first = 0; first < data.host().n_samples; first += max_rows_) {
    if (!begin_block(data, first, noise)) continue;
    prepare_deltas(whole);
    const Range layers = select_block(first / max_rows_) ? decoder() : all_layers();
    kernels::sweep(context_, n_rows_, [&](auto& sequence) {
      forward(sequence, noise, parameters, layers);
      output_delta(sequence);
      backward(sequence, parameters);
    });
    add_to_total();
    gradient_of_pass(parameters, gradients, add);
    add = true;
  }
  encoded_ = nullptr;
  penalty_.add_weight_gradient(whole, total_, parameters, gradients);
  set_value(whole, total_, parameters, 0, nullptr);
  return value();
}

template <typename T>
double Objective<T>::data_term(Source<T>& data, const Noise& noise, const T* parameters) {
  const double weight = forward_all(data, noise, parameters).weight;
  return read(total_.data()) / weight;
}

template <typename T>
void Objective<T>::begin_total() {
  context_.once([&](Worker<T>& worker) { kernels::set_zero<T>(worker, total_.size(), total_.data()); });
}

template <typename T>
void Objective<T>::add_to_total() {
  sum_code();
  sum_losses();
  context_.once([&](Worker<T>& worker) { kernels::add<T>(worker, total_.size(), sums_.data(), total_.data()); });
}

template <typename T>
bool Objective<T>::begin_block(Source<T>& data, Index first, const Noise& noise) {
  const Index n_rows = std::min(max_rows_, data.host().n_samples - first);
  const auto row = [&](Index i) { return data.host().row(first + i); };
  const bool weighs = begin(data.block(first, n_rows), weigh(data.host(), n_rows, row), noise);
  const Index n_features = network_.n_features();
  if (data.in_place() && !noise.drawn() && !data.host().center && !kernels::aliases<T>(n_features)) {
    x_ = input_ = {data.in_place() + first * n_features, n_rows, n_features, n_features};
    gathers_ = false;
  }
  return weighs;
}

template <typename T>
void Objective<T>::keep_encoded(Index n_samples) {
  if (!penalty_.needs_all_rows() || network_.n_active() > 0) return;
  Index row_bytes = 0;
  for (Index l = 0; l < encoder().end; ++l) {
    row_bytes += static_cast<Index>(sizeof(T)) * network_.layers()[static_cast<std::size_t>(l)].n_outputs;
  }
  const Index n_blocks = (n_samples + max_rows_ - 1) / max_rows_;
  const auto n_kept = static_cast<std::size_t>(std::min(n_blocks, kept_bytes / (max_rows_ * row_bytes)));
  while (kept_encoded_.size() < n_kept) {
    auto& block = kept_encoded_.emplace_back();
    for (Index l = 0; l < encoder().end; ++l) {
      block.emplace_back(max_rows_, network_.layers()[static_cast<std::size_t>(l)].n_outputs);
    }
  }
}

// Whether the block's encoder outputs are kept.
template <typename T>
bool Objective<T>::select_block(Index block) {
  const auto which = static_cast<std::size_t>(block);
  encoded_ = which < kept_encoded_.size() ? &kept_encoded_[which] : nullptr;
  return encoded_;
}

// Under KL total_ gets the sums of the code.
template <typename T>
Weighing Objective<T>::unit_sums(Source<T>& data, const Noise& noise, const T* parameters) {
  Weighing whole;
  begin_total();
  for (Index first = 0; first < data.host().n_samples; first += max_rows_) {
    const bool weighs = begin_block(data, first, noise);
    whole.rows += weighing_.rows;
    whole.weight += weighing_.weight;
    if (!weighs || !penalty_.needs_all_rows()) continue;
    select_block(first / max_rows_);
    kernels::sweep(context_, n_rows_, [&](auto& sequence) { forward(sequence, noise, parameters, encoder()); });
    sum_code();
    context_.once([&](Worker<T>& worker) { kernels::add<T>(worker, total_.n_units(), sums_.units(), total_.units()); });
  }
  return whole;
}

template <typename T>
Weighing Objective<T>::forward_all(Source<T>& data, const Noise& noise, const T* parameters) {
  Weighing whole;
  begin_total();
  for (Index first = 0; first < data.host().n_samples; first += max_rows_) {
    const bool weighs = begin_block(data, first, noise);
    whole.rows += weighing_.rows;
    whole.weight += weighing_.weight;
    if (!weighs) continue;
    kernels::sweep(context_, n_rows_, [&](auto& sequence) {
      forward(sequence, noise, parameters, all_layers());
      sequence.rows([&](Range part, Worker<T>& worker) {
        const Matrix<T> last = output(outputs_.size() - 1);
        if (classifies()) {
          kernels::class_losses<T>(part, worker, batch_, last, row_losses_.data());
        } else {
          kernels::row_losses<T>(part, worker, x_, last, config_.loss, row_losses_.data());
        }
      });
    });
    add_to_total();
  }
  return whole;
}

template class Objective<float>;
template class Objective<double>;

}  // namespace eigencoder::model
