// The objective over all the data, in blocks: J and its gradient as of one batch, in bounded memory.
#include <algorithm>

#include "model/passes.h"

namespace eigencoder::model {

using kernels::Matrix;
using kernels::Noise;
using kernels::Range;

namespace {

void add_to(std::vector<double>& sums, const std::vector<double>& more) {
  std::transform(sums.begin(), sums.end(), more.begin(), sums.begin(), std::plus<>());
}

}  // namespace

// Each block's gradient is added to the last one's. Under KL the mean activities come first, in a pass of their own.
template <typename T>
double Objective<T>::evaluate(const Dataset<T>& data, const Noise& noise, const double* mean_activity,
                              const T* parameters, T* gradients) {
  penalty_.begin(parameters, mean_activity);
  if (!gradients) return value(forward_all(data, noise, parameters), parameters);
  keep_encoded(data.n_samples);
  const Sums whole = unit_sums(data, noise, parameters);
  penalty_gradient_ = penalty_.gradient(whole, penalty_weights_.data());
  Sums total;
  total.unit.resize(sums_.unit.size());
  bool add = false;
  for (Index first = 0; first < data.n_samples; first += max_rows_) {
    const bool weighs = begin_block(data, first, noise);
    total.rows += sums_.rows;
    if (!weighs) continue;
    prepare_deltas(whole);
    const kernels::Range layers = select_block(first / max_rows_) ? decoder() : all_layers();
    kernels::sweep(context_, n_rows_, [&](auto& sequence) {
      forward(sequence, data, block_.data(), noise, parameters, layers);
      output_delta(sequence);
      backward(sequence, parameters);
    });
    add_pass(total);
    gradient_of_pass(parameters, gradients, add);
    add = true;
  }
  encoded_ = nullptr;
  penalty_.add_weight_gradient(total, parameters, gradients);
  return value(total, parameters);
}

template <typename T>
double Objective<T>::data_term(const Dataset<T>& data, const Noise& noise, const T* parameters) {
  const Sums sums = forward_all(data, noise, parameters);
  return sums.data / sums.weight;
}

template <typename T>
void Objective<T>::add_pass(Sums& total) {
  sum_code();
  total.weight += sums_.weight;
  total.data += weighted(row_losses_);
  total.l1 += sums_.l1;
  add_to(total.unit, sums_.unit);
}

template <typename T>
bool Objective<T>::begin_block(const Dataset<T>& data, Index first, const Noise& noise) {
  const Index n_rows = std::min(max_rows_, data.n_samples - first);
  for (Index i = 0; i < n_rows; ++i) block_[static_cast<std::size_t>(i)] = data.row(first + i);
  const bool weighs = begin(data, block_.data(), n_rows, noise);
  const Index n_features = network_.n_features();
  if (!data.rows && !noise.drawn() && !kernels::aliases<T>(n_features)) {
    x_ = input_ = {data.x + first * n_features, n_rows, n_features, n_features};  // nothing to gather
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

// Rows, weight, and under KL the sums of the code.
template <typename T>
Sums Objective<T>::unit_sums(const Dataset<T>& data, const Noise& noise, const T* parameters) {
  Sums total;
  total.unit.resize(sums_.unit.size());
  for (Index first = 0; first < data.n_samples; first += max_rows_) {
    const bool weighs = begin_block(data, first, noise);
    total.rows += sums_.rows;
    total.weight += sums_.weight;
    if (!weighs || !penalty_.needs_all_rows()) continue;
    select_block(first / max_rows_);
    kernels::sweep(context_, n_rows_,
                   [&](auto& sequence) { forward(sequence, data, block_.data(), noise, parameters, encoder()); });
    sum_code();
    add_to(total.unit, sums_.unit);
  }
  return total;
}

template <typename T>
Sums Objective<T>::forward_all(const Dataset<T>& data, const Noise& noise, const T* parameters) {
  Sums total;
  total.unit.resize(sums_.unit.size());
  for (Index first = 0; first < data.n_samples; first += max_rows_) {
    const bool weighs = begin_block(data, first, noise);
    total.rows += sums_.rows;
    if (!weighs) continue;
    kernels::sweep(context_, n_rows_, [&](auto& sequence) {
      forward(sequence, data, block_.data(), noise, parameters, all_layers());
      sequence.rows([&](Range part) {
        const Matrix<T> last = output(outputs_.size() - 1);
        if (classifies()) {
          kernels::class_losses<T>(part, labels_.data(), last, row_losses_.data());
        } else {
          kernels::row_losses<T>(part, x_, last, config_.loss, row_losses_.data());
        }
      });
    });
    add_pass(total);
  }
  return total;
}

template class Objective<float>;
template class Objective<double>;

}  // namespace eigencoder::model
