#include "kernels/launch.h"
#include "math/reconstruction.h"

namespace eigencoder::kernels {
namespace {

// log sum_k exp z_k, which does not overflow; all lanes get it.
template <typename T>
__device__ T log_sum_exp(const T* z, Index n_classes) {
  T largest = z[0];
  along_x(n_classes, [&](Index k) { largest = z[k] > largest ? z[k] : largest; });
  largest = warp_max(largest);
  double sum = 0;
  along_x(n_classes, [&](Index k) { sum += static_cast<double>(math::exp(T(z[k] - largest))); });
  return largest + static_cast<T>(std::log(warp_sum(sum)));
}

template <typename T>
__device__ double class_loss(T log_sum, T z) {
  return math::SoftmaxCrossentropy::value(static_cast<double>(log_sum), static_cast<double>(z));
}

template <typename T>
__global__ void sum_class_losses(Batch<T> batch, Matrix<const T> logits, double* row_losses) {
  along_y(logits.rows, [&](Index i) {
    const T* const z = logits.row(i);
    const T log_sum = log_sum_exp(z, logits.cols);
    if (threadIdx.x == 0) row_losses[i] = class_loss(log_sum, z[batch.data.labels[batch.rows[i]]]);
  });
}

template <typename T>
__global__ void differentiate_class_losses(Batch<T> batch, const T* row_weights, Matrix<T> logits, double* row_losses) {
  along_y(logits.rows, [&](Index i) {
    T* const z = logits.row(i);
    const Index label = batch.data.labels[batch.rows[i]];
    const T log_sum = log_sum_exp<T>(z, logits.cols);
    along_x(logits.cols, [&](Index k) {
      if (k == label) row_losses[i] = class_loss(log_sum, z[k]);
      const T probability = math::SoftmaxCrossentropy::probability(z[k], log_sum);
      z[k] = row_weights[i] * probability - (k == label ? row_weights[i] : T(0));
    });
  });
}

}  // namespace

template <typename T>
void class_losses(Range, Worker<T>& worker, const Batch<T>& batch, Matrix<const T> logits, double* row_losses) {
  launch_warps(worker.stream, logits.rows, sum_class_losses<T>, batch, logits, row_losses);
}

template <typename T>
void class_delta(Range, Worker<T>& worker, const Batch<T>& batch, const T* row_weights, Matrix<T> logits,
                 double* row_losses) {
  launch_warps(worker.stream, logits.rows, differentiate_class_losses<T>, batch, row_weights, logits, row_losses);
}

template void class_losses(Range, Worker<float>&, const Batch<float>&, Matrix<const float>, double*);
template void class_losses(Range, Worker<double>&, const Batch<double>&, Matrix<const double>, double*);
template void class_delta(Range, Worker<float>&, const Batch<float>&, const float*, Matrix<float>, double*);
template void class_delta(Range, Worker<double>&, const Batch<double>&, const double*, Matrix<double>, double*);

}  // namespace eigencoder::kernels
