// Elementwise work runs on packets: one vector register of numbers as a fixed-size Eigen array, so that no result
// depends on an address or on the length of a tail.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <type_traits>

#include "eigencoder/config.h"
#include "math/elementwise_packets.h"

namespace eigencoder::kernels {

template <typename T>
using Register = typename Eigen::internal::packet_traits<T>::type;

template <typename T>
inline constexpr int packet_size = Eigen::internal::unpacket_traits<Register<T>>::size;

template <typename T>
using Packet = Eigen::Array<T, packet_size<T>, 1>;

template <typename T>
[[gnu::always_inline]] inline Packet<T> load(const T* from) {
  return Eigen::Map<const Packet<T>>(from);
}

// The first n numbers, zeros behind them.
template <typename T>
[[gnu::always_inline]] inline Packet<T> load(const T* from, Index n) {
  if (n >= packet_size<T>) return load(from);
  Packet<T> packet = Packet<T>::Zero();
  std::copy_n(from, n, packet.data());
  return packet;
}

template <typename T>
[[gnu::always_inline]] inline Register<T> load_register(const T* from, Index n) {
  if (n >= packet_size<T>) return Eigen::internal::ploadu<Register<T>>(from);
  alignas(64) T numbers[packet_size<T>] = {};
  std::copy_n(from, n, numbers);
  return Eigen::internal::pload<Register<T>>(numbers);
}

template <typename T>
[[gnu::always_inline]] inline void store(const Packet<T>& packet, T* to) {
  Eigen::Map<Packet<T>>{to} = packet;
}

template <typename T>
[[gnu::always_inline]] inline void store(const Packet<T>& packet, T* to, Index n) {
  if (n >= packet_size<T>) return store(packet, to);
  std::copy_n(packet.data(), n, to);
}

// Calls visit(i, n) with each packet of begin .. end - 1 and how many of its numbers lie within; a whole one's n is
// a constant.
template <typename T, typename Visitor>
[[gnu::always_inline]] inline void for_packets(Index begin, Index end, const Visitor& visit) {
  Index i = begin;
  for (; i + packet_size<T> <= end; i += packet_size<T>) visit(i, std::integral_constant<int, packet_size<T>>());
  if (i < end) visit(i, end - i);
}

}  // namespace eigencoder::kernels
