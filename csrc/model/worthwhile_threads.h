// How many threads a call is given.
#pragma once

#include <algorithm>

namespace eigencoder::model {

// Below this much work in a step or a pass, waiting for another thread costs more than it does.
inline constexpr double flops_per_thread = 2e7;

inline int worthwhile_threads(double flops, int n_threads) {
  return static_cast<int>(std::clamp(flops / flops_per_thread, 1.0, static_cast<double>(n_threads)));
}

}  // namespace eigencoder::model
