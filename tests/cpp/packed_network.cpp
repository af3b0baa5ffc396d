// A packed network gives the bits of `forward`, with any number of threads, to any number of callers at once.
#include <eigencoder/layers.h>
#include <eigencoder/loader.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using eigencoder::Index;
using eigencoder::LayerView;

// One row has work for two threads.
constexpr Index n_features = 700;
constexpr Index n_hidden = 900;
constexpr Index n_components = 203;
constexpr Index n_active = 20;
constexpr Index n_samples = 8;
constexpr Index n_layers = 2;
constexpr int n_calls = 200;

std::vector<float> numbers(Index n, float scale) {
  std::vector<float> result;
  for (Index i = 0; i < n; ++i) result.push_back(scale * static_cast<float>(i * 37 % 101 - 50) / 50.0F);
  return result;
}

struct Layers {
  std::vector<float> first = numbers(n_features * n_hidden, 0.05F);
  std::vector<float> second = numbers(n_hidden * n_components, 0.05F);
  std::vector<float> bias = numbers(n_hidden, 0.1F);

  std::vector<LayerView<float>> views() const {
    std::vector<LayerView<float>> views(n_layers);
    views[0] = {first.data(), bias.data(), n_features, n_hidden, eigencoder::Activation::tanh};
    views[1] = {second.data(), bias.data(), n_hidden, n_components, eigencoder::Activation::sigmoid};
    views[1].n_active = n_active;
    return views;
  }
};

}  // namespace

int main() {
  const Layers layers;
  const auto x = numbers(n_samples * n_features, 1.0F);
  const eigencoder::EngineFor<float>& engine = eigencoder::engine();
  eigencoder::Monitor monitor;
  std::vector<float> expected(n_samples * n_components);
  engine.forward(layers.views(), x.data(), n_samples, expected.data(), monitor, 1);

  const auto packed = engine.pack(layers.views());
  if (packed->most_threads(0, n_layers, 1) != 2) return 1;
  std::vector<float> together(expected.size());
  packed->forward(0, n_layers, x.data(), n_samples, together.data(), monitor, 1);
  if (together != expected) return 4;

  std::atomic<int> n_wrong{0};
  const auto call = [&](Index row) {
    eigencoder::Monitor silent;
    std::vector<float> codes(n_components);
    for (int i = 0; i < n_calls; ++i) {
      packed->forward(0, n_layers, x.data() + row * n_features, 1, codes.data(), silent, 2);
      const auto* const from = expected.data() + row * n_components;
      if (codes != std::vector<float>(from, from + n_components)) ++n_wrong;
      // So that the next call finds the companion asleep, or on its way there.
      if (i % 50 == 0) std::this_thread::sleep_for(std::chrono::microseconds(100 + 10 * row + i));
    }
  };
  std::vector<std::thread> callers;
  for (Index row = 0; row < 4; ++row) callers.emplace_back(call, row);
  for (auto& caller : callers) caller.join();
  call(5);
  if (n_wrong != 0) {
    std::printf("%d of the calls gave other bits than forward\n", n_wrong.load());
    return 2;
  }

  auto broken = x;
  broken[3] = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> codes(n_components);
  for (int i = 0; i < n_calls; ++i) {
    try {
      packed->forward(0, n_layers, broken.data(), 1, codes.data(), monitor, 2);
      return 3;
    } catch (const std::invalid_argument&) {
    }
  }
  // One that is never called, one that ends while its companion is awake, and one whose companion sleeps.
  engine.pack(layers.views());
  for (const int milliseconds : {0, 5}) {
    const auto brief = engine.pack(layers.views());
    brief->forward(0, n_layers, x.data(), 1, codes.data(), monitor, 2);
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  }
  return 0;
}
