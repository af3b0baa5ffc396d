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
#include "parallel/companion.h"
#include "parallel/rest.h"

namespace eigencoder::model {
namespace {

using kernels::Buffer;
using kernels::Matrix;
using kernels::PackedLayer;
using kernels::Range;
using kernels::Share;
using kernels::Worker;

// Of one row: below it even a thread that waits for the call comes too late.
constexpr double flops_for_companion = 1e6;

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
  double flops_of_row(Index begin, Index end) const;
  // With the companion; returns whether x is finite.
  bool forward_row(Index begin, Index end, const T* x, T* output, T* hidden, Index stride, Index* kept) const;

  std::deque<LazyLayer<T>> layers_;  // which cannot be moved
  mutable parallel::Companion companion_;
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
  n_threads = std::min(n_threads, most_threads(begin, end, n_samples));
  Buffer<T> hidden(kernels::checked_product(2 * n_threads * max_rows, stride));
  Buffer<Index> kept(n_threads * most_active);
  const auto not_finite = [] { throw std::invalid_argument("x must be finite, found NaN or infinity"); };
  if (n_samples == 1 && n_threads > 1) {
    if (!forward_row(begin, end, x, output, hidden.data(), stride, kept.data())) not_finite();
    return monitor.keep_going();
  }
  parallel::Team team(n_threads);
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
  if (!finite) not_finite();
  return true;
}

// Each takes parts of a layer as long as there are some; the caller opens the next layer.
template <typename T>
bool PackedNetworkOnCpu<T>::forward_row(Index begin, Index end, const T* x, T* output, T* hidden, Index stride,
                                        Index* kept) const {
  struct Progress {
    std::atomic<Index> n_taken{0};
    std::atomic<Index> n_done{0};
  };
  std::vector<Progress> progress(static_cast<std::size_t>(end - begin));
  std::atomic<Index> open{begin};
  std::atomic<bool> finite{true};
  const auto output_of = [&](Index l) { return l + 1 == end ? output : hidden + l % 2 * stride; };
  const auto make_parts = [&](Index l) {
    const PackedLayer<T>& packed = layer(l).packed();
    const T* const input = l == begin ? x : output_of(l - 1);
    Progress& made = progress[static_cast<std::size_t>(l - begin)];
    for (Index part; (part = made.n_taken.fetch_add(1)) < packed.n_parts_of_row();) {
      if (!packed.forward_part_of_row(part, input, output_of(l)) && l == begin) finite = false;
      made.n_done.fetch_add(1, std::memory_order_release);
    }
    return made.n_done.load(std::memory_order_acquire) == packed.n_parts_of_row();
  };
  companion_.run([&](int thread) {
    for (Index l = begin; l < end; ++l) {
      if (thread == 1) {
        parallel::wait_until([&] { return open.load(std::memory_order_acquire) >= l; });
        make_parts(l);
        continue;
      }
      parallel::wait_until([&] { return make_parts(l); });
      const LayerView<T>& view = layer(l).view();
      if (view.n_active > 0) keep_largest<T>(view.n_active, {output_of(l), 1, view.n_outputs, view.n_outputs}, kept);
      open.store(l + 1, std::memory_order_release);
    }
  });
  const Index n_inputs = layer(begin).view().n_inputs;
  return finite || all_finite<T>({x, 1, n_inputs, n_inputs});
}

template <typename T>
double PackedNetworkOnCpu<T>::flops_of_row(Index begin, Index end) const {
  double flops = 0;
  for (Index l = begin; l < end; ++l) {
    flops += 2.0 * static_cast<double>(layer(l).view().n_inputs * layer(l).view().n_outputs);
  }
  return flops;
}

template <typename T>
int PackedNetworkOnCpu<T>::most_threads(Index begin, Index end, Index n_samples) const {
  const double flops = flops_of_row(begin, end);
  if (n_samples == 1) return flops < flops_for_companion ? 1 : 2;
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
