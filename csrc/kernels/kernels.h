// The operations of a training step: each loops once over those rows, or that part of the matrix it writes, that it is
// given. n: rows of the batch, d: features of a layer. A kernel overwrites its outputs, but where it says "adds to".
// Matrices are row-major and may have any stride. On the processor no kernel throws or allocates. On a GPU a kernel is
// given the whole, and has only begun when the call returns; but for those that answer, all arrays lie in its memory.
#pragma once

#include "eigencoder/engine.h"
#include "eigencoder/layers.h"
#include "kernels/backend.h"
#include "math/random.h"
#include "math/sparsity.h"

namespace eigencoder::kernels {

// Which noise a batch gets; `seed` nullptr: none.
struct Noise {
  Corruption corruption = Corruption::none;
  double level = 0.0;
  const std::uint64_t* seed = nullptr;
  math::Stream stream = math::Stream::noise;
  Index epoch = 0;

  bool drawn() const { return seed != nullptr && corruption != Corruption::none; }
};

// What the code's penalty adds to dJ/da_ij: row_weights_i of_unit_j, under l1 times sign(a_ij), under contractive times
// f''(z_ij).
template <typename T>
struct PenaltyGradient {
  Penalty penalty = Penalty::none;
  const T* of_unit = nullptr;      // (d)
  const T* row_weights = nullptr;  // (n)
};

// target (n, d) = the rows of a batch, as the loss compares with them; input (n, d) = the same as the network sees
// them, with noise, and untouched where that is the target.
template <typename T>
void gather_corrupt(Range rows, Worker<T>& worker, const Batch<T>& batch, const Noise& noise, Matrix<T> target,
                    Matrix<T> input);
template <typename T>
bool input_is_target(const Dataset<T>& data, const Noise& noise) {
  return !noise.drawn() && !data.has_own_target();
}

// row_weights (n) = s_i of the rows of a batch.
template <typename T>
void row_weights(Range rows, Worker<T>& worker, const Batch<T>& batch, double* row_weights);

// shares (n) = row_weights (n) / divisor.
template <typename T>
void row_shares(Range rows, Worker<T>& worker, const double* row_weights, double divisor, T* shares);

// Whether each number of x (n, d) is finite.
template <typename T>
bool all_finite(Range rows, Worker<T>& worker, Matrix<const T> x);

// extremes (2, d) = minima, then maxima of the columns of x (n, d); `extend`: and of what is there.
template <typename T>
void column_extremes(Range cols, Worker<T>& worker, Matrix<const T> x, bool extend, T* extremes);

// output (n, d') = activation(input (n, d) W + b).
template <typename T>
void dense_forward(Part part, Worker<T>& worker, Matrix<const T> input, Weights<const T> weights, const T* bias,
                   Activation activation, Matrix<T> output);

// The same; returns whether each input W + b is finite.
template <typename T>
bool finite_dense_forward(Part part, Worker<T>& worker, Matrix<const T> input, Weights<const T> weights, const T* bias,
                          Activation activation, Matrix<T> output);

// row_losses (n) = sum over features of loss(x, output). `output` is z where the loss is taken from logits, else h(x~).
template <typename T>
void row_losses(Range rows, Worker<T>& worker, Matrix<const T> x, Matrix<const T> output, Loss loss,
                double* row_losses);

// The same, and in place of the output its delta (n, d) = dJ/dz = row_weights_i dloss/dz.
template <typename T>
void output_delta(Range rows, Worker<T>& worker, Matrix<const T> x, Loss loss, Activation activation,
                  const T* row_weights, Matrix<T> output, double* row_losses);

// row_losses (n) = softmax cross-entropy of the labels of a batch, from logits (n, n_classes).
template <typename T>
void class_losses(Range rows, Worker<T>& worker, const Batch<T>& batch, Matrix<const T> logits, double* row_losses);

// The same, and in place of the logits their delta (n, n_classes) = dJ/dz.
template <typename T>
void class_delta(Range rows, Worker<T>& worker, const Batch<T>& batch, const T* row_weights, Matrix<T> logits,
                 double* row_losses);

// sum (1) = sum_i row_weights_i of_rows_i over n rows.
template <typename T>
void weighted_sum(Worker<T>& worker, Index n, const double* row_weights, const double* of_rows, double* sum);

// sums (d) = sum_i row_weights_i matrix_ij, in double.
template <typename T>
void column_sums(Range cols, Worker<T>& worker, Matrix<const T> matrix, const double* row_weights, double* sums);

// sums (d) = sum_i row_weights_i matrix_ij^2, in double.
template <typename T>
void square_sums(Range cols, Worker<T>& worker, Matrix<const T> matrix, const double* row_weights, double* sums);

// sums (d) = sum_i row_weights_i |matrix_ij|, in double.
template <typename T>
void magnitude_sums(Range cols, Worker<T>& worker, Matrix<const T> matrix, const double* row_weights, double* sums);

// sums (d) = sum_i row_weights_i f'(z_ij)^2, where output (n, d) = f(z), in double.
template <typename T>
void squared_derivative_sums(Range cols, Worker<T>& worker, Matrix<const T> output, Activation activation,
                             const double* row_weights, double* sums);

// sums (d) = sum_j W_ij^2 for the given rows of W (d, d'), in double.
template <typename T>
void squared_row_norms(Range rows, Worker<T>& worker, Weights<const T> weights, double* sums);

// kept (n, n_active) = the columns of the largest entries of each row of code (n, d), in an order that `keep` knows; of
// equals those in lower columns. All other entries become 0.
template <typename T>
void keep_largest(Range rows, Worker<T>& worker, Index n_active, Matrix<T> code, Index* kept);

// Makes all entries of each row of matrix (n, d) 0 but those in the columns kept (n, n_active).
template <typename T>
void keep(Range rows, Worker<T>& worker, Index n_active, const Index* kept, Matrix<T> matrix);

// The sums of a penalty over the rows, of each of its units, and what else it needs to know of them.
struct UnitSums {
  const double* sums = nullptr;           // (n)
  const double* before = nullptr;         // (n) mean activities of the batches before; nullptr: there were none
  const double* squared_norms = nullptr;  // (n) of their weights; nullptr: the penalty needs none

  constexpr double sum(Index unit) const { return sums ? sums[unit] : 0.0; }
  constexpr double mean_before(Index unit) const { return before ? before[unit] : math::no_mean; }
  constexpr double squared_norm(Index unit) const { return squared_norms ? squared_norms[unit] : 0.0; }
};

// of_unit (d) = what the penalty of the units adds to dJ/da or, under contractive, to dJ/df'(z); for each row.
template <typename T>
void unit_gradients(Range units, Worker<T>& worker, const math::UnitPenalty& penalty, const UnitSums& of_units,
                    T* of_unit);

// factors (d): by which the penalty adds the weights of each unit to their gradient.
template <typename T>
void weight_factors(Range units, Worker<T>& worker, const math::UnitPenalty& penalty, const UnitSums& of_units,
                    T* factors);

// mean_activity (d) under kl.
template <typename T>
void mean_activities(Range units, Worker<T>& worker, const math::UnitPenalty& penalty, const UnitSums& of_units,
                     double* mean_activity);

// What J is made of.
struct Terms {
  const double* data = nullptr;  // (1) sum of the rows' losses
  UnitSums of_units;
  Index n_units = 0;
  const double* squared_weights = nullptr;  // (n_squared_weights): their total is ||W||^2
  Index n_squared_weights = 0;
};

// value (1) = J of all rows; adds `times` of it to total (1) unless that is nullptr.
template <typename T>
void objective_value(Worker<T>& worker, const Terms& terms, double alpha, const math::UnitPenalty& penalty,
                     double* value, double times, double* total);

// d_input (n, d) = (d_output (n, d') W^T + penalty) activation'(input), where input (n, d) is the activation's output;
// penalty nullptr: none.
template <typename T>
void dense_backward(Part part, Worker<T>& worker, Matrix<const T> d_output, Weights<const T> weights,
                    Matrix<const T> input, Activation activation, const PenaltyGradient<T>* penalty, Matrix<T> d_input);

// Which gradients are added to what is there.
struct Accumulate {
  bool weights = false;
  bool bias = false;
};

// This share of d_weights (d, d') = decay W + input (n, d)^T d_output (n, d'), d_bias (d') = column sums of d_output.
template <typename T>
void dense_gradient(Share share, Worker<T>& worker, Matrix<const T> input, Matrix<const T> d_output,
                    Weights<const T> weights, T decay, Accumulate accumulate, T* d_weights, T* d_bias);

// d_weights_ij += factors_i W_ij, for this share of W (d, d').
template <typename T>
void add_scaled_rows(Share share, Worker<T>& worker, Weights<const T> weights, const T* factors, T* d_weights);

// Moves this share of a layer's W and b, which lie in `state`, and their moments by that gradient; state.n_updates
// counts this update. Only where a backend `updates_with_gradient`.
template <typename T>
void dense_update(Share share, Worker<T>& worker, Matrix<const T> input, Matrix<const T> d_output, const Layer& layer,
                  T decay, const OptimizerConfig& optimizer, double learning_rate, const TrainingState<T>& state);

// The same for all layers, by gradients that were stored; a tied layer has only its b.
template <typename T>
void update(Share share, Worker<T>& worker, const std::vector<Layer>& layers, const OptimizerConfig& optimizer,
            double learning_rate, const T* gradients, const TrainingState<T>& state);

// This share of c (d, d) += a (n, d)^T a, on and above the diagonal; below it anything. On the CPU alone.
template <typename T>
void add_gram(Share share, Worker<T>& worker, Matrix<const T> a, Matrix<T> c);

// chunk_sums (n_dot_chunks(n)) = a^T b over each dot_chunk of n numbers, in double.
inline constexpr Index dot_chunk = 4096;
inline Index n_dot_chunks(Index n) { return (n + dot_chunk - 1) / dot_chunk; }
template <typename T>
void dots(Range chunks, Worker<T>& worker, Index n, const T* a, const T* b, double* chunk_sums);

// Scales the given range of x so that all of it gets the norm `largest`, where it is longer; chunk_sums: x^T x by dots.
template <typename T>
void shorten(Range range, Worker<T>& worker, Index n_chunks, const double* chunk_sums, double largest, T* x);

// result = factor_x x + factor_y y, which may be one of the two.
template <typename T>
void combine(Range range, Worker<T>& worker, T factor_x, const T* x, T factor_y, const T* y, T* result);

// sums (n) += more (n).
template <typename T>
void add(Worker<T>& worker, Index n, const double* more, double* sums);

// x (n) = 0.
template <typename T>
void set_zero(Worker<T>& worker, Index n, double* x);

}  // namespace eigencoder::kernels
