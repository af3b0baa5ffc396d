// Where each layer lies in the one flat parameter vector: W, then b, layer after layer. A tied decoder layer has only
// its b; its W is the mirrored encoder layer's, seen transposed.
#pragma once

#include "eigencoder/config.h"

namespace eigencoder {

struct Layer {
  Index n_inputs = 0;
  Index n_outputs = 0;
  Activation activation = Activation::identity;
  bool tied = false;         // shares the weights of an earlier layer
  Index weights_offset = 0;  // in the flat vector
  Index bias_offset = 0;

  Index n_weights() const { return n_inputs * n_outputs; }
  Index end() const { return bias_offset + n_outputs; }
};

inline std::vector<Layer> layers_of(const NetworkConfig& network) {
  const std::size_t n_layers = network.activations.size();
  std::vector<Layer> layers;
  for (std::size_t l = 0; l < n_layers; ++l) {
    Layer layer;
    layer.n_inputs = network.layer_sizes[l];
    layer.n_outputs = network.layer_sizes[l + 1];
    layer.activation = network.activations[l];
    layer.tied = network.tied_weights && l >= n_layers / 2;
    const Index begin = layers.empty() ? 0 : layers.back().end();
    layer.weights_offset = layer.tied ? layers[n_layers - 1 - l].weights_offset : begin;
    layer.bias_offset = layer.tied ? begin : begin + layer.n_weights();
    layers.push_back(layer);
  }
  return layers;
}

}  // namespace eigencoder
