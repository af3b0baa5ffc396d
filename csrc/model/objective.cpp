#include <algorithm>

#include "model/passes.h"

#include "math/reconstruction.h"

namespace eigencoder::model {

using kernels::Noise;
using kernels::Range;
using kernels::Share;
using kernels::Source;
using kernels::Worker;

namespace {

Index n_chunks(const Network& network) {
  Index total = 0;
  for (const Layer& layer : network.layers()) total += kernels::n_dot_chunks(layer.n_weights());
  return total;
}

// Between two looks at the monitor a gradient is made of rows with no more work in a step: some tenths of a second.
constexpr double flops_at_once = 2e10;

Index rows_at_once(const Network& network) {
  return std::max(kernels::block_rows, static_cast<Index>(flops_at_once / network.flops_per_row()));
}

}  // namespace

template <typename T>
Objective<T>::Objective(const Network& network, const ObjectiveConfig& config, Index max_rows, bool has_own_target,
                        kernels::Context<T>& context)
    : network_(network),
      config_(config),
      max_rows_(max_rows),
      rows_at_once_(rows_at_once(network)),
      context_(context),
      target_(max_rows, network.n_features()),
      separate_input_(config.corruption == Corruption::none && !has_own_target ? 0 : max_rows, network.n_features()),
      row_weights_(max_rows),
      delta_weights_(max_rows),
      penalty_weights_(config.penalty == Penalty::none ? 0 : max_rows),
      row_losses_(max_rows),
      kept_(max_rows * network.n_active()),
      vectors_(context, network.n_parameters()),
      penalty_(network, config, context),
      sums_(penalty_.n_unit_sums()),
      total_(penalty_.n_unit_sums()),
      squared_weights_(config.alpha == 0 ? 0 : n_chunks(network)),
      values_(2),
      from_logits_(math::from_logits(config.loss)) {
  for (const Layer& layer : network.layers()) {
    outputs_.emplace_back(max_rows, layer.n_outputs);
    if (outputs_.size() < network.layers().size()) deltas_.emplace_back(max_rows, layer.n_outputs);
  }
  context_.once([&](Worker<T>& worker) { kernels::set_zero<T>(worker, sums_.size(), sums_.data()); });
}

template <typename T>
bool Objective<T>::pass(Source<T>& data, const Index* rows, Index n_rows, const Noise& noise,
                        const double* mean_activity, const T* parameters) {
  const auto row = [rows](Index i) { return rows[i]; };
  if (!begin(data.batch(rows, n_rows), weigh(data.host(), n_rows, row), noise)) return false;
  prepare_deltas(weighing_);
  penalty_.begin(parameters, mean_activity);
  if (penalty_.needs_all_rows()) {
    kernels::sweep(context_, n_rows, [&](auto& sequence) {
      forward(sequence, noise, parameters, all_layers());
      output_delta(sequence);
    });
    sum_code();  // the penalty's gradient needs the mean of all rows
    penalty_gradient_ = penalty_.gradient(weighing_, sums_, penalty_weights_.data());
    kernels::sweep(context_, n_rows, [&](auto& sequence) { backward(sequence, parameters); });
  } else {
    penalty_gradient_ = penalty_.gradient(weighing_, sums_, penalty_weights_.data());
    kernels::sweep(context_, n_rows, [&](auto& sequence) {
      forward(sequence, noise, parameters, all_layers());
      output_delta(sequence);
      backward(sequence, parameters);
    });
    sum_code();
  }
  sum_losses();
  set_value(weighing_, sums_, parameters, weighing_.rows, values_.data() + 1);
  return true;
}

template <typename T>
double Objective<T>::value() {
  return read(values_.data());
}

template <typename T>
void Objective<T>::begin_sum() {
  context_.once([&](Worker<T>& worker) { kernels::set_zero<T>(worker, 1, values_.data() + 1); });
}

template <typename T>
double Objective<T>::sum() {
  return read(values_.data() + 1);
}

template <typename T>
double Objective<T>::read(const double* number) {
  double result;
  context_.read(1, number, &result);
  return result;
}

template <typename T>
bool Objective<T>::begin(const kernels::Batch<T>& batch, const Weighing& weighing, const Noise& noise) {
  batch_ = batch;
  weighing_ = weighing;
  n_rows_ = static_cast<Index>(weighing.rows);
  context_.once([&](Worker<T>& worker) { kernels::row_weights<T>({0, n_rows_}, worker, batch_, row_weights_.data()); });
  gathers_ = true;
  x_ = target_.first_rows(n_rows_);
  input_ = (kernels::input_is_target(batch.data, noise) ? target_ : separate_input_).first_rows(n_rows_);
  return weighing_.weight != 0;
}

template <typename T>
void Objective<T>::gradient(const T* parameters, T* gradients) {
  gradient_of_pass(parameters, gradients, false);
  penalty_.add_weight_gradient(weighing_, sums_, parameters, gradients);
}

template <typename T>
void Objective<T>::gradient_of_pass(const T* parameters, T* gradients, bool add) {
  const Index n_blocks = (n_rows_ - 1) / rows_at_once_ + 1;
  for (Index block = 0; block < n_blocks; ++block) {
    gradient_of_rows(Share{block, n_blocks}.of(n_rows_, kernels::row_unit), parameters, gradients, add || block > 0);
  }
}

template <typename T>
void Objective<T>::gradient_of_rows(Range rows, const T* parameters, T* gradients, bool add) {
  const auto of_rows = [rows](kernels::Matrix<const T> matrix) {
    return matrix.block(rows.begin, 0, rows.size(), matrix.cols);
  };
  const auto& layers = network_.layers();
  const T decay = add ? T(0) : static_cast<T>(config_.alpha);
  for (std::size_t l = layers.size(); l-- > 0;) {
    const bool mirrored = network_.tied() && !layers[l].tied;  // the decoder's share is there already
    context_.run([&](Share share, Worker<T>& worker) {
      if (context_.interrupted(share)) return;
      kernels::dense_gradient<T>(share, worker, of_rows(input(l)), of_rows(delta(l)),
                                 network_.weights(layers[l], parameters), decay, {add || mirrored, add},
                                 gradients + layers[l].weights_offset, gradients + layers[l].bias_offset);
    });
  }
}

template <typename T>
void Objective<T>::update(const OptimizerConfig& optimizer, double learning_rate, const TrainingState<T>& state) {
  if constexpr (kernels::updates_with_gradient) {
    context_.run([&](Share share, Worker<T>& worker) {
      for (std::size_t l = 0; l < network_.layers().size(); ++l) {
        kernels::dense_update<T>(share, worker, input(l), delta(l), network_.layers()[l], static_cast<T>(config_.alpha),
                                 optimizer, learning_rate, state);
      }
    });
  }
}

template <typename T>
void Objective<T>::sum_code() {
  penalty_.sum_units(code(), row_weights_.data(), sums_);
}

template <typename T>
void Objective<T>::sum_losses() {
  context_.once([&](Worker<T>& worker) {
    kernels::weighted_sum<T>(worker, n_rows_, row_weights_.data(), row_losses_.data(), sums_.data());
  });
}

template <typename T>
void Objective<T>::prepare_deltas(const Weighing& whole) {
  const auto set_shares = [&](double divisor, T* shares) {
    context_.once(
        [&](Worker<T>& worker) { kernels::row_shares<T>({0, n_rows_}, worker, row_weights_.data(), divisor, shares); });
  };
  set_shares(whole.rows, delta_weights_.data());
  // The mean activation is divided by the sum of the weights, all else by the number of rows.
  if (penalty_.exists()) set_shares(penalty_.needs_all_rows() ? whole.weight : whole.rows, penalty_weights_.data());
}

// A tied matrix counts twice.
template <typename T>
void Objective<T>::set_value(const Weighing& whole, Sums& sums, const T* parameters, double times, double* total) {
  Index n_squared = 0;
  for (const Layer& layer : network_.layers()) {
    if (config_.alpha == 0) break;
    const T* const weights = parameters + layer.weights_offset;
    vectors_.dots(layer.n_weights(), weights, weights, squared_weights_.data() + n_squared);
    n_squared += kernels::n_dot_chunks(layer.n_weights());
  }
  const kernels::Terms terms{sums.data(), penalty_.unit_sums(sums), sums.n_units(), squared_weights_.data(), n_squared};
  context_.once([&](Worker<T>& worker) {
    kernels::objective_value<T>(worker, terms, config_.alpha, penalty_.of_unit(whole), values_.data(), times, total);
  });
}

template class Objective<float>;
template class Objective<double>;

}  // namespace eigencoder::model
