// The operations of a training step: each loops once over those rows, or that part of the matrix it writes, that it is
// given. n: rows of the batch, d: features of a layer. A kernel overwrites its outputs, but where it says "adds to".
// Matrices are row-major and may have any stride.
#pragma once

#include "eigencoder/engine.h"
#include "eigencoder/layers.h"
#include "kernels/context.h"
#include "math/random.h"

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

// What the code's penalty adds to dJ/da_ij: row_weights_i (of_unit_j + of_sign sign(a_ij)).
template <typename T>
struct PenaltyGradient {
  const T* of_unit = nullptr;  // (d)
  T of_sign = 0;
  const T* row_weights = nullptr;  // (n)
};

// clean (n, d) = the given rows of data.x; corrupted (n, d) = the same with noise, untouched unless noise.drawn().
template <typename T>
void gather_corrupt(Range rows_of_batch, const Dataset<T>& data, const Index* rows, const Noise& noise, Matrix<T> clean,
                    Matrix<T> corrupted);

// Whether each number of x (n, d) is finite.
template <typename T>
bool all_finite(Range rows, Matrix<const T> x);

// output (n, d') = activation(input (n, d) W + b).
template <typename T>
void dense_forward(Part part, Scratch<T>& scratch, Matrix<const T> input, Weights<const T> weights, const T* bias,
                   Activation activation, Matrix<T> output);

// The same; returns whether each input W + b is finite.
template <typename T>
bool finite_dense_forward(Part part, Scratch<T>& scratch, Matrix<const T> input, Weights<const T> weights,
                          const T* bias, Activation activation, Matrix<T> output);

// row_losses (n) = sum over features of loss(x, output). `output` is z where the loss is taken from logits, else h(x~).
template <typename T>
void row_losses(Range rows, Matrix<const T> x, Matrix<const T> output, Loss loss, double* row_losses);

// The same, and in place of the output its delta (n, d) = dJ/dz = row_weights_i dloss/dz.
template <typename T>
void output_delta(Range rows, Matrix<const T> x, Loss loss, Activation activation, const T* row_weights,
                  Matrix<T> output, double* row_losses);

// sums (d) = sum_i row_weights_i matrix_ij, in double; row_weights nullptr: all 1.
template <typename T>
void column_sums(Range cols, Matrix<const T> matrix, const double* row_weights, double* sums);

// row_sums (n) = sum_j |a_ij|, the L1 norm of each code.
template <typename T>
void l1_norms(Range rows, Matrix<const T> code, double* row_sums);

// chunk_sums (n_chunks(n)) = the sum of squares of each norm_chunk of n values.
inline constexpr Index norm_chunk = 4096;
inline Index n_chunks(Index n) { return (n + norm_chunk - 1) / norm_chunk; }
template <typename T>
void squared_norms(Range chunks, Index n, const T* values, double* chunk_sums);

// d_input (n, d) = (d_output (n, d') W^T + penalty) activation'(input), where input (n, d) is the activation's output;
// penalty nullptr: none.
template <typename T>
void dense_backward(Part part, Scratch<T>& scratch, Matrix<const T> d_output, Weights<const T> weights,
                    Matrix<const T> input, Activation activation, const PenaltyGradient<T>* penalty, Matrix<T> d_input);

// This share of d_weights (d, d') = decay W + input (n, d)^T d_output (n, d'), d_bias (d') = column sums of d_output;
// adds to d_weights if `accumulate`.
template <typename T>
void dense_gradient(Share share, Scratch<T>& scratch, Matrix<const T> input, Matrix<const T> d_output,
                    Weights<const T> weights, T decay, bool accumulate, T* d_weights, T* d_bias);

// Moves this share of a layer's W and b, which lie in `state`, and their moments by that gradient; state.n_updates
// counts this update.
template <typename T>
void dense_update(Share share, Scratch<T>& scratch, Matrix<const T> input, Matrix<const T> d_output, const Layer& layer,
                  T decay, const OptimizerConfig& optimizer, const TrainingState<T>& state);

// Moves a range of the parameters and their moments.
template <typename T>
void update(Range range, const OptimizerConfig& optimizer, const T* gradients, const TrainingState<T>& state);

}  // namespace eigencoder::kernels
