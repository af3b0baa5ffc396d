// What ends the product of a layer's forward pass.
#pragma once

#include "kernels/matrix.h"
#include "kernels/packet.h"
#include "math/activation.h"

namespace eigencoder::kernels {

// z = f(z + bias), where z may reach into the padding behind the n_bias columns that have one. Calls watch with each
// packet of z + bias.
template <typename F, typename T, typename Watch>
void add_bias_and_activate(F f, const T* bias, Index n_bias, Matrix<T> z, const Watch& watch) {
  for_packets<T>(0, z.cols, [&](Index j, auto n) {
    const Packet<T> b = load(bias + j, n_bias - j);
    for (Index i = 0; i < z.rows; ++i) {
      T* const a = z.row(i) + j;
      const Packet<T> sum = load(a, n) + b;
      watch(sum);
      store<T>(f.value(sum), a, n);
    }
  });
}

}  // namespace eigencoder::kernels
