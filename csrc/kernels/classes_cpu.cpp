#include <cmath>

#include "kernels/kernels.h"
#include "math/reconstruction.h"

namespace eigencoder::kernels {
namespace {

// log sum_k exp z_k, which does not overflow.
template <typename T>
T log_sum_exp(const T* z, Index n_classes) {
  const T largest = *std::max_element(z, z + n_classes);
  Packet<T> lanes = Packet<T>::Zero();
  for_packets<T>(0, n_classes, [&](Index j, auto n) {
    const Packet<T> shifted = load(z + j, n) - largest;
    lanes.head(n) += math::exp(shifted).head(n);
  });
  return largest + std::log(lanes.sum());
}

}  // namespace

template <typename T>
void class_losses(Range rows, Worker<T>&, const Batch<T>& batch, Matrix<const T> logits, double* row_losses) {
  for (Index i = rows.begin; i < rows.end; ++i) {
    const T* const z = logits.row(i);
    row_losses[i] =
        math::SoftmaxCrossentropy::value<double>(log_sum_exp(z, logits.cols), z[batch.data.labels[batch.rows[i]]]);
  }
}

template <typename T>
void class_delta(Range rows, Worker<T>&, const Batch<T>& batch, const T* row_weights, Matrix<T> logits,
                 double* row_losses) {
  for (Index i = rows.begin; i < rows.end; ++i) {
    T* const z = logits.row(i);
    const T log_sum = log_sum_exp(z, logits.cols);
    row_losses[i] = math::SoftmaxCrossentropy::value<double>(log_sum, z[batch.data.labels[batch.rows[i]]]);
    for_packets<T>(0, logits.cols, [&](Index j, auto n) {
      const Packet<T> probability = math::SoftmaxCrossentropy::probability(load(z + j, n), log_sum);
      store<T>(row_weights[i] * probability, z + j, n);
    });
    z[batch.data.labels[batch.rows[i]]] -= row_weights[i];
  }
}

template void class_losses(Range, Worker<float>&, const Batch<float>&, Matrix<const float>, double*);
template void class_losses(Range, Worker<double>&, const Batch<double>&, Matrix<const double>, double*);
template void class_delta(Range, Worker<float>&, const Batch<float>&, const float*, Matrix<float>, double*);
template void class_delta(Range, Worker<double>&, const Batch<double>&, const double*, Matrix<double>, double*);

}  // namespace eigencoder::kernels
