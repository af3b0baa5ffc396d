// What the language of kernels adds to C++: qualifiers, the position of a thread, barriers and shuffles of a warp.
#pragma once
#pragma GCC system_header

#include <cstring>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __shared__ static  // one block runs at a time

struct uint3 {
  unsigned int x, y, z;
};

struct dim3 {
  unsigned int x, y, z;
  constexpr dim3(unsigned int x_size = 1, unsigned int y_size = 1, unsigned int z_size = 1)
      : x(x_size), y(y_size), z(z_size) {}
  constexpr dim3(uint3 sizes) : x(sizes.x), y(sizes.y), z(sizes.z) {}
};

extern uint3 threadIdx;
extern uint3 blockIdx;
extern dim3 blockDim;
extern dim3 gridDim;
constexpr int warpSize = 32;

namespace eigencoder::emulation {

enum class Meeting { block_barrier, warp_barrier, shuffle, shuffle_down, shuffle_xor };

// Where a thread waits for others: the operation and the line of source that calls it.
struct Site {
  Meeting meeting;
  const char* file;
  int line;
};

void meet_block(const Site& site);
// Waits for the warp of the calling thread; what its `source` lane brought, or NaN where there is no such lane.
unsigned long long meet_warp(const Site& site, unsigned int mask, unsigned long long brought, unsigned int source);
unsigned int lane_of_thread();

template <class T>
T exchange(const Site& site, unsigned int mask, T value, unsigned int source) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "shuffles move 32 or 64 bits");
  unsigned long long bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  bits = meet_warp(site, mask, bits, source);
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace eigencoder::emulation

inline void __syncthreads(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  eigencoder::emulation::meet_block({eigencoder::emulation::Meeting::block_barrier, file, line});
}

inline void __syncwarp(unsigned int mask = 0xffffffffu, const char* file = __builtin_FILE(),
                       int line = __builtin_LINE()) {
  eigencoder::emulation::meet_warp({eigencoder::emulation::Meeting::warp_barrier, file, line}, mask, 0, 0);
}

inline int atomicExch(int* address, int value) { return __atomic_exchange_n(address, value, __ATOMIC_RELAXED); }

template <class T>
T __shfl_sync(unsigned int mask, T value, int source, int width = warpSize, const char* file = __builtin_FILE(),
              int line = __builtin_LINE()) {
  const unsigned int segment = static_cast<unsigned int>(width);
  const unsigned int first = eigencoder::emulation::lane_of_thread() & ~(segment - 1);
  return eigencoder::emulation::exchange({eigencoder::emulation::Meeting::shuffle, file, line}, mask, value,
                                         first | (static_cast<unsigned int>(source) & (segment - 1)));
}

template <class T>
T __shfl_down_sync(unsigned int mask, T value, unsigned int delta, int width = warpSize,
                   const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  const unsigned int segment = static_cast<unsigned int>(width);
  const unsigned int lane = eigencoder::emulation::lane_of_thread();
  const bool inside = (lane & (segment - 1)) + delta < segment;
  return eigencoder::emulation::exchange({eigencoder::emulation::Meeting::shuffle_down, file, line}, mask, value,
                                         inside ? lane + delta : lane);
}

template <class T>
T __shfl_xor_sync(unsigned int mask, T value, int lane_mask, int width = warpSize, const char* file = __builtin_FILE(),
                  int line = __builtin_LINE()) {
  const unsigned int segment = static_cast<unsigned int>(width);
  const unsigned int lane = eigencoder::emulation::lane_of_thread();
  const unsigned int other = lane ^ static_cast<unsigned int>(lane_mask);
  const bool inside = other < (lane | (segment - 1)) + 1;
  return eigencoder::emulation::exchange({eigencoder::emulation::Meeting::shuffle_xor, file, line}, mask, value,
                                         inside ? other : lane);
}
