// Trainings and transforms from several threads at once, each with a team of its own, give the bits of one thread.
#include <eigencoder/autoencoder.h>

#include <cstdio>
#include <thread>
#include <vector>

namespace {

using eigencoder::Index;

constexpr Index n_samples = 256;
constexpr Index n_features = 256;

std::vector<float> data() {
  std::vector<float> x;
  for (Index i = 0; i < n_samples * n_features; ++i) x.push_back(static_cast<float>(i * 37 % 101) / 101.0F);
  return x;
}

// Wide enough that every team of threads is used.
std::vector<float> train_and_encode(const std::vector<float>& x, int n_threads) {
  eigencoder::ObjectiveConfig objective;
  objective.penalty = eigencoder::Penalty::kl;
  objective.corruption = eigencoder::Corruption::gaussian;
  eigencoder::ScheduleConfig schedule;
  schedule.max_iter = 3;
  schedule.batch_size = 128;
  eigencoder::Autoencoder<float> model(eigencoder::mirrored_network(n_features, {}, 96), objective, 3, n_threads);
  model.fit(x.data(), n_samples, {}, schedule);
  return model.transform(x.data(), n_samples);
}

}  // namespace

int main() {
  const auto x = data();
  const auto expected = train_and_encode(x, 1);
  const std::vector<int> n_threads{1, 2, 3, 7};
  std::vector<std::vector<float>> codes(n_threads.size());
  std::vector<std::thread> callers;
  for (std::size_t i = 0; i < n_threads.size(); ++i) {
    callers.emplace_back([&, i] { codes[i] = train_and_encode(x, n_threads[i]); });
  }
  for (auto& caller : callers) caller.join();
  for (std::size_t i = 0; i < n_threads.size(); ++i) {
    if (codes[i] == expected) continue;
    std::printf("%d threads give other bits than 1\n", n_threads[i]);
    return 1;
  }
  return 0;
}
