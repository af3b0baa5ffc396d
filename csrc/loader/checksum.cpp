#include "loader/checksum.h"

#include <array>
#include <utility>

namespace eigencoder {
namespace {

constexpr std::size_t stride = 16;  // bytes that one step takes, each through a table of its own

using Tables = std::array<std::array<std::uint32_t, 256>, stride>;

// tables[k][byte]: what `byte` leaves of the polynomial's division when k zero bytes follow it.
constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) remainder = (remainder >> 1) ^ ((remainder & 1U) != 0 ? 0xEDB88320U : 0U);
    tables[0][byte] = remainder;
  }
  for (std::size_t k = 1; k < stride; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xFFU];
    }
  }
  return tables;
}

constexpr Tables tables = make_tables();

// The bytes of `at` with the remainder of those before them; a fold, for compilers that would not unroll a loop.
template <std::size_t... i>
std::uint32_t after_stride(std::uint32_t remainder, const std::uint8_t* at, std::index_sequence<i...>) {
  return (tables[stride - 1 - i][at[i] ^ (i < 4 ? (remainder >> (8 * i % 32)) & 0xFFU : 0U)] ^ ...);
}

}  // namespace

void Checksum::add(const void* bytes, std::size_t n) {
  const auto* at = static_cast<const std::uint8_t*>(bytes);
  std::uint32_t remainder = remainder_;
  for (; n >= stride; n -= stride, at += stride) {
    remainder = after_stride(remainder, at, std::make_index_sequence<stride>());
  }
  for (; n > 0; --n, ++at) remainder = (remainder >> 8) ^ tables[0][(remainder ^ *at) & 0xFFU];
  remainder_ = remainder;
}

}  // namespace eigencoder
