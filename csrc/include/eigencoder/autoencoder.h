// An autoencoder for C++ programs: settings in, training, codes out. Arrays are row-major and contiguous, rows are
// samples; a wrong setting or argument is a std::invalid_argument.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eigencoder/engine.h"

namespace eigencoder {

// The network that maps n_features through hidden_layer_sizes to n_components, and back through the same in reverse.
NetworkConfig mirrored_network(Index n_features, const std::vector<Index>& hidden_layer_sizes, Index n_components,
                               Activation activation = Activation::sigmoid,
                               Activation output_activation = Activation::identity);

// T: float or double.
template <typename T>
class Autoencoder {
 public:
  // n_threads 0: all processors that this process may use. A device of loader.h; x may lie in its memory.
  explicit Autoencoder(NetworkConfig network, ObjectiveConfig objective = {}, std::uint64_t seed = 0, int n_threads = 0,
                       const std::string& device = "cpu");

  // Trains from the present weights on; x (n_samples, n_features).
  FitResult fit(const T* x, Index n_samples, const OptimizerConfig& optimizer = {},
                const ScheduleConfig& schedule = {});
  FitResult fit(const T* x, Index n_samples, const OptimizerConfig& optimizer, const ScheduleConfig& schedule,
                Monitor& monitor);

  // Codes (n_samples, n_components) of x, rows (n_samples, n_features) of codes, and one after the other.
  std::vector<T> transform(const T* x, Index n_samples) const;
  std::vector<T> inverse_transform(const T* codes, Index n_samples) const;
  std::vector<T> reconstruct(const T* x, Index n_samples) const;

  // -||x - h(x)||^2 of each row: higher is more normal.
  std::vector<double> score_samples(const T* x, Index n_samples) const;

  Index n_features() const { return network_.layer_sizes.front(); }
  Index n_components() const { return network_.n_components(); }

  // One flat vector: W (n_inputs, n_outputs), then b, layer after layer; a tied decoder layer has only its b.
  T* parameters() { return parameters_.data(); }
  const T* parameters() const { return parameters_.data(); }
  Index n_parameters() const { return static_cast<Index>(parameters_.size()); }

 private:
  std::vector<LayerView<T>> layers() const;
  std::vector<LayerView<T>> encoder() const;
  std::vector<LayerView<T>> decoder() const;
  std::vector<T> column_extremes(const T* x, Index n_samples) const;
  std::vector<T> forward(const std::vector<LayerView<T>>& layers, const T* x, Index n_samples) const;

  NetworkConfig network_;
  ObjectiveConfig objective_;
  std::uint64_t seed_;
  int n_threads_;
  const EngineFor<T>* engine_;
  std::vector<T> parameters_;
};

extern template class Autoencoder<float>;
extern template class Autoencoder<double>;

}  // namespace eigencoder
