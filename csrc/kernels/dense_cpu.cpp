#include "kernels/bias_and_activation.h"
#include "kernels/kernels.h"
#include "kernels/product.h"
#include "math/sparsity.h"

namespace eigencoder::kernels {
namespace {

template <typename T>
Operand<T> transpose(Operand<T> operand) {
  operand.storage = operand.storage == Storage::transposed ? Storage::row_major : Storage::transposed;
  return operand;
}

}  // namespace

template <typename T>
void dense_forward(Part part, Worker<T>& worker, Matrix<const T> input, Weights<const T> weights, const T* bias,
                   Activation activation, Matrix<T> output) {
  finite_dense_forward(part, worker, input, weights, bias, activation, output);
}

template <typename T>
bool finite_dense_forward(Part part, Worker<T>& worker, Matrix<const T> input, Weights<const T> weights, const T* bias,
                          Activation activation, Matrix<T> output) {
  Packet<T> zeros = Packet<T>::Zero();
  math::dispatch<math::Activations>(activation, [&](auto f) {
    const auto finish = [&](Range rows, Range cols) {
      zeros += add_bias_and_activate(f, bias + cols.begin, output.cols - cols.begin,
                                     output.block(rows.begin, cols.begin, rows.size(), cols.size()));
    };
    product({input.data, input.stride}, as_operand(weights), input.cols, output, part.rows, part.cols, worker.columns,
            finish);
  });
  return zeros.sum() == T(0);
}

template <typename T>
void dense_backward(Part part, Worker<T>& worker, Matrix<const T> d_output, Weights<const T> weights,
                    Matrix<const T> input, Activation activation, const PenaltyGradient<T>* penalty,
                    Matrix<T> d_input) {
  math::dispatch<math::Activations>(activation, [&](auto f) {
    const auto add_penalty_and_differentiate = [&](Range rows, Range cols) {
      for_packets<T>(cols.begin, cols.end, [&](Index j, auto n) {
        const Packet<T> of_unit = penalty ? load(penalty->of_unit + j, d_input.cols - j) : Packet<T>::Zero();
        for (Index i = rows.begin; i < rows.end; ++i) {
          const Packet<T> a = load(input.row(i) + j, n);
          Packet<T> d_a = load(d_input.row(i) + j, n);
          if (penalty) {
            d_a += math::penalty_derivative<decltype(f)>(penalty->penalty, penalty->row_weights[i], of_unit, a);
          }
          store<T>(d_a * f.derivative(a), d_input.row(i) + j, n);
        }
      });
    };
    product({d_output.data, d_output.stride}, transpose(as_operand(weights)), d_output.cols, d_input, part.rows,
            part.cols, worker.columns, add_penalty_and_differentiate);
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
