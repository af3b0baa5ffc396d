#include "kernels/kernels.h"
#include "math/activation.h"
#include "math/reconstruction.h"

namespace eigencoder::kernels {
namespace {

// The loss of row i; visits each packet of x and of the output with its first column.
template <typename L, typename T, typename Visitor>
double row_loss(Matrix<const T> x, Matrix<const T> output, Index i, const Visitor& visit) {
  const T* const x_row = x.row(i);
  const T* const output_row = output.row(i);
  const Index x_reach = x.reach();
  const Index output_reach = output.reach();
  const auto loss_from = [&](Index j) {
    const Packet<T> clean = load(x_row + j, x_reach - j);
    const Packet<T> h = load(output_row + j, output_reach - j);
    visit(j, clean, h);
    return Packet<T>(L::value(clean, h));
  };
  Packet<T> lanes = Packet<T>::Zero();
  Index j = 0;
  for (; j + packet_size<T> <= x.cols; j += packet_size<T>) lanes += loss_from(j);
  if (j < x.cols) {
    const Index n = x.cols - j;
    lanes.head(n) += loss_from(j).head(n);
  }
  return static_cast<double>(lanes.sum());
}

}  // namespace

template <typename T>
void row_losses(Range rows, Matrix<const T> x, Matrix<const T> output, Loss loss, double* row_losses) {
  math::dispatch<math::Losses>(loss, [&](auto l) {
    for (Index i = rows.begin; i < rows.end; ++i) {
      row_losses[i] = row_loss<decltype(l)>(x, output, i, [](Index, const auto&, const auto&) {});
    }
  });
}

template <typename T>
void output_delta(Range rows, Matrix<const T> x, Loss loss, Activation activation, const T* row_weights,
                  Matrix<T> output, double* row_losses) {
  math::dispatch<math::Losses>(loss, [&](auto l) {
    math::dispatch<math::Activations>(activation, [&](auto f) {
      for (Index i = rows.begin; i < rows.end; ++i) {
        const auto store_delta = [row = output.row(i), reach = output.reach(), weight = row_weights[i]](
                                     Index j, const Packet<T>& clean, const Packet<T>& h) {
          Packet<T> delta = weight * decltype(l)::delta(clean, h);
          if constexpr (!decltype(l)::from_logits) delta *= decltype(f)::derivative(h);
          store<T>(delta, row + j, reach - j);
        };
        row_losses[i] = row_loss<decltype(l), T>(x, output, i, store_delta);
      }
    });
  });
}

template void row_losses(Range, Matrix<const float>, Matrix<const float>, Loss, double*);
template void row_losses(Range, Matrix<const double>, Matrix<const double>, Loss, double*);
template void output_delta(Range, Matrix<const float>, Loss, Activation, const float*, Matrix<float>, double*);
template void output_delta(Range, Matrix<const double>, Loss, Activation, const double*, Matrix<double>, double*);

}  // namespace eigencoder::kernels
