#include "kernels/kernels.h"
#include "math/activation.h"
#include "math/reconstruction.h"

namespace eigencoder::kernels {
namespace {

// The sum of the first n numbers, in double.
template <typename T>
double sum(const Packet<T>& packet, Index n) {
  double total = 0;
  for (Index i = 0; i < std::min<Index>(n, packet_size<T>); ++i) total += static_cast<double>(packet[i]);
  return total;
}

template <typename L, typename T>
double row_loss(const T* x, const T* output, Index n_features) {
  Packet<T> whole = Packet<T>::Zero();
  Index j = 0;
  for (; j + packet_size<T> <= n_features; j += packet_size<T>) whole += L::value(load(x + j), load(output + j));
  double total = sum<T>(whole, packet_size<T>);
  if (j < n_features) {
    const Index n = n_features - j;
    total += sum<T>(L::value(load(x + j, n), load(output + j, n)), n);
  }
  return total;
}

// In place of h, or of z where the loss is taken from logits: dJ/dz of one row.
template <typename L, typename F, typename T>
void to_delta(const T* x, T row_weight, T* output, Index n_features) {
  for (Index j = 0; j < n_features; j += packet_size<T>) {
    const Index n = n_features - j;
    const Packet<T> h = load(output + j, n);
    Packet<T> delta = row_weight * L::delta(load(x + j, n), h);
    if constexpr (!L::from_logits) delta *= F::derivative(h);
    store<T>(delta, output + j, n);
  }
}

}  // namespace

template <typename T>
void row_losses(Context<T>& context, Matrix<const T> x, Matrix<const T> output, Loss loss, double* row_losses) {
  math::dispatch<math::Losses>(loss, [&](auto l) {
    context.share(x.rows, row_unit, [&](Range range) {
      for (Index i = range.begin; i < range.end; ++i) {
        row_losses[i] = row_loss<decltype(l)>(x.row(i), output.row(i), x.cols);
      }
    });
  });
}

template <typename T>
void output_delta(Context<T>& context, Matrix<const T> x, Loss loss, Activation activation, const T* row_weights,
                  Matrix<T> output, double* row_losses) {
  math::dispatch<math::Losses>(loss, [&](auto l) {
    math::dispatch<math::Activations>(activation, [&](auto f) {
      context.share(x.rows, row_unit, [&](Range range) {
        for (Index i = range.begin; i < range.end; ++i) {
          row_losses[i] = row_loss<decltype(l)>(x.row(i), output.row(i), x.cols);
          to_delta<decltype(l), decltype(f)>(x.row(i), row_weights[i], output.row(i), x.cols);
        }
      });
    });
  });
}

template void row_losses(Context<float>&, Matrix<const float>, Matrix<const float>, Loss, double*);
template void row_losses(Context<double>&, Matrix<const double>, Matrix<const double>, Loss, double*);
template void output_delta(Context<float>&, Matrix<const float>, Loss, Activation, const float*, Matrix<float>,
                           double*);
template void output_delta(Context<double>&, Matrix<const double>, Loss, Activation, const double*, Matrix<double>,
                           double*);

}  // namespace eigencoder::kernels
