#include "kernels/kernels.h"
#include "math/activation.h"
#include "math/reconstruction.h"

namespace eigencoder::kernels {
namespace {

// The loss of row i; visits each packet of x and of the output with its first column and how many numbers may be stored
// there.
template <typename L, typename T, typename Visitor>
double row_loss(Matrix<const T> x, Matrix<const T> output, Index i, const Visitor& visit) {
  Packet<T> lanes = Packet<T>::Zero();
  for_packets<T>(0, x.cols, [&](Index j, auto n) {
    constexpr bool whole = !std::is_same_v<decltype(n), Index>;
    const auto loss = [&](auto n_x, auto n_output) {
      const Packet<T> clean = load(x.row(i) + j, n_x);
      const Packet<T> h = load(output.row(i) + j, n_output);
      visit(j, n_output, clean, h);
      return Packet<T>(L::value(clean, h));
    };
    if constexpr (whole) {
      lanes += loss(n, n);
    } else {
      lanes.head(n) += loss(x.reach() - j, output.reach() - j).head(n);
    }
  });
  return static_cast<double>(lanes.sum());
}

}  // namespace

template <typename T>
void row_losses(Range rows, Worker<T>&, Matrix<const T> x, Matrix<const T> output, Loss loss, double* row_losses) {
  math::dispatch<math::Losses>(loss, [&](auto l) {
    for (Index i = rows.begin; i < rows.end; ++i) {
      row_losses[i] = row_loss<decltype(l)>(x, output, i, [](auto&&...) {});
    }
  });
}

template <typename T>
void output_delta(Range rows, Worker<T>&, Matrix<const T> x, Loss loss, Activation activation, const T* row_weights,
                  Matrix<T> output, double* row_losses) {
  math::dispatch<math::Losses>(loss, [&](auto l) {
    math::dispatch<math::Activations>(activation, [&](auto f) {
      for (Index i = rows.begin; i < rows.end; ++i) {
        const auto store_delta = [&](Index j, auto n, const Packet<T>& clean, const Packet<T>& h) {
          Packet<T> delta = row_weights[i] * decltype(l)::delta(clean, h);
          if constexpr (!decltype(l)::from_logits) delta *= decltype(f)::derivative(h);
          store<T>(delta, output.row(i) + j, n);
        };
        row_losses[i] = row_loss<decltype(l), T>(x, output, i, store_delta);
      }
    });
  });
}

template void row_losses(Range, Worker<float>&, Matrix<const float>, Matrix<const float>, Loss, double*);
template void row_losses(Range, Worker<double>&, Matrix<const double>, Matrix<const double>, Loss, double*);
template void output_delta(Range, Worker<float>&, Matrix<const float>, Loss, Activation, const float*, Matrix<float>,
                           double*);
template void output_delta(Range, Worker<double>&, Matrix<const double>, Loss, Activation, const double*,
                           Matrix<double>, double*);

}  // namespace eigencoder::kernels
