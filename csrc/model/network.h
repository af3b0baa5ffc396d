// The layers that a training runs through.
#pragma once

#include "eigencoder/layers.h"
#include "kernels/kernels.h"

namespace eigencoder::model {

class Network {
 public:
  explicit Network(const NetworkConfig& config)
      : layers_(layers_of(config)),
        code_layer_(static_cast<std::size_t>(config.code_layer())),
        n_active_(config.n_active) {}

  const std::vector<Layer>& layers() const { return layers_; }
  std::size_t code_layer() const { return code_layer_; }
  Index n_active() const { return n_active_; }  // code units of a row that stay; 0: all
  bool tied() const { return layers_.back().tied; }
  Index n_features() const { return layers_.front().n_inputs; }
  Index n_parameters() const { return layers_.back().end(); }
  double flops_per_row() const;  // of a training step

  template <typename T>
  static kernels::Weights<T> weights(const Layer& layer, T* parameters) {
    return {parameters + layer.weights_offset, layer.n_inputs, layer.n_outputs, layer.tied};
  }

  template <typename T>
  void initialise(std::uint64_t seed, T* parameters) const;

 private:
  std::vector<Layer> layers_;
  std::size_t code_layer_;
  Index n_active_;
};

}  // namespace eigencoder::model
