#include "model/inference.h"

namespace eigencoder::model {

using kernels::Matrix;

namespace {

constexpr Index block_rows = 512;

// The activations of every layer but the last, for one block.
template <typename T>
class HiddenLayers {
 public:
  HiddenLayers(const std::vector<LayerView<T>>& layers, Index n_rows, kernels::Context<T>& context)
      : layers_(layers), context_(context) {
    for (std::size_t l = 0; l + 1 < layers.size(); ++l) outputs_.emplace_back(n_rows, layers[l].n_outputs);
  }

  void forward(Matrix<const T> x, Matrix<T> output) {
    Matrix<const T> input = x;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      const LayerView<T>& layer = layers_[l];
      const Matrix<T> a = l + 1 == layers_.size() ? output : outputs_[l].first_rows(x.rows);
      kernels::dense_forward<T>(context_, input, {layer.weights, layer.n_inputs, layer.n_outputs, layer.transposed},
                                layer.bias, layer.activation, a);
      input = a;
    }
  }

 private:
  const std::vector<LayerView<T>>& layers_;
  kernels::Context<T>& context_;
  std::vector<kernels::PaddedMatrix<T>> outputs_;
};

template <typename Task>
void for_blocks(Index n_samples, const Task& task) {
  for (Index first = 0; first < n_samples; first += block_rows) task(first, std::min(block_rows, n_samples - first));
}

}  // namespace

template <typename T>
void forward(const std::vector<LayerView<T>>& layers, const T* x, Index n_samples, T* output,
             kernels::Context<T>& context) {
  const Index n_inputs = layers.front().n_inputs;
  const Index n_outputs = layers.back().n_outputs;
  HiddenLayers<T> network(layers, std::min(block_rows, n_samples), context);
  for_blocks(n_samples, [&](Index first, Index n_rows) {
    network.forward({x + first * n_inputs, n_rows, n_inputs, n_inputs},
                    {output + first * n_outputs, n_rows, n_outputs, n_outputs});
  });
}

template <typename T>
void squared_errors(const std::vector<LayerView<T>>& layers, const T* x, Index n_samples, double* errors,
                    kernels::Context<T>& context) {
  const Index n_features = layers.front().n_inputs;
  const Index n_rows_held = std::min(block_rows, n_samples);
  HiddenLayers<T> network(layers, n_rows_held, context);
  kernels::PaddedMatrix<T> reconstruction(n_rows_held, n_features);
  for_blocks(n_samples, [&](Index first, Index n_rows) {
    const Matrix<const T> block{x + first * n_features, n_rows, n_features, n_features};
    network.forward(block, reconstruction.first_rows(n_rows));
    kernels::row_losses<T>(context, block, reconstruction.first_rows(n_rows), Loss::squared_error, errors + first);
  });
}

template void forward(const std::vector<LayerView<float>>&, const float*, Index, float*, kernels::Context<float>&);
template void forward(const std::vector<LayerView<double>>&, const double*, Index, double*, kernels::Context<double>&);
template void squared_errors(const std::vector<LayerView<float>>&, const float*, Index, double*,
                             kernels::Context<float>&);
template void squared_errors(const std::vector<LayerView<double>>&, const double*, Index, double*,
                             kernels::Context<double>&);

}  // namespace eigencoder::model
