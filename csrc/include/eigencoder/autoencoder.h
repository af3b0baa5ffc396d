// An autoencoder for C++ programs: settings in, training, codes out. Arrays are row-major and contiguous, rows are
// samples; a wrong setting or argument is a std::invalid_argument.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "eigencoder/engine.h"
#include "eigencoder/model_file.h"

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

  // The network of a model file, which Python may have written, with the objective and seed that a fit goes on with.
  // `verify`: whether the checksum is compared. ModelFormatError where the file is damaged or no model file,
  // std::invalid_argument where it holds a network of the other type or a classifier, std::system_error where it cannot
  // be read.
  static Autoencoder load(const std::filesystem::path& path, bool verify = true, int n_threads = 0,
                          const std::string& device = "cpu");

  // Writes such a file, whole or not at all; Python loads it as a SparseAutoencoder where there is a penalty, else as a
  // DenoisingAutoencoder where there is a corruption, else as an Autoencoder. std::invalid_argument where the hidden
  // layers have several activations, which these have not; std::system_error where the file cannot be written.
  void save(const std::filesystem::path& path) const;

  // Trains from the present weights on; x (n_samples, n_features).
  FitResult fit(const T* x, Index n_samples, const OptimizerConfig& optimizer = {},
                const ScheduleConfig& schedule = {});
  FitResult fit(const T* x, Index n_samples, const OptimizerConfig& optimizer, const ScheduleConfig& schedule,
                Monitor& monitor);

  // Codes (n_samples, n_components) of x, rows (n_samples, n_features) of codes, and one after the other.
  std::vector<T> transform(const T* x, Index n_samples) const;
  std::vector<T> inverse_transform(const T* codes, Index n_samples) const;
  std::vector<T> reconstruct(const T* x, Index n_samples) const;

  // The same into memory of the caller, which must not overlap with what is read.
  void transform(const T* x, Index n_samples, T* codes) const;
  void inverse_transform(const T* codes, Index n_samples, T* x) const;
  void reconstruct(const T* x, Index n_samples, T* reconstruction) const;

  // -||x - h(x)||^2 of each row: higher is more normal.
  std::vector<double> score_samples(const T* x, Index n_samples) const;

  Index n_features() const { return network_.layer_sizes.front(); }
  Index n_components() const { return network_.n_components(); }

  // One flat vector: W (n_inputs, n_outputs), then b, layer after layer; a tied decoder layer has only its b.
  T* parameters() { return parameters_.data(); }
  const T* parameters() const { return parameters_.data(); }
  Index n_parameters() const { return static_cast<Index>(parameters_.size()); }

 private:
  Autoencoder(NetworkConfig network, ObjectiveConfig objective, std::uint64_t seed, int n_threads,
              const std::string& device, std::vector<T> parameters);

  std::vector<LayerView<T>> layers() const;
  std::vector<LayerView<T>> encoder() const;
  std::vector<LayerView<T>> decoder() const;
  std::vector<T> column_extremes(const T* x, Index n_samples) const;
  std::vector<T> forward(const std::vector<LayerView<T>>& layers, const T* x, Index n_samples) const;
  void forward(const std::vector<LayerView<T>>& layers, const T* x, Index n_samples, T* output) const;

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
