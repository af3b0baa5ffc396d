#include "loader/cpu_level.h"

namespace eigencoder {

// The levels are those of the x86-64 psABI; __builtin_cpu_supports asks the operating system too.
bool can_run(std::string_view level) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool v2 = __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1") &&
                  __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
  const bool v3 = v2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                  __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl");
  if (level == "x86_v2") return v2;
  if (level == "x86_v3") return v3;
  if (level == "x86_v4") return v4;
#endif
  return level == "baseline";
}

}  // namespace eigencoder
