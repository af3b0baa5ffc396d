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
double row_loss(Matrix<const T> x, Matrix<const T> output, Index i) {
  const auto loss = [&](Index j) {
    return L::value(load(x.row(i) + j, x.reach() - j), load(output.row(i) + j, output.reach() - j));
  };
  const Index whole = x.cols / packet_size<T> * packet_size<T>;
  Packet<T> lanes = Packet<T>::Zero();
  for (Index j = 0; j < whole; j += packet_size<T>) lanes += loss(j);
  const double total = sum<T>(lanes, packet_size<T>);
  return whole < x.cols ? total + sum<T>(loss(whole), x.cols - whole) : total;
}

// In place of h, or of z where the loss is taken from logits: dJ/dz of one row.
template <typename L, typename F, typename T>
void to_delta(Matrix<const T> x, Index i, T row_weight, Matrix<T> output) {
  for (Index j = 0; j < x.cols; j += packet_size<T>) {
    T* const place = output.row(i) + j;
    const Index n = output.reach() - j;
    const Packet<T> h = load(place, n);
    Packet<T> delta = row_weight * L::delta(load(x.row(i) + j, x.reach() - j), h);
    if constexpr (!L::from_logits) delta *= F::derivative(h);
    store<T>(delta, place, n);
  }
}

}  // namespace

template <typename T>
void row_losses(Context<T>& context, Matrix<const T> x, Matrix<const T> output, Loss loss, double* row_losses) {
  math::dispatch<math::Losses>(loss, [&](auto l) {
    context.share(x.rows, row_unit, [&](Range range) {
      for (Index i = range.begin; i < range.end; ++i) {
        row_losses[i] = row_loss<decltype(l), T>(x, output, i);
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
          row_losses[i] = row_loss<decltype(l), T>(x, output, i);
          to_delta<decltype(l), decltype(f)>(x, i, row_weights[i], output);
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
