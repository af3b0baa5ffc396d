#include "model/network.h"

#include <algorithm>
#include <cmath>

#include "math/activation.h"
#include "math/random.h"

namespace eigencoder::model {

double Network::flops_per_row() const {
  double total = 0;
  for (const Layer& layer : layers_) total += 6.0 * static_cast<double>(layer.n_weights());
  return total - 2.0 * static_cast<double>(layers_.front().n_weights());  // the first layer needs no input gradient
}

// Glorot & Bengio (2010), uniform; the relu-like halve the variance of what passes, so their limit counts inputs alone.
template <typename T>
void Network::initialise(std::uint64_t seed, T* parameters) const {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    std::fill_n(parameters + layer.bias_offset, layer.n_outputs, T(0));
    if (layer.tied) continue;
    const Index fan = layer.n_inputs + (math::relu_like(layer.activation) ? 0 : layer.n_outputs);
    const double limit = std::sqrt(6.0 / static_cast<double>(fan));
    T* weight = parameters + layer.weights_offset;
    for (Index i = 0; i < layer.n_inputs; ++i) {
      for (Index j = 0; j < layer.n_outputs; j += 4) {
        const auto words = math::words(seed, math::Stream::initial_weights, static_cast<std::uint64_t>(i),
                                       static_cast<std::uint64_t>(j / 4), l);
        for (Index k = j; k < std::min(j + 4, layer.n_outputs); ++k) {
          *weight++ = static_cast<T>(limit * (2 * math::uniform(words[static_cast<std::size_t>(k - j)]) - 1));
        }
      }
    }
  }
}

template void Network::initialise(std::uint64_t, float*) const;
template void Network::initialise(std::uint64_t, double*) const;

}  // namespace eigencoder::model
