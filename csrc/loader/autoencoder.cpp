#include "eigencoder/autoencoder.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

#include "eigencoder/check.h"
#include "eigencoder/layers.h"
#include "eigencoder/loader.h"
#include "loader/model_file.h"

namespace eigencoder {
namespace {

// Rows of at most so many numbers.
void check_rows(const void* x, Index n_samples, Index n_numbers) {
  if (!x) throw std::invalid_argument("x must point to rows, found nullptr");
  if (n_samples < 1) throw std::invalid_argument("x must hold at least 1 row, found " + std::to_string(n_samples));
  if (n_samples > std::numeric_limits<Index>::max() / n_numbers) {
    throw std::length_error(std::to_string(n_samples) + " rows of " + std::to_string(n_numbers) +
                            " numbers are too many");
  }
}

}  // namespace

NetworkConfig mirrored_network(Index n_features, const std::vector<Index>& hidden_layer_sizes, Index n_components,
                               Activation activation, Activation output_activation) {
  NetworkConfig network;
  network.layer_sizes.push_back(n_features);
  network.layer_sizes.insert(network.layer_sizes.end(), hidden_layer_sizes.begin(), hidden_layer_sizes.end());
  network.layer_sizes.push_back(n_components);
  network.layer_sizes.insert(network.layer_sizes.end(), hidden_layer_sizes.rbegin(), hidden_layer_sizes.rend());
  network.layer_sizes.push_back(n_features);
  network.activations.assign(network.layer_sizes.size() - 1, activation);
  network.activations.back() = output_activation;
  return network;
}

Dtype saved_dtype(const std::filesystem::path& path) { return ModelReader(path).configuration().dtype; }

template <typename T>
Autoencoder<T>::Autoencoder(NetworkConfig network, ObjectiveConfig objective, std::uint64_t seed, int n_threads,
                            const std::string& device)
    : Autoencoder(std::move(network), objective, seed, n_threads, device, std::vector<T>()) {
  parameters_.resize(static_cast<std::size_t>(layers_of(network_).back().end()));
  const EngineFor<T>& cpu = engine();
  cpu.initialise(network_, seed_, parameters_.data());
}

template <typename T>
Autoencoder<T>::Autoencoder(NetworkConfig network, ObjectiveConfig objective, std::uint64_t seed, int n_threads,
                            const std::string& device, std::vector<T> parameters)
    : network_(std::move(network)),
      objective_(objective),
      seed_(seed),
      n_threads_(n_threads == 0 ? available_threads() : n_threads),
      engine_(&engine(device)),
      parameters_(std::move(parameters)) {
  check(network_);
  check(objective_);
  check(network_, objective_);
  if (network_.n_encoder_layers != 0) {
    throw std::invalid_argument("an autoencoder mirrors its encoder: n_encoder_layers must be 0, found " +
                                std::to_string(network_.n_encoder_layers));
  }
  if (n_threads_ < 1) throw std::invalid_argument("n_threads must be >= 0, found " + std::to_string(n_threads));
}

template <typename T>
Autoencoder<T> Autoencoder<T>::load(const std::filesystem::path& path, bool verify, int n_threads,
                                    const std::string& device) {
  ModelReader file(path);
  std::vector<T> parameters = file.parameters<T>(verify);
  const Configuration& saved = file.configuration();
  return {saved.network, saved.objective, saved.seed, n_threads, device, std::move(parameters)};
}

template <typename T>
void Autoencoder<T>::save(const std::filesystem::path& path) const {
  Configuration configuration;
  configuration.dtype = dtype_of<T>;
  configuration.network = network_;
  configuration.objective = objective_;
  configuration.seed = seed_;
  write_model(path, configuration, parameters_);
}

template <typename T>
FitResult Autoencoder<T>::fit(const T* x, Index n_samples, const OptimizerConfig& optimizer,
                              const ScheduleConfig& schedule) {
  Monitor silent;
  return fit(x, n_samples, optimizer, schedule, silent);
}

template <typename T>
FitResult Autoencoder<T>::fit(const T* x, Index n_samples, const OptimizerConfig& optimizer,
                              const ScheduleConfig& schedule, Monitor& monitor) {
  check_rows(x, n_samples, n_features());
  check(optimizer);
  check(schedule);
  if (schedule.early_stopping) {
    throw std::invalid_argument("early_stopping needs validation rows; call Engine::fit, which takes them");
  }
  Dataset<T> train;
  train.x = x;
  train.n_rows = train.n_samples = n_samples;
  const std::vector<T> extremes = column_extremes(x, n_samples);
  train.column_extremes = extremes.data();
  std::vector<T> first_moment(parameters_.size());
  std::vector<T> second_moment(parameters_.size());
  std::vector<T> average;
  if (optimizer.averaging > 0) average = parameters_;
  std::vector<double> mean_activity;
  if (objective_.sparsity_momentum > 0) {
    mean_activity.assign(static_cast<std::size_t>(n_components()), std::numeric_limits<double>::quiet_NaN());
  }
  TrainingState<T> state;
  state.parameters = parameters_.data();
  state.first_moment = first_moment.data();
  state.second_moment = second_moment.data();
  state.average = average.empty() ? nullptr : average.data();
  state.mean_activity = mean_activity.empty() ? nullptr : mean_activity.data();
  FitResult result =
      engine_->fit(network_, objective_, optimizer, schedule, seed_, train, nullptr, state, monitor, n_threads_);
  if (!average.empty()) parameters_ = std::move(average);
  return result;
}

template <typename T>
std::vector<T> Autoencoder<T>::transform(const T* x, Index n_samples) const {
  return forward(encoder(), x, n_samples);
}

template <typename T>
std::vector<T> Autoencoder<T>::inverse_transform(const T* codes, Index n_samples) const {
  return forward(decoder(), codes, n_samples);
}

template <typename T>
std::vector<T> Autoencoder<T>::reconstruct(const T* x, Index n_samples) const {
  return forward(layers(), x, n_samples);
}

template <typename T>
void Autoencoder<T>::transform(const T* x, Index n_samples, T* codes) const {
  forward(encoder(), x, n_samples, codes);
}

template <typename T>
void Autoencoder<T>::inverse_transform(const T* codes, Index n_samples, T* x) const {
  forward(decoder(), codes, n_samples, x);
}

template <typename T>
void Autoencoder<T>::reconstruct(const T* x, Index n_samples, T* reconstruction) const {
  forward(layers(), x, n_samples, reconstruction);
}

template <typename T>
std::vector<double> Autoencoder<T>::score_samples(const T* x, Index n_samples) const {
  check_rows(x, n_samples, n_features());
  std::vector<double> scores(static_cast<std::size_t>(n_samples));
  Monitor silent;
  engine_->squared_errors(layers(), x, n_samples, scores.data(), silent, n_threads_);
  for (double& score : scores) score = -score;
  return scores;
}

template <typename T>
std::vector<LayerView<T>> Autoencoder<T>::layers() const {
  std::vector<LayerView<T>> views;
  for (const Layer& layer : layers_of(network_)) {
    views.push_back({parameters_.data() + layer.weights_offset, parameters_.data() + layer.bias_offset, layer.n_inputs,
                     layer.n_outputs, layer.activation, layer.tied, 0});
  }
  views[views.size() / 2 - 1].n_active = network_.n_active;
  return views;
}

template <typename T>
std::vector<LayerView<T>> Autoencoder<T>::encoder() const {
  auto views = layers();
  views.resize(views.size() / 2);
  return views;
}

template <typename T>
std::vector<LayerView<T>> Autoencoder<T>::decoder() const {
  auto views = layers();
  views.erase(views.begin(), views.begin() + static_cast<std::ptrdiff_t>(views.size() / 2));
  return views;
}

// (2, n_features), minima then maxima; refuses x that the loss cannot take.
template <typename T>
std::vector<T> Autoencoder<T>::column_extremes(const T* x, Index n_samples) const {
  std::vector<T> extremes(2 * static_cast<std::size_t>(n_features()));
  if (!engine_->describe(x, n_samples, n_features(), extremes.data())) {
    throw std::invalid_argument("x must be finite, found NaN or infinity");
  }
  if (objective_.loss != Loss::binary_crossentropy) return extremes;
  for (const T extreme : extremes) {
    if (extreme < 0 || extreme > 1) {
      throw std::invalid_argument("binary_crossentropy needs x in [0, 1], found " + std::to_string(extreme));
    }
  }
  return extremes;
}

template <typename T>
std::vector<T> Autoencoder<T>::forward(const std::vector<LayerView<T>>& layers, const T* x, Index n_samples) const {
  check_rows(x, n_samples, std::max(layers.front().n_inputs, layers.back().n_outputs));
  std::vector<T> output(static_cast<std::size_t>(n_samples * layers.back().n_outputs));
  forward(layers, x, n_samples, output.data());
  return output;
}

template <typename T>
void Autoencoder<T>::forward(const std::vector<LayerView<T>>& layers, const T* x, Index n_samples, T* output) const {
  check_rows(x, n_samples, std::max(layers.front().n_inputs, layers.back().n_outputs));
  if (!output) throw std::invalid_argument("the output must have memory, found nullptr");
  Monitor silent;
  engine_->forward(layers, x, n_samples, output, silent, n_threads_);
}

template class Autoencoder<float>;
template class Autoencoder<double>;

}  // namespace eigencoder
