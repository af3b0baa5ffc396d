#include "model/inference.h"

#include <algorithm>
#include <stdexcept>

namespace eigencoder::model {

using kernels::Context;
using kernels::Matrix;
using kernels::PaddedMatrix;
using kernels::Range;
using kernels::Scratch;
using kernels::Share;

namespace {

constexpr Index rows_at_once = 128;

// The network as one thread runs it, with the activations of every layer but the last for one block.
template <typename T>
class BlockNetwork {
 public:
  BlockNetwork(const std::vector<LayerView<T>>& layers, Index n_rows, Context<T>& context, Share share,
               Scratch<T>& scratch)
      : layers_(layers), context_(context), share_(share), scratch_(scratch) {
    Index most_active = 0;
    for (std::size_t l = 0; l + 1 < layers.size(); ++l) outputs_.emplace_back(n_rows, layers[l].n_outputs);
    for (const LayerView<T>& layer : layers) most_active = std::max(most_active, layer.n_active);
    kept_.resize(static_cast<std::size_t>(n_rows * most_active));
  }

  void forward(Matrix<const T> x, Matrix<T> output) {
    Matrix<const T> input = x;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      context_.throw_if_interrupted(share_);
      const LayerView<T>& layer = layers_[l];
      const Matrix<T> a = l + 1 == layers_.size() ? output : outputs_[l].first_rows(x.rows);
      const bool finite = kernels::finite_dense_forward<T>(
          {{0, x.rows}, {0, layer.n_outputs}}, scratch_, input,
          {layer.weights, layer.n_inputs, layer.n_outputs, layer.transposed}, layer.bias, layer.activation, a);
      // What is not finite in x shows in each unit of the first layer, where finite numbers may overflow too.
      if (l == 0 && !finite && !kernels::all_finite({0, x.rows}, x)) {
        throw std::invalid_argument("x must be finite, found NaN or infinity");
      }
      if (layer.n_active > 0) kernels::keep_largest<T>({0, x.rows}, layer.n_active, a, kept_.data());
      input = a;
    }
  }

 private:
  const std::vector<LayerView<T>>& layers_;
  Context<T>& context_;
  const Share share_;
  Scratch<T>& scratch_;
  std::vector<PaddedMatrix<T>> outputs_;
  std::vector<Index> kept_;
};

// Calls run_block(network, first_row, n_rows) for all rows, each thread with a network of its own.
template <typename T, typename RunBlock>
void for_blocks(const std::vector<LayerView<T>>& layers, Index n_samples, Monitor& monitor, int n_threads,
                const RunBlock& run_block) {
  Context<T> context(monitor, n_threads);
  context.run([&](Share share, Scratch<T>& scratch) {
    const Range rows = share.of(n_samples, kernels::row_unit);
    if (rows.size() == 0) return;
    BlockNetwork<T> network(layers, std::min(rows_at_once, rows.size()), context, share, scratch);
    for (Index first = rows.begin; first < rows.end; first += rows_at_once) {
      run_block(network, first, std::min(rows_at_once, rows.end - first));
    }
  });
}

}  // namespace

template <typename T>
void forward(const std::vector<LayerView<T>>& layers, const T* x, Index n_samples, T* output, Monitor& monitor,
             int n_threads) {
  const Index n_inputs = layers.front().n_inputs;
  const Index n_outputs = layers.back().n_outputs;
  for_blocks(layers, n_samples, monitor, n_threads, [&](BlockNetwork<T>& network, Index first, Index n_rows) {
    network.forward({x + first * n_inputs, n_rows, n_inputs, n_inputs},
                    {output + first * n_outputs, n_rows, n_outputs, n_outputs});
  });
}

template <typename T>
void squared_errors(const std::vector<LayerView<T>>& layers, const T* x, Index n_samples, double* errors,
                    Monitor& monitor, int n_threads) {
  const Index n_features = layers.front().n_inputs;
  for_blocks(layers, n_samples, monitor, n_threads, [&](BlockNetwork<T>& network, Index first, Index n_rows) {
    const Matrix<const T> block{x + first * n_features, n_rows, n_features, n_features};
    PaddedMatrix<T> reconstruction(n_rows, n_features);
    network.forward(block, reconstruction.first_rows(n_rows));
    kernels::row_losses<T>({0, n_rows}, block, reconstruction.first_rows(n_rows), Loss::squared_error, errors + first);
  });
}

template void forward(const std::vector<LayerView<float>>&, const float*, Index, float*, Monitor&, int);
template void forward(const std::vector<LayerView<double>>&, const double*, Index, double*, Monitor&, int);
template void squared_errors(const std::vector<LayerView<float>>&, const float*, Index, double*, Monitor&, int);
template void squared_errors(const std::vector<LayerView<double>>&, const double*, Index, double*, Monitor&, int);

}  // namespace eigencoder::model
