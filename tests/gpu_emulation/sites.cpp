#include "sites.h"

#include <cstring>

namespace eigencoder::emulation {
namespace {

const char* name_of(Meeting meeting) {
  switch (meeting) {
    case Meeting::block_barrier:
      return "__syncthreads";
    case Meeting::warp_barrier:
      return "__syncwarp";
    case Meeting::shuffle:
      return "__shfl_sync";
    case Meeting::shuffle_down:
      return "__shfl_down_sync";
    case Meeting::shuffle_xor:
      return "__shfl_xor_sync";
  }
  return "?";
}

}  // namespace

std::string text_of(const Site& site) {
  return std::string(name_of(site.meeting)) + " of " + site.file + ":" + std::to_string(site.line);
}

bool differ(const Site& a, const Site& b) {
  return a.meeting != b.meeting || a.line != b.line || (a.file != b.file && std::strcmp(a.file, b.file) != 0);
}

}  // namespace eigencoder::emulation
