// J = 1/m sum_i s_i loss(x_i, h(x~_i)) + alpha/2 sum ||W||_F^2 + penalty(code), and its gradient: the forward and the
// backward pass of one batch.
#pragma once

#include <vector>

#include "kernels/sweep.h"
#include "model/penalty.h"
#include "model/vectors.h"

namespace eigencoder::model {

// Memory for what the encoder gave for the first blocks, where the mean activities are summed before the rest is run.
inline constexpr Index kept_bytes = Index{64} << 20;

template <typename T>
class Objective {
 public:
  // Holds all memory that batches of up to max_rows rows need. `has_own_target`: whether data may have one.
  Objective(const Network& network, const ObjectiveConfig& config, Index max_rows, bool has_own_target,
            kernels::Context<T>& context);

  Index max_rows() const { return max_rows_; }

  // Forward and backward pass of one batch, the given rows of data: its J, and each layer's delta for what follows.
  // `mean_activity` (n_components) is that of the batches before; nullptr: only this batch's counts. False where the
  // batch has no weight.
  bool pass(kernels::Source<T>& data, const Index* rows, Index n_rows, const kernels::Noise& noise,
            const double* mean_activity, const T* parameters);

  // Of the last pass.
  double value();
  // n_rows times that value, summed over all passes since the sum began. It waits for them.
  void begin_sum();
  double sum();

  // The gradient of that J.
  void gradient(const T* parameters, T* gradients);

  // Moves parameters by that gradient, which is nowhere stored: only where `updates_in_place`. Not to be interrupted,
  // so that a step is done or not begun.
  void update(const OptimizerConfig& optimizer, double learning_rate, const TrainingState<T>& state);
  bool updates_in_place() const {
    return kernels::updates_with_gradient && !network_.tied() && !penalty_.has_weight_gradient() &&
           max_rows_ <= rows_at_once_;
  }

  // The mean activity of each code unit that the pass went by.
  void copy_mean_activity(double* mean_activity) { penalty_.copy_mean_activity(weighing_, sums_, mean_activity); }

  // J of all the data and its gradient, in blocks of max_rows; gradients nullptr: J alone.
  double evaluate(kernels::Source<T>& data, const kernels::Noise& noise, const double* mean_activity,
                  const T* parameters, T* gradients);

  // Its data term alone, the weighted mean of the rows' losses.
  double data_term(kernels::Source<T>& data, const kernels::Noise& noise, const T* parameters);

  // What that would be if the best answer were given to every row.
  double constant_loss(kernels::Source<T>& data);

 private:
  // False where the batch has no weight.
  bool begin(const kernels::Batch<T>& batch, const Weighing& weighing, const kernels::Noise& noise);
  bool begin_block(kernels::Source<T>& data, Index first, const kernels::Noise& noise);
  template <typename Sequence>
  void forward(Sequence& sequence, const kernels::Noise& noise, const T* parameters, kernels::Range layers);
  template <typename Sequence>
  void output_delta(Sequence& sequence);
  template <typename Sequence>
  void backward(Sequence& sequence, const T* parameters);
  kernels::Range all_layers() const { return {0, static_cast<Index>(outputs_.size())}; }
  kernels::Range encoder() const { return {0, static_cast<Index>(network_.code_layer()) + 1}; }
  kernels::Range decoder() const { return {encoder().end, all_layers().end}; }
  void keep_encoded(Index n_samples);
  bool select_block(Index block);
  void sum_code();
  void sum_losses();
  void begin_total();
  void add_to_total();
  Weighing unit_sums(kernels::Source<T>& data, const kernels::Noise& noise, const T* parameters);
  Weighing forward_all(kernels::Source<T>& data, const kernels::Noise& noise, const T* parameters);
  void prepare_deltas(const Weighing& whole);
  void gradient_of_pass(const T* parameters, T* gradients, bool add);
  void gradient_of_rows(kernels::Range rows, const T* parameters, T* gradients, bool add);
  void set_value(const Weighing& whole, Sums& sums, const T* parameters, double times, double* total);
  double read(const double* number);

  bool classifies() const { return config_.loss == Loss::softmax_crossentropy; }
  kernels::Matrix<const T> input(std::size_t layer) { return layer == 0 ? input_ : output(layer - 1); }
  kernels::Matrix<T> output(std::size_t layer) {
    const bool kept = encoded_ && layer <= network_.code_layer();
    return (kept ? (*encoded_)[layer] : outputs_[layer]).first_rows(n_rows_);
  }
  kernels::Matrix<T> code() { return output(network_.code_layer()); }
  kernels::Matrix<T> delta(std::size_t layer) {
    return layer < deltas_.size() ? deltas_[layer].first_rows(n_rows_) : output(layer);
  }

  const Network& network_;
  const ObjectiveConfig& config_;
  const Index max_rows_;
  const Index rows_at_once_;  // of a gradient; that of more rows is a sum
  kernels::Context<T>& context_;

  Index n_rows_ = 0;  // of the batch
  kernels::Batch<T> batch_;
  kernels::PaddedMatrix<T> target_;
  kernels::PaddedMatrix<T> separate_input_;
  bool gathers_ = true;                                              // or reads x where it lies
  kernels::Matrix<const T> x_;                                       // what the loss compares with
  kernels::Matrix<const T> input_;                                   // what the network sees
  std::vector<kernels::PaddedMatrix<T>> outputs_;                    // of each layer; the last one becomes its delta
  std::vector<std::vector<kernels::PaddedMatrix<T>>> kept_encoded_;  // those of the encoder, for the first blocks
  std::vector<kernels::PaddedMatrix<T>>* encoded_ = nullptr;         // of the present block; nullptr: in outputs_
  std::vector<kernels::PaddedMatrix<T>> deltas_;                     // dJ/dz of each layer but the last
  kernels::Buffer<double> row_weights_;                              // s_i
  kernels::Buffer<T> delta_weights_;                                 // s_i / m
  kernels::Buffer<T> penalty_weights_;                               // what a row's share in the penalty is
  kernels::Buffer<double> row_losses_;
  kernels::Buffer<Index> kept_;  // columns of the code that stay, (max_rows, n_active)
  Vectors<T> vectors_;
  CodePenalty<T> penalty_;
  kernels::PenaltyGradient<T> penalty_gradient_;
  Weighing weighing_;  // of the batch
  Sums sums_;          // of the batch
  Sums total_;         // of all the data
  kernels::Buffer<double> squared_weights_;
  kernels::Buffer<double> values_;  // J of the last pass, and the sum over passes
  bool from_logits_;
};

}  // namespace eigencoder::model
