// What DLPack 0 lays out in memory, for arrays to pass from one library to another.
#pragma once

#include <cstdint>

namespace eigencoder::bindings::dlpack {

constexpr std::int32_t cuda = 2;
constexpr std::int32_t managed_cuda = 13;
constexpr std::uint8_t floating_point = 2;

struct Device {
  std::int32_t type;
  std::int32_t number;
};

struct Type {
  std::uint8_t code;
  std::uint8_t bits;
  std::uint16_t lanes;
};

struct Tensor {
  void* data;
  Device device;
  std::int32_t n_dimensions;
  Type type;
  std::int64_t* shape;
  std::int64_t* strides;  // in elements; nullptr: C-contiguous
  std::uint64_t byte_offset;
};

// Lies in a capsule called "dltensor". Who takes it calls the capsule "used_dltensor", and the deleter at the end.
struct ManagedTensor {
  Tensor tensor;
  void* owner;
  void (*deleter)(ManagedTensor*);
};

}  // namespace eigencoder::bindings::dlpack
