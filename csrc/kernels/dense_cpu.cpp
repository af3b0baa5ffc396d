#include "kernels/kernels.h"
#include "kernels/product.h"
#include "math/activation.h"
#include "math/sparsity.h"

namespace eigencoder::kernels {
namespace {

// The matrix that a layer multiplies its input by.
template <typename T>
Operand<T> as_operand(Weights<const T> weights) {
  if (weights.transposed) return {weights.data, weights.n_inputs, Storage::transposed};
  return {weights.data, weights.n_outputs, Storage::row_major};
}

template <typename T>
Operand<T> transpose(Operand<T> operand) {
  operand.storage = operand.storage == Storage::transposed ? Storage::row_major : Storage::transposed;
  return operand;
}

template <typename T>
Matrix<T> rows_of(Matrix<T> matrix, Range range) {
  return matrix.from_row(range.begin, range.size());
}

// d_input holds d_output W^T; adds the penalty and multiplies by f'.
template <typename F, typename T>
void finish_backward(Matrix<const T> input, const PenaltyGradient<T>* penalty, const T* row_weights,
                     Matrix<T> d_input) {
  for (Index i = 0; i < d_input.rows; ++i) {
    for (Index j = 0; j < d_input.cols; j += packet_size<T>) {
      const Index n = d_input.cols - j;
      const Packet<T> a = load(input.row(i) + j, n);
      Packet<T> d_a = load(d_input.row(i) + j, n);
      if (penalty) {
        d_a += row_weights[i] * (load(penalty->of_unit + j, n) + penalty->of_sign * math::L1::derivative(a));
      }
      store<T>(d_a * F::derivative(a), d_input.row(i) + j, n);
    }
  }
}

}  // namespace

template <typename T>
void dense_forward(Context<T>& context, Matrix<const T> input, Weights<const T> weights, const T* bias,
                   Activation activation, Matrix<T> output) {
  math::dispatch<math::Activations>(activation, [&](auto f) {
    context.share(output.rows, row_unit, [&](Range range, ProductMemory<T>& memory) {
      const auto a = rows_of(output, range);
      for (Index i = 0; i < a.rows; ++i) std::copy_n(bias, a.cols, a.row(i));
      product(a.rows, a.cols, input.cols, Operand<T>{input.row(range.begin), input.stride}, as_operand(weights), a.data,
              a.stride, memory);
      if constexpr (!std::is_same_v<decltype(f), math::Identity>) {
        for (Index i = 0; i < a.rows; ++i) {
          for (Index j = 0; j < a.cols; j += packet_size<T>) {
            store<T>(f.value(load(a.row(i) + j, a.cols - j)), a.row(i) + j, a.cols - j);
          }
        }
      }
    });
  });
}

template <typename T>
void dense_backward(Context<T>& context, Matrix<const T> d_output, Weights<const T> weights, Matrix<const T> input,
                    Activation activation, const PenaltyGradient<T>* penalty, const T* row_weights, Matrix<T> d_input) {
  math::dispatch<math::Activations>(activation, [&](auto f) {
    context.share(d_input.rows, row_unit, [&](Range range, ProductMemory<T>& memory) {
      const auto d_a = rows_of(d_input, range);
      for (Index i = 0; i < d_a.rows; ++i) std::fill_n(d_a.row(i), d_a.cols, T(0));
      product(d_a.rows, d_a.cols, d_output.cols, Operand<T>{d_output.row(range.begin), d_output.stride},
              transpose(as_operand(weights)), d_a.data, d_a.stride, memory);
      finish_backward<decltype(f)>(rows_of(input, range), penalty, row_weights + range.begin, d_a);
    });
  });
}

template <typename T>
void dense_gradient(Context<T>& context, Matrix<const T> input, Matrix<const T> d_output, Weights<const T> weights,
                    T decay, bool accumulate, T* d_weights) {
  // A matrix stored the other way round has the transposed gradient.
  const auto& left = weights.transposed ? d_output : input;
  const auto& right = weights.transposed ? input : d_output;
  context.share(left.cols, row_unit, [&](Range range, ProductMemory<T>& memory) {
    const Index first = range.begin * right.cols;
    const Index n = range.size() * right.cols;
    for (Index i = 0; i < n; i += packet_size<T>) {
      T* const d_w = d_weights + first + i;
      const Packet<T> decayed = decay * load(weights.data + first + i, n - i);
      store<T>(accumulate ? Packet<T>(load(d_w, n - i) + decayed) : decayed, d_w, n - i);
    }
    product(range.size(), right.cols, left.rows, Operand<T>{left.data + range.begin, left.stride, Storage::transposed},
            Operand<T>{right.data, right.stride}, d_weights + first, right.cols, memory);
  });
}

template void dense_forward(Context<float>&, Matrix<const float>, Weights<const float>, const float*, Activation,
                            Matrix<float>);
template void dense_backward(Context<float>&, Matrix<const float>, Weights<const float>, Matrix<const float>,
                             Activation, const PenaltyGradient<float>*, const float*, Matrix<float>);
template void dense_gradient(Context<float>&, Matrix<const float>, Matrix<const float>, Weights<const float>, float,
                             bool, float*);
template void dense_forward(Context<double>&, Matrix<const double>, Weights<const double>, const double*, Activation,
                            Matrix<double>);
template void dense_backward(Context<double>&, Matrix<const double>, Weights<const double>, Matrix<const double>,
                             Activation, const PenaltyGradient<double>*, const double*, Matrix<double>);
template void dense_gradient(Context<double>&, Matrix<const double>, Matrix<const double>, Weights<const double>,
                             double, bool, double*);

}  // namespace eigencoder::kernels
