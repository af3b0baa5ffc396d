// Losses. Those of a reconstruction are of one entry, as functions of the clean x and the output. A loss `from_logits`
// takes the last layer's z, since its formula would overflow on h = f(z); `delta` is then dl/dz, otherwise dl/dh.
// `of_constant` is the mean loss of entries with these moments, if the best number stands for all of them.
//
// To add one: write its struct here, append it to Losses, append its enumerator and name in eigencoder/config.h, and
// add the formula to python/eigencoder/reference/formulas.py.
#pragma once

#include <cmath>

#include "eigencoder/config.h"
#include "math/activation.h"

namespace eigencoder::math {

// What a class with this share of the rows adds to the cross-entropy of the best constant answer.
inline double entropy(double share) { return share > 0 ? -share * std::log(share) : 0.0; }

struct SquaredError {
  static constexpr bool from_logits = false;
  template <typename V>
  static constexpr V value(const V& x, const V& h) {
    return (x - h) * (x - h);
  }
  template <typename V>
  static constexpr V delta(const V& x, const V& h) {
    return Scalar<V>(2) * (h - x);
  }
  static constexpr double of_constant(double mean, double mean_square) { return mean_square - mean * mean; }
};

struct BinaryCrossentropy {
  static constexpr bool from_logits = true;
  template <typename V>
  static constexpr V value(const V& x, const V& z) {
    return Softplus::value(z) - x * z;
  }
  template <typename V>
  static constexpr V delta(const V& x, const V& z) {
    return Sigmoid::value(z) - x;
  }
  static double of_constant(double mean, double /*mean_square*/) { return entropy(mean) + entropy(1 - mean); }
};

// That of a class, from the logits z of all classes: -log softmax(z)_class, where log_sum is log sum_k exp z_k.
struct SoftmaxCrossentropy {
  template <typename V>
  static constexpr V value(const V& log_sum, const V& z) {
    return log_sum - z;
  }
  template <typename V>
  static constexpr V probability(const V& z, Scalar<V> log_sum) {
    return exp(V(z - log_sum));
  }
};

using Losses = std::tuple<SquaredError, BinaryCrossentropy>;
static_assert(std::tuple_size_v<Losses> + 1 == loss_names.size());  // and SoftmaxCrossentropy

inline bool from_logits(Loss loss) {
  bool answer = loss == Loss::softmax_crossentropy;
  dispatch<Losses>(loss, [&](auto l) { answer = l.from_logits; });
  return answer;
}

}  // namespace eigencoder::math
