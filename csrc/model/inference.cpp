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

// The network as one thread runs it, with memory for one block: for what its first n_outputs layers give.
template <typename T>
class BlockNetwork {
 public:
  BlockNetwork(const std::vector<LayerView<T>>& layers, std::size_t n_outputs, Index n_rows, Context<T>& context)
      : layers_(layers), context_(context) {
    Index most_active = 0;
    for (std::size_t l = 0; l < n_outputs; ++l) outputs_.emplace_back(n_rows, layers[l].n_outputs);
    for (const LayerView<T>& layer : layers) most_active = std::max(most_active, layer.n_active);
    kept_ = kernels::Buffer<Index>(n_rows * most_active);
  }

  // False where nothing came out: the monitor ends the call, or x is not finite, which `finite` then says.
  bool forward(Share share, Worker<T>& worker, Matrix<const T> x, Matrix<T> output) {
    Matrix<const T> input = x;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      if (context_.interrupted(share)) return false;
      const LayerView<T>& layer = layers_[l];
      const Matrix<T> a = l + 1 == layers_.size() ? output : outputs_[l].first_rows(x.rows);
      const Weights<const T> weights{layer.weights, layer.n_inputs, layer.n_outputs, layer.transposed};
      const Part all{{0, x.rows}, {0, layer.n_outputs}};
      // What is not finite in x shows in each unit of the first layer, where finite numbers may overflow too.
      if (l > 0) {
        kernels::dense_forward<T>(all, worker, input, weights, layer.bias, layer.activation, a);
      } else if (!kernels::finite_dense_forward<T>(all, worker, input, weights, layer.bias, layer.activation, a)) {
        finite_ = kernels::all_finite<T>({0, x.rows}, worker, x);
        if (!finite_) return false;
      }
      if (layer.n_active > 0) kernels::keep_largest<T>({0, x.rows}, worker, layer.n_active, a, kept_.data());
      input = a;
    }
    return true;
  }

  bool finite() const { return finite_; }
  // Of the last layer, where this holds all outputs.
  Matrix<T> output(Index n_rows) { return outputs_.back().first_rows(n_rows); }

 private:
  const std::vector<LayerView<T>>& layers_;
  Context<T>& context_;
  std::vector<PaddedMatrix<T>> outputs_;
  kernels::Buffer<Index> kept_;
  bool finite_ = true;
};

// Calls run_block(network, share, worker, first_row, n_rows) for all rows, each thread with a network of its own, until
// it answers false. The networks are made before the threads begin, which must not allocate.
template <typename T, typename RunBlock>
void for_blocks(const std::vector<LayerView<T>>& layers, std::size_t n_outputs, Index n_samples, Context<T>& context,
                const RunBlock& run_block) {
  std::vector<BlockNetwork<T>> networks;
  const auto rows_of = [&](Share share) { return share.of(n_samples, kernels::row_unit); };
  for (Index thread = 0; thread < context.n_threads(); ++thread) {
    const Index n_rows = rows_of({thread, context.n_threads()}).size();
    networks.emplace_back(layers, n_outputs, std::min(kernels::inference_rows, n_rows), context);
  }
  context.run([&](Share share, Worker<T>& worker) {
    const Range rows = rows_of(share);
    BlockNetwork<T>& network = networks[static_cast<std::size_t>(share.thread)];
    for (Index first = rows.begin; first < rows.end; first += kernels::inference_rows) {
      const Index n_rows = std::min(kernels::inference_rows, rows.end - first);
      if (!run_block(network, share, worker, first, n_rows)) break;
    }
    context.ask_until_all_end(share);
  });
  for (const BlockNetwork<T>& network : networks) {
    if (!network.finite()) throw std::invalid_argument("x must be finite, found NaN or infinity");
  }
}

}  // namespace

template <typename T>
void forward(const std::vector<LayerView<T>>& layers, const T* x, Index n_samples, T* output, Context<T>& context) {
  const Index max_rows = std::min(kernels::inference_rows, n_samples);
  kernels::InputRows<T> inputs(context, x, layers.front().n_inputs, max_rows);
  kernels::OutputRows<T, T> outputs(context, output, layers.back().n_outputs, max_rows);
  const auto run_block = [&](BlockNetwork<T>& network, Share share, Worker<T>& worker, Index first, Index n_rows) {
    const bool ran = network.forward(share, worker, inputs.block(first, n_rows), outputs.block(first, n_rows));
    if (ran) outputs.store(first, n_rows);
    return ran;
  };
  for_blocks(layers, layers.size() - 1, n_samples, context, run_block);
}

template <typename T>
void squared_errors(const std::vector<LayerView<T>>& layers, const T* x, Index n_samples, double* errors,
                    Context<T>& context) {
  const Index n_features = layers.front().n_inputs;
  const Index max_rows = std::min(kernels::inference_rows, n_samples);
  kernels::InputRows<T> inputs(context, x, n_features, max_rows);
  kernels::OutputRows<T, double> outputs(context, errors, 1, max_rows);
  const auto run_block = [&](BlockNetwork<T>& network, Share share, Worker<T>& worker, Index first, Index n_rows) {
    const Matrix<const T> block = inputs.block(first, n_rows);
    const Matrix<T> reconstruction = network.output(n_rows);
    if (!network.forward(share, worker, block, reconstruction)) return false;
    kernels::row_losses<T>({0, n_rows}, worker, block, reconstruction, Loss::squared_error,
                           outputs.block(first, n_rows).data);
    outputs.store(first, n_rows);
    return true;
  };
  for_blocks(layers, layers.size(), n_samples, context, run_block);
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
