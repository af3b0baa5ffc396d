// A program that embeds eigencoder through its public headers alone: trains, encodes, and writes what it computed, one
// number a line, so that the same run in Python can be compared with it.
#include <eigencoder/autoencoder.h>
#include <eigencoder/loader.h>

#if __has_include(<Eigen/Core>)
#error "a consumer needs no Eigen"
#endif

#include <cstdio>
#include <stdexcept>
#include <vector>

namespace {

using eigencoder::Index;

constexpr Index n_samples = 40;
constexpr Index n_features = 12;

// The i-th sample's j-th feature, in [0, 1): the same arithmetic stands in the Python test.
std::vector<double> data() {
  std::vector<double> x;
  for (Index i = 0; i < n_samples; ++i) {
    for (Index j = 0; j < n_features; ++j) x.push_back(static_cast<double>((i * (j + 3) + j * j) % 17) / 17.0);
  }
  return x;
}

class CountingMonitor : public eigencoder::Monitor {
 public:
  bool epoch_ends(const eigencoder::Epoch&) override { return ++n_epochs < 5; }
  int n_epochs = 0;
};

template <typename Values>
void print(const Values& values) {
  for (const auto value : values) std::printf("%.17g\n", static_cast<double>(value));
}

bool refuses_a_wrong_setting() {
  eigencoder::ObjectiveConfig objective;
  objective.penalty = eigencoder::Penalty::kl;
  try {
    eigencoder::Autoencoder<double>(eigencoder::mirrored_network(n_features, {}, 4, eigencoder::Activation::relu),
                                    objective);
  } catch (const std::invalid_argument&) {
    return true;
  }
  return false;
}

bool refuses_an_unknown_device() {
  try {
    eigencoder::Autoencoder<double>(eigencoder::mirrored_network(n_features, {}, 4), {}, 0, 1, "tpu");
  } catch (const std::invalid_argument&) {
    return true;
  }
  return false;
}

}  // namespace

int main() {
  const auto x = data();
  eigencoder::ObjectiveConfig objective;
  objective.penalty = eigencoder::Penalty::kl;
  objective.corruption = eigencoder::Corruption::masking;
  eigencoder::OptimizerConfig optimizer;
  optimizer.learning_rate_init = 0.01;
  eigencoder::ScheduleConfig schedule;
  schedule.batch_size = 16;
  schedule.tol = 0;

  eigencoder::Autoencoder<double> model(eigencoder::mirrored_network(n_features, {8}, 4), objective, 7, 2);
  CountingMonitor monitor;
  const auto result = model.fit(x.data(), n_samples, optimizer, schedule, monitor);
  if (result.status != eigencoder::FitStatus::stopped || monitor.n_epochs != 5) return 1;
  if (!refuses_a_wrong_setting() || !refuses_an_unknown_device()) return 2;
  if (model.inverse_transform(model.transform(x.data(), n_samples).data(), n_samples) !=
      model.reconstruct(x.data(), n_samples)) {
    return 3;
  }

  print(result.loss_curve);
  print(model.transform(x.data(), n_samples));
  print(model.score_samples(x.data(), n_samples));
  return 0;
}
