// Trainings and transforms from several threads at once, each with a team of its own, give the bits of one thread.
#include <eigencoder/autoencoder.h>

#include <cstdio>
#include <filesystem>
#include <iterator>
#include <thread>
#include <vector>

namespace {

using eigencoder::Index;

// So large that seven threads have enough to do in a step and in a transform.
constexpr Index n_samples = 2560;
constexpr Index n_features = 256;
constexpr Index n_components = 128;

std::vector<float> data() {
  std::vector<float> x;
  for (Index i = 0; i < n_samples * n_features; ++i) x.push_back(static_cast<float>(i * 37 % 101) / 101.0F);
  return x;
}

// How many threads the process has while a fit is under way.
class ThreadCounter : public eigencoder::Monitor {
 public:
  bool epoch_ends(const eigencoder::Epoch&) override {
    namespace fs = std::filesystem;
    n_threads = std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator());
    return true;
  }
  std::ptrdiff_t n_threads = 0;
};

std::vector<float> train_and_encode(const std::vector<float>& x, int n_threads, ThreadCounter& counter) {
  eigencoder::ObjectiveConfig objective;
  objective.penalty = eigencoder::Penalty::kl;
  objective.corruption = eigencoder::Corruption::gaussian;
  eigencoder::ScheduleConfig schedule;
  schedule.max_iter = 1;
  schedule.batch_size = 640;
  eigencoder::Autoencoder<float> model(eigencoder::mirrored_network(n_features, {}, n_components), objective, 3,
                                       n_threads);
  model.fit(x.data(), n_samples, {}, schedule, counter);
  return model.transform(x.data(), n_samples);
}

}  // namespace

int main() {
  const auto x = data();
  ThreadCounter alone;
  const auto expected = train_and_encode(x, 1, alone);
  ThreadCounter together;
  if (train_and_encode(x, 7, together) != expected) return 1;
  if (together.n_threads < alone.n_threads + 6) {
    std::printf("7 threads were asked for, and there were %td beside the others\n",
                together.n_threads - alone.n_threads);
    return 2;
  }

  const std::vector<int> n_threads{1, 2, 3, 7};
  std::vector<std::vector<float>> codes(n_threads.size());
  std::vector<std::thread> callers;
  for (std::size_t i = 0; i < n_threads.size(); ++i) {
    callers.emplace_back([&, i] {
      ThreadCounter counter;
      codes[i] = train_and_encode(x, n_threads[i], counter);
    });
  }
  for (auto& caller : callers) caller.join();
  for (std::size_t i = 0; i < n_threads.size(); ++i) {
    if (codes[i] == expected) continue;
    std::printf("%d threads give other bits than 1\n", n_threads[i]);
    return 3;
  }
  return 0;
}
