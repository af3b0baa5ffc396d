#include "kernels/launch.h"
#include "math/activation.h"
#include "math/reconstruction.h"

namespace eigencoder::kernels {
namespace {

template <typename L, typename T>
__global__ void sum_losses(Matrix<const T> x, Matrix<const T> output, double* row_losses) {
  along_y(x.rows, [&](Index i) {
    double sum = 0;
    along_x(x.cols, [&](Index j) { sum += static_cast<double>(L::value(x.row(i)[j], output.row(i)[j])); });
    sum = warp_sum(sum);
    if (threadIdx.x == 0) row_losses[i] = sum;
  });
}

template <typename L, typename F, typename T>
__global__ void differentiate_losses(Matrix<const T> x, const T* row_weights, Matrix<T> output, double* row_losses) {
  along_y(x.rows, [&](Index i) {
    double sum = 0;
    along_x(x.cols, [&](Index j) {
      const T clean = x.row(i)[j];
      const T h = output.row(i)[j];
      sum += static_cast<double>(L::value(clean, h));
      T delta = row_weights[i] * L::delta(clean, h);
      if constexpr (!L::from_logits) delta *= F::derivative(h);
      output.row(i)[j] = delta;
    });
    sum = warp_sum(sum);
    if (threadIdx.x == 0) row_losses[i] = sum;
  });
}

}  // namespace

template <typename T>
void row_losses(Range, Worker<T>& worker, Matrix<const T> x, Matrix<const T> output, Loss loss, double* row_losses) {
  math::dispatch<math::Losses>(
      loss, [&](auto l) { launch_warps(worker.stream, x.rows, sum_losses<decltype(l), T>, x, output, row_losses); });
}

template <typename T>
void output_delta(Range, Worker<T>& worker, Matrix<const T> x, Loss loss, Activation activation, const T* row_weights,
                  Matrix<T> output, double* row_losses) {
  math::dispatch<math::Losses>(loss, [&](auto l) {
    math::dispatch<math::Activations>(activation, [&](auto f) {
      launch_warps(worker.stream, x.rows, differentiate_losses<decltype(l), decltype(f), T>, x, row_weights, output,
                   row_losses);
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
