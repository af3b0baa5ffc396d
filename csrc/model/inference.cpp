#include "model/inference.h"

#include <algorithm>
#include <stdexcept>

namespace eigencoder::model {

using kernels::Context;
using kernels::Matrix;
using kernels::PaddedMatrix;
using kernels::Part;
using kernels::Range;
using kernels::Share;
using kernels::Weights;
using kernels::Worker;

namespace {

// The network as one thread runs it, with the activations of every layer but the last for one block.
template <typename T>
class BlockNetwork {
 public:
  BlockNetwork(const std::vector<LayerView<T>>& layers, Index n_rows, Context<T>& context, Share share,
               Worker<T>& worker)
      : layers_(layers), n_rows_(n_rows), context_(context), share_(share), worker_(worker) {
    Index most_active = 0;
    for (std::size_t l = 0; l + 1 < layers.size(); ++l) outputs_.emplace_back(n_rows, layers[l].n_outputs);
    for (const LayerView<T>& layer : layers) most_active = std::max(most_active, layer.n_active);
    kept_ = kernels::Buffer<Index>(n_rows * most_active);
  }

  void forward(Matrix<const T> x, Matrix<T> output) {
    Matrix<const T> input = x;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      context_.throw_if_interrupted(share_);
      const LayerView<T>& layer = layers_[l];
      const Matrix<T> a = l + 1 == layers_.size() ? output : outputs_[l].first_rows(x.rows);
      const Weights<const T> weights{layer.weights, layer.n_inputs, layer.n_outputs, layer.transposed};
      const Part all{{0, x.rows}, {0, layer.n_outputs}};
      // What is not finite in x shows in each unit of the first layer, where finite numbers may overflow too.
      if (l > 0) {
        kernels::dense_forward<T>(all, worker_, input, weights, layer.bias, layer.activation, a);
      } else if (!kernels::finite_dense_forward<T>(all, worker_, input, weights, layer.bias, layer.activation, a) &&
                 !kernels::all_finite<T>({0, x.rows}, worker_, x)) {
        throw std::invalid_argument("x must be finite, found NaN or infinity");
      }
      if (layer.n_active > 0) kernels::keep_largest<T>({0, x.rows}, worker_, layer.n_active, a, kept_.data());
      input = a;
    }
  }

  // For the output, where nobody else has room for it.
  Matrix<T> own_output(Index n_rows) {
    if (outputs_.size() < layers_.size()) outputs_.emplace_back(n_rows_, layers_.back().n_outputs);
    return outputs_.back().first_rows(n_rows);
  }

 private:
  const std::vector<LayerView<T>>& layers_;
  const Index n_rows_;
  Context<T>& context_;
  const Share share_;
  Worker<T>& worker_;
  std::vector<PaddedMatrix<T>> outputs_;
  kernels::Buffer<Index> kept_;
};

// Calls run_block(network, worker, first_row, n_rows) for all rows, each thread with a network of its own.
template <typename T, typename RunBlock>
void for_blocks(const std::vector<LayerView<T>>& layers, Index n_samples, Context<T>& context,
                const RunBlock& run_block) {
  context.run([&](Share share, Worker<T>& worker) {
    const Range rows = share.of(n_samples, kernels::row_unit);
    if (rows.size() == 0) return;
    BlockNetwork<T> network(layers, std::min(kernels::inference_rows, rows.size()), context, share, worker);
    for (Index first = rows.begin; first < rows.end; first += kernels::inference_rows) {
      run_block(network, worker, first, std::min(kernels::inference_rows, rows.end - first));
    }
  });
}

}  // namespace

template <typename T>
void forward(const std::vector<LayerView<T>>& layers, const T* x, Index n_samples, T* output, Context<T>& context) {
  const Index max_rows = std::min(kernels::inference_rows, n_samples);
  kernels::InputRows<T> inputs(context, x, layers.front().n_inputs, max_rows);
  kernels::OutputRows<T, T> outputs(context, output, layers.back().n_outputs, max_rows);
  for_blocks(layers, n_samples, context, [&](BlockNetwork<T>& network, Worker<T>&, Index first, Index n_rows) {
    network.forward(inputs.block(first, n_rows), outputs.block(first, n_rows));
    outputs.store(first, n_rows);
  });
}

template <typename T>
void squared_errors(const std::vector<LayerView<T>>& layers, const T* x, Index n_samples, double* errors,
                    Context<T>& context) {
  const Index n_features = layers.front().n_inputs;
  const Index max_rows = std::min(kernels::inference_rows, n_samples);
  kernels::InputRows<T> inputs(context, x, n_features, max_rows);
  kernels::OutputRows<T, double> outputs(context, errors, 1, max_rows);
  for_blocks(layers, n_samples, context, [&](BlockNetwork<T>& network, Worker<T>& worker, Index first, Index n_rows) {
    const Matrix<const T> block = inputs.block(first, n_rows);
    const Matrix<T> reconstruction = network.own_output(n_rows);
    network.forward(block, reconstruction);
    kernels::row_losses<T>({0, n_rows}, worker, block, reconstruction, Loss::squared_error,
                           outputs.block(first, n_rows).data);
    outputs.store(first, n_rows);
  });
}

template <typename T>
bool describe(const T* x, Index n_samples, Index n_features, T* column_extremes, Context<T>& context) {
  kernels::InputRows<T> inputs(context, x, n_features, std::min(kernels::inference_rows, n_samples));
  kernels::Buffer<T> extremes(2 * n_features);
  bool finite = true;
  for (Index first = 0; first < n_samples && finite; first += kernels::inference_rows) {
    const Matrix<const T> block = inputs.block(first, std::min(kernels::inference_rows, n_samples - first));
    context.once([&](Worker<T>& worker) {
      finite = kernels::all_finite<T>({0, block.rows}, worker, block);
      kernels::column_extremes<T>({0, n_features}, worker, block, first > 0, extremes.data());
    });
  }
  context.read(2 * n_features, extremes.data(), column_extremes);
  return finite;
}

template bool describe(const float*, Index, Index, float*, Context<float>&);
template bool describe(const double*, Index, Index, double*, Context<double>&);
template void forward(const std::vector<LayerView<float>>&, const float*, Index, float*, Context<float>&);
template void forward(const std::vector<LayerView<double>>&, const double*, Index, double*, Context<double>&);
template void squared_errors(const std::vector<LayerView<float>>&, const float*, Index, double*, Context<float>&);
template void squared_errors(const std::vector<LayerView<double>>&, const double*, Index, double*, Context<double>&);

}  // namespace eigencoder::model
