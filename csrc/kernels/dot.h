// The dot product of two vectors, in double.
#pragma once

#include "kernels/packet.h"

namespace eigencoder::kernels {

template <typename T>
double dot(Index n, const T* a, const T* b) {
  constexpr Index n_at_once = 4;  // so that no sum waits for the one before
  using Lanes = Eigen::Array<double, packet_size<T>, 1>;
  Lanes lanes[n_at_once] = {Lanes::Zero(), Lanes::Zero(), Lanes::Zero(), Lanes::Zero()};
  const auto add = [&](Index at, auto n_left, Lanes& sum) {
    sum += load(a + at, n_left).template cast<double>() * load(b + at, n_left).template cast<double>();
  };
  Index i = 0;
  for (; i + n_at_once * packet_size<T> <= n; i += n_at_once * packet_size<T>) {
    for (Index k = 0; k < n_at_once; ++k) {
      add(i + k * packet_size<T>, std::integral_constant<int, packet_size<T>>(), lanes[k]);
    }
  }
  for_packets<T>(i, n, [&](Index j, auto n_left) { add(j, n_left, lanes[0]); });
  return (lanes[0] + lanes[1] + lanes[2] + lanes[3]).sum();
}

}  // namespace eigencoder::kernels
