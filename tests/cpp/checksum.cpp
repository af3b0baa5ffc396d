// Prints the checksum of what it reads, in pieces of growing size, so that it can be compared with that of zlib.
#include "loader/checksum.h"

#include <cstdio>
#include <cstring>
#include <string>

namespace {

bool is_checksum(const std::string& text, std::uint32_t expected) {
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    eigencoder::Checksum checksum;
    checksum.add(text.data(), cut);
    checksum.add(text.data() + cut, text.size() - cut);
    if (checksum.value() != expected) return false;
  }
  return true;
}

}  // namespace

// Without an argument it checks known values.
int main(int argc, char** argv) {
  if (argc < 2) {
    const bool holds = is_checksum("", 0) && is_checksum("123456789", 0xCBF43926U) &&
                       is_checksum("The quick brown fox jumps over the lazy dog", 0x414FA339U);
    return holds ? 0 : 1;
  }
  std::FILE* const file = std::fopen(argv[1], "rb");
  if (!file) return 2;
  eigencoder::Checksum checksum;
  std::string piece;
  for (std::size_t size = 1, got = 1; got > 0; ++size) {
    piece.resize(size);
    got = std::fread(piece.data(), 1, size, file);
    checksum.add(piece.data(), got);
  }
  std::fclose(file);
  std::printf("%08x\n", static_cast<unsigned>(checksum.value()));
  return 0;
}
