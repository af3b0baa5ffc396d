// Subnormal numbers cost a hundred cycles each and carry no information in a training: within the scope they are zero.
#pragma once

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace eigencoder::parallel {

class FlushSubnormals {
#if defined(__SSE2__)
 public:
  FlushSubnormals() : state_(_mm_getcsr()) { _mm_setcsr(state_ | flush_to_zero | denormals_are_zero); }
  ~FlushSubnormals() { _mm_setcsr(state_); }
  FlushSubnormals(const FlushSubnormals&) = delete;
  FlushSubnormals& operator=(const FlushSubnormals&) = delete;

 private:
  static constexpr unsigned flush_to_zero = 0x8000;
  static constexpr unsigned denormals_are_zero = 0x0040;
  const unsigned state_;
#endif
};

}  // namespace eigencoder::parallel
