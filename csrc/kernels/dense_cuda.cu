#include "kernels/launch.h"
#include "math/activation.h"

namespace eigencoder::kernels {
namespace {

template <typename F, typename T>
__global__ void add_bias_and_activate(const T* bias, Matrix<T> output, int* not_finite) {
  along_y(output.rows, [&](Index i) {
    along_x(output.cols, [&](Index j) {
      const T z = output.row(i)[j] + bias[j];
      if (not_finite && !math::is_finite(z)) atomicExch(not_finite, 1);
      output.row(i)[j] = F::value(z);
    });
  });
}

template <typename F, typename T>
__global__ void add_penalty_and_differentiate(Matrix<const T> input, bool penalised, PenaltyGradient<T> penalty,
                                              Matrix<T> d_input) {
  along_y(input.rows, [&](Index i) {
    along_x(input.cols, [&](Index j) {
      const T a = input.row(i)[j];
      T d_a = d_input.row(i)[j];
      if (penalised) {
        d_a += math::penalty_derivative<F>(penalty.penalty, penalty.row_weights[i], penalty.of_unit[j], a);
      }
      d_input.row(i)[j] = d_a * F::derivative(a);
    });
  });
}

template <typename T>
void forward(Worker<T>& worker, Matrix<const T> input, Weights<const T> weights, const T* bias, Activation activation,
             Matrix<T> output, int* not_finite) {
  multiply(worker, input.cols, Factor<T>{input.data, input.stride}, as_factor(weights, false), T(0), output);
  math::dispatch<math::Activations>(activation, [&](auto f) {
    launch_over(worker.stream, output.rows, output.cols, add_bias_and_activate<decltype(f), T>, bias, output,
                not_finite);
  });
}

}  // namespace

template <typename T>
void dense_forward(Part, Worker<T>& worker, Matrix<const T> input, Weights<const T> weights, const T* bias,
                   Activation activation, Matrix<T> output) {
  forward<T>(worker, input, weights, bias, activation, output, nullptr);
}

template <typename T>
bool finite_dense_forward(Part, Worker<T>& worker, Matrix<const T> input, Weights<const T> weights, const T* bias,
                          Activation activation, Matrix<T> output) {
  return !raises_flag(worker,
                      [&](int* not_finite) { forward(worker, input, weights, bias, activation, output, not_finite); });
}

template <typename T>
void dense_backward(Part, Worker<T>& worker, Matrix<const T> d_output, Weights<const T> weights, Matrix<const T> input,
                    Activation activation, const PenaltyGradient<T>* penalty, Matrix<T> d_input) {
  multiply(worker, d_output.cols, Factor<T>{d_output.data, d_output.stride}, as_factor(weights, true), T(0), d_input);
  math::dispatch<math::Activations>(activation, [&](auto f) {
    launch_over(worker.stream, input.rows, input.cols, add_penalty_and_differentiate<decltype(f), T>, input,
                penalty != nullptr, penalty ? *penalty : PenaltyGradient<T>{}, d_input);
  });
}

template void dense_forward(Part, Worker<float>&, Matrix<const float>, Weights<const float>, const float*, Activation,
                            Matrix<float>);
template bool finite_dense_forward(Part, Worker<float>&, Matrix<const float>, Weights<const float>, const float*,
                                   Activation, Matrix<float>);
template void dense_backward(Part, Worker<float>&, Matrix<const float>, Weights<const float>, Matrix<const float>,
                             Activation, const PenaltyGradient<float>*, Matrix<float>);
template void dense_forward(Part, Worker<double>&, Matrix<const double>, Weights<const double>, const double*,
                            Activation, Matrix<double>);
template bool finite_dense_forward(Part, Worker<double>&, Matrix<const double>, Weights<const double>, const double*,
                                   Activation, Matrix<double>);
template void dense_backward(Part, Worker<double>&, Matrix<const double>, Weights<const double>, Matrix<const double>,
                             Activation, const PenaltyGradient<double>*, Matrix<double>);

}  // namespace eigencoder::kernels
