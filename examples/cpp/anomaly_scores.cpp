// Trains an autoencoder on points of a curve in space and finds the one that lies beside it.
//
// $ build/example/anomaly_scores
//     loss of the first epoch 0.5989, of the last 0.0001
//     a point of the curve: code 0.316, squared error 0.0000
//     the origin, beside it: code 0.321, squared error 1.2616
#include <eigencoder/autoencoder.h>

#include <cmath>
#include <cstdio>
#include <vector>

int main() {
  constexpr eigencoder::Index n_samples = 1000;
  constexpr eigencoder::Index n_features = 3;
  std::vector<float> x;
  for (eigencoder::Index i = 0; i < n_samples; ++i) {
    const float angle = 3.0F * static_cast<float>(i) / n_samples;
    x.insert(x.end(), {std::cos(angle), std::sin(angle), 0.5F * angle});
  }

  // 3-16-1-16-3 units: one number a point, since a curve needs no more.
  auto network = eigencoder::mirrored_network(n_features, {16}, 1, eigencoder::Activation::tanh);
  network.activations[1] = eigencoder::Activation::identity;
  eigencoder::Autoencoder<float> autoencoder(network, {}, /*seed=*/0);

  eigencoder::OptimizerConfig optimizer;
  optimizer.learning_rate_init = 0.01;
  eigencoder::ScheduleConfig schedule;
  schedule.batch_size = 50;
  const auto result = autoencoder.fit(x.data(), n_samples, optimizer, schedule);
  std::printf("loss of the first epoch %.4f, of the last %.4f\n", result.loss_curve.front(), result.loss_curve.back());

  const std::vector<float> points{std::cos(1.0F), std::sin(1.0F), 0.5F, 0.0F, 0.0F, 0.0F};
  const auto codes = autoencoder.transform(points.data(), 2);
  const auto scores = autoencoder.score_samples(points.data(), 2);
  std::printf("a point of the curve: code %.3f, squared error %.4f\n", codes[0], -scores[0]);
  std::printf("the origin, beside it: code %.3f, squared error %.4f\n", codes[1], -scores[1]);
}
