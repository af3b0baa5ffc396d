// What ends the product of a layer's forward pass.
#pragma once

#include "kernels/matrix.h"
#include "kernels/packet.h"
#include "math/activation.h"

namespace eigencoder::kernels {

// z = f(z + bias), where z may reach into the padding behind the n_bias columns that have one. Returns sums of
// 0 (z + bias), which are 0 where all is finite.
template <typename F, typename T>
Packet<T> add_bias_and_activate(F f, const T* bias, Index n_bias, Matrix<T> z) {
  constexpr Index lanes = packet_size<T>;
  Packet<T> zeros = Packet<T>::Zero();
  const auto activated = [&](const Packet<T>& sum) -> Packet<T> {
    zeros += sum * T(0);
    return f.value(sum);
  };
  const Index n_whole = z.cols / lanes * lanes;
  for (Index j = 0; j < n_whole; j += lanes) {
    const Packet<T> b = load(bias + j, n_bias - j);
    for (Index i = 0; i < z.rows; ++i) store<T>(activated(load(z.row(i) + j) + b), z.row(i) + j);
  }
  // The end of a row would leave most of a packet empty.
  for (Index j = n_whole; j < z.cols; ++j) {
    for_packets<T>(0, z.rows, [&](Index i, auto n) {
      Packet<T> column = Packet<T>::Zero();
      for (Index k = 0; k < n; ++k) column[k] = z.row(i + k)[j] + bias[j];
      column = activated(column);
      for (Index k = 0; k < n; ++k) z.row(i + k)[j] = column[k];
    });
  }
  return zeros;
}

}  // namespace eigencoder::kernels
