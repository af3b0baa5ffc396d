#include <numeric>

#include "kernels/kernels.h"

namespace eigencoder::kernels {

template <typename T>
void dots(Range chunks, Index n, const T* a, const T* b, double* chunk_sums) {
  for (Index chunk = chunks.begin; chunk < chunks.end; ++chunk) {
    const Index end = std::min((chunk + 1) * dot_chunk, n);
    Eigen::Array<double, packet_size<T>, 1> lanes = Eigen::Array<double, packet_size<T>, 1>::Zero();
    for (Index i = chunk * dot_chunk; i < end; i += packet_size<T>) {
      lanes += load(a + i, end - i).template cast<double>() * load(b + i, end - i).template cast<double>();
    }
    chunk_sums[chunk] = std::accumulate(lanes.begin(), lanes.end(), 0.0);
  }
}

template <typename T>
void combine(Range range, T factor_x, const T* x, T factor_y, const T* y, T* result) {
  for_packets<T>(range.begin, range.end, [&](Index i, auto n) {
    store<T>(factor_x * load(x + i, n) + factor_y * load(y + i, n), result + i, n);
  });
}

template void dots(Range, Index, const float*, const float*, double*);
template void dots(Range, Index, const double*, const double*, double*);
template void combine(Range, float, const float*, float, const float*, float*);
template void combine(Range, double, const double*, double, const double*, double*);

}  // namespace eigencoder::kernels
