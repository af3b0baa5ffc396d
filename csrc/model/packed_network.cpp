#include "model/packed_network.h"

#include <atomic>
#include <deque>
#include <limits>
#include <mutex>
#include <optional>
#include <stdexcept>

#include "kernels/kernels.h"
#include "kernels/packed_layer.h"
#include "model/worthwhile_threads.h"

namespace eigencoder::model {
namespace {

using kernels::Buffer;
using kernels::Matrix;
using kernels::PackedLayer;
using kernels::Range;
using kernels::Share;
using kernels::Worker;

// Packed when it is first needed: who only encodes has no packed decoder.
template <typename T>
class LazyLayer {
 public:
  explicit LazyLayer(const LayerView<T>& view) : view_(view) {}

  const LayerView<T>& view() const { return view_; }
  const PackedLayer<T>& packed() const {
    std::call_once(once_, [this] { packed_.emplace(view_); });
    return *packed_;
  }

 private:
  const LayerView<T> view_;
  mutable std::once_flag once_;
  mutable std::optional<PackedLayer<T>> packed_;
};

template <typename T>
class PackedNetworkOnCpu : public PackedNetwork<T> {
 public:
  explicit PackedNetworkOnCpu(const std::vector<LayerView<T>>& layers) {
    for (const LayerView<T>& layer : layers) layers_.emplace_back(layer);
  }

  bool forward(Index begin, Index end, const T* x, Index n_samples, T* output, Monitor& monitor,
               int n_threads) const override;
  int most_threads(Index begin, Index end, Index n_samples) const override;

 private:
  const LazyLayer<T>& layer(Index l) const { return layers_[static_cast<std::size_t>(l)]; }

  std::deque<LazyLayer<T>> layers_;  // which cannot be moved
};

// `kept` holds the columns of one row at a time.
template <typename T>
void keep_largest(Index n_active, Matrix<T> code, Index* kept) {
  Worker<T> unused{Buffer<T>(), Buffer<T>()};
  for (Index i = 0; i < code.rows; ++i) {
    kernels::keep_largest<T>({0, 1}, unused, n_active, code.block(i, 0, 1, code.cols), kept);
  }
}

template <typename T>
bool all_finite(Matrix<const T> x) {
  Worker<T> unused{Buffer<T>(), Buffer<T>()};
  return kernels::all_finite<T>({0, x.rows}, unused, x);
}

template <typename T>
bool PackedNetworkOnCpu<T>::forward(Index begin, Index end, const T* x, Index n_samples, T* output, Monitor& monitor,
                                    int n_threads) const {
  Index widest = 0;
  Index most_active = 0;
  for (Index l = begin; l < end; ++l) {
    layer(l).packed();
    if (l + 1 < end) widest = std::max(widest, layer(l).view().n_outputs);
    most_active = std::max(most_active, layer(l).view().n_active);
  }
  const Index n_inputs = layer(begin).view().n_inputs;
  const Index n_outputs = layer(end - 1).view().n_outputs;
  const Index max_rows = std::min(kernels::inference_rows, n_samples);
  const Index stride = widest > 0 ? kernels::padded_stride<T>(widest) : 0;
  parallel::Team team(std::min(n_threads, most_threads(begin, end, n_samples)));
  Buffer<T> hidden(kernels::checked_product(2 * team.n_threads() * max_rows, stride));
  Buffer<Index> kept(team.n_threads() * most_active);
  std::atomic<bool> interrupted{false};
  std::atomic<bool> finite{true};

  const auto asked_to_end = [&](int thread) {
    if (thread == 0 && !interrupted && !monitor.keep_going()) interrupted = true;
    return interrupted.load();
  };
  const auto encode = [&](int thread, Matrix<const T> input, Matrix<T> result) {
    for (Index l = begin; l < end; ++l) {
      if (asked_to_end(thread)) return false;
      const LayerView<T>& view = layer(l).view();
      T* const memory = hidden.data() + (2 * thread + l % 2) * max_rows * stride;
      const Matrix<T> a = l + 1 == end ? result : Matrix<T>{memory, input.rows, view.n_outputs, stride};
      // What is not finite in x shows in each unit of the first layer, where finite numbers may overflow too.
      if (!layer(l).packed().forward(input, a) && l == begin && !all_finite(input)) finite = false;
      if (!finite) return false;
      if (view.n_active > 0) keep_largest(view.n_active, a, kept.data() + thread * most_active);
      input = a;
    }
    return true;
  };
  team.run([&](int thread) {
    const Range rows = Share{thread, team.n_threads()}.of(n_samples, kernels::row_unit);
    for (Index first = rows.begin; first < rows.end; first += max_rows) {
      const Index n_rows = std::min(max_rows, rows.end - first);
      if (!encode(thread, {x + first * n_inputs, n_rows, n_inputs, n_inputs},
                  {output + first * n_outputs, n_rows, n_outputs, n_outputs})) {
        break;
      }
    }
    if (thread == 0) team.wait_for_others([&] { return asked_to_end(thread); });
  });
  if (interrupted) return false;
  if (!finite) throw std::invalid_argument("x must be finite, found NaN or infinity");
  return true;
}

template <typename T>
int PackedNetworkOnCpu<T>::most_threads(Index begin, Index end, Index n_samples) const {
  double flops = 0;
  for (Index l = begin; l < end; ++l) {
    flops += 2.0 * static_cast<double>(layer(l).view().n_inputs * layer(l).view().n_outputs);
  }
  return worthwhile_threads(flops * static_cast<double>(n_samples), std::numeric_limits<int>::max());
}

}  // namespace

template <typename T>
std::unique_ptr<const PackedNetwork<T>> pack(const std::vector<LayerView<T>>& layers) {
  return std::make_unique<const PackedNetworkOnCpu<T>>(layers);
}

template std::unique_ptr<const PackedNetwork<float>> pack(const std::vector<LayerView<float>>&);
template std::unique_ptr<const PackedNetwork<double>> pack(const std::vector<LayerView<double>>&);

}  // namespace eigencoder::model
