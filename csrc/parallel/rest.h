// What a thread does between two looks at something that comes within microseconds.
#pragma once

#include <thread>

namespace eigencoder::parallel {

inline constexpr int n_spins = 2000;

inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// Spins first, then lets others run: perhaps the one that is waited for.
inline void rest(int n_rests_before) {
  if (n_rests_before < n_spins) {
    pause();
  } else {
    std::this_thread::yield();
  }
}

template <typename Condition>
void wait_until(const Condition& condition) {
  for (int i = 0; !condition(); ++i) rest(i);
}

}  // namespace eigencoder::parallel
