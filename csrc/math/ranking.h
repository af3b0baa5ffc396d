// Which of two code units of a row comes first, where only the largest activations stay.
#pragma once

#include "eigencoder/config.h"

namespace eigencoder::math {

// A NaN is larger than any number, so that it stays and is seen.
template <typename T>
constexpr bool is_larger(T a, T b) {
  return a > b || (a != a && b == b);
}

// Of equals that in the lower column.
template <typename T>
constexpr bool comes_first(T a, Index column_of_a, T b, Index column_of_b) {
  return is_larger(a, b) || (!is_larger(b, a) && column_of_a < column_of_b);
}

}  // namespace eigencoder::math
