// J = 1/m sum_i s_i loss(x_i, h(x~_i)) + alpha/2 sum ||W||_F^2 + penalty(code), and its gradient: the forward and the
// backward pass of one batch.
#pragma once

#include <optional>
#include <vector>

#include "kernels/kernels.h"
#include "kernels/sweep.h"
#include "model/network.h"

namespace eigencoder::model {

template <typename T>
class Objective {
 public:
  // Holds all memory that batches of up to max_rows rows need.
  Objective(const Network& network, const ObjectiveConfig& config, Index max_rows, kernels::Context<T>& context);

  // Forward and backward pass of one batch, the given rows of data: its J, and each layer's delta for what follows.
  // Nothing where the batch has no weight.
  std::optional<double> pass(const Dataset<T>& data, const Index* rows, Index n_rows, const kernels::Noise& noise,
                             const T* parameters);

  // The gradient of that J.
  void gradient(const T* parameters, T* gradients);

  // Moves untied parameters by that gradient, which is nowhere stored.
  void update(const OptimizerConfig& optimizer, const TrainingState<T>& state);

  // J of all the data, in blocks of max_rows.
  double value(const Dataset<T>& data, const kernels::Noise& noise, const T* parameters);

  // Its data term alone, the weighted mean of the rows' losses.
  double data_term(const Dataset<T>& data, const kernels::Noise& noise, const T* parameters);

 private:
  // What J is made of, summed over rows.
  struct Sums {
    double rows = 0;
    double weight = 0;
    double data = 0;
    double l1 = 0;
    std::vector<double> code;  // weighted activations of each code unit; empty unless under KL
  };

  // False where the batch has no weight.
  bool begin(const Dataset<T>& data, const Index* rows, Index n_rows, const kernels::Noise& noise);
  template <typename Sequence>
  void forward(Sequence& sequence, const Dataset<T>& data, const Index* rows, const kernels::Noise& noise,
               const T* parameters);
  template <typename Sequence>
  void output_delta(Sequence& sequence);
  template <typename Sequence>
  void backward(Sequence& sequence, const T* parameters);
  void sum_code();
  void prepare_penalty();
  Sums forward_all(const Dataset<T>& data, const kernels::Noise& noise, const T* parameters);
  double weighted(const std::vector<double>& of_rows) const;
  double value(const Sums& sums, const T* parameters);
  double penalty(const Sums& sums) const;
  double squared_norm(const T* parameters);
  double mean_activity(const Sums& sums, std::size_t unit) const;

  kernels::Matrix<T> clean() { return clean_.first_rows(n_rows_); }
  kernels::Matrix<T> input(std::size_t layer) { return layer == 0 ? input_ : output(layer - 1); }
  kernels::Matrix<T> output(std::size_t layer) { return outputs_[layer].first_rows(n_rows_); }
  kernels::Matrix<T> code() { return output(network_.code_layer()); }
  kernels::Matrix<T> delta(std::size_t layer) {
    return layer < deltas_.size() ? deltas_[layer].first_rows(n_rows_) : output(layer);
  }

  const Network& network_;
  const ObjectiveConfig& config_;
  const Index max_rows_;
  kernels::Context<T>& context_;

  Index n_rows_ = 0;  // of the batch
  kernels::PaddedMatrix<T> clean_;
  kernels::PaddedMatrix<T> corrupted_;
  kernels::Matrix<T> input_;                       // whichever of the two the network sees
  std::vector<kernels::PaddedMatrix<T>> outputs_;  // of each layer; the last one becomes its delta
  std::vector<kernels::PaddedMatrix<T>> deltas_;   // dJ/dz of each layer but the last
  std::vector<double> row_weights_;                // s_i
  std::vector<T> delta_weights_;                   // s_i / m
  std::vector<T> penalty_weights_;                 // what a row's share in the penalty is
  Sums sums_;                                      // of the batch
  std::vector<Index> block_;                       // rows of a block of all the data
  std::vector<double> row_losses_;
  std::vector<double> l1_norms_;
  std::vector<double> chunk_sums_;
  std::vector<T> penalty_of_unit_;
  kernels::PenaltyGradient<T> penalty_;
  bool from_logits_;
};

}  // namespace eigencoder::model
