// The CRC-32 of zlib, PNG and ZIP, of bytes that come piece by piece.
#pragma once

#include <cstddef>
#include <cstdint>

namespace eigencoder {

class Checksum {
 public:
  void add(const void* bytes, std::size_t n);
  std::uint32_t value() const { return ~remainder_; }

 private:
  std::uint32_t remainder_ = 0xFFFFFFFFU;
};

}  // namespace eigencoder
