#include <cmath>
#include <numeric>

#include "kernels/dot.h"
#include "kernels/kernels.h"

namespace eigencoder::kernels {

template <typename T>
void dots(Range chunks, Worker<T>&, Index n, const T* a, const T* b, double* chunk_sums) {
  for (Index chunk = chunks.begin; chunk < chunks.end; ++chunk) {
    const Index begin = chunk * dot_chunk;
    chunk_sums[chunk] = dot(std::min(dot_chunk, n - begin), a + begin, b + begin);
  }
}

template <typename T>
void combine(Range range, Worker<T>&, T factor_x, const T* x, T factor_y, const T* y, T* result) {
  for_packets<T>(range.begin, range.end, [&](Index i, auto n) {
    store<T>(factor_x * load(x + i, n) + factor_y * load(y + i, n), result + i, n);
  });
}

template <typename T>
void shorten(Range range, Worker<T>&, Index n_chunks, const double* chunk_sums, double largest, T* x) {
  const double norm = std::sqrt(std::accumulate(chunk_sums, chunk_sums + n_chunks, 0.0));
  if (!(norm > largest)) return;
  const T factor = static_cast<T>(largest / norm);
  for_packets<T>(range.begin, range.end, [&](Index i, auto n) { store<T>(factor * load(x + i, n), x + i, n); });
}

template <typename T>
void add(Worker<T>&, Index n, const double* more, double* sums) {
  for (Index i = 0; i < n; ++i) sums[i] += more[i];
}

template <typename T>
void set_zero(Worker<T>&, Index n, double* x) {
  std::fill_n(x, n, 0.0);
}

template void dots(Range, Worker<float>&, Index, const float*, const float*, double*);
template void dots(Range, Worker<double>&, Index, const double*, const double*, double*);
template void combine(Range, Worker<float>&, float, const float*, float, const float*, float*);
template void combine(Range, Worker<double>&, double, const double*, double, const double*, double*);

template void shorten(Range, Worker<float>&, Index, const double*, double, float*);
template void shorten(Range, Worker<double>&, Index, const double*, double, double*);
template void add(Worker<float>&, Index, const double*, double*);
template void set_zero(Worker<float>&, Index, double*);
template void add(Worker<double>&, Index, const double*, double*);
template void set_zero(Worker<double>&, Index, double*);

}  // namespace eigencoder::kernels
