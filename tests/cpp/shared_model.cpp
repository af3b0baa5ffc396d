// One model of the C API serves many threads at once, and each has its own last error.
#include <eigencoder/eigencoder.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "models.h"

namespace {

constexpr int n_callers = 4;
constexpr int n_calls = 50;
constexpr std::int64_t n_rows = 300;  // enough for two threads of each call

bool serves(const eigencoder_model* model, const std::vector<double>& x, const std::vector<double>& expected,
            const std::string& missing) {
  for (int call = 0; call < n_calls; ++call) {
    eigencoder_model* other = nullptr;
    if (eigencoder_load(missing.c_str(), 1, 1, &other) != EIGENCODER_SYSTEM_ERROR) return false;
    std::vector<double> reconstruction(x.size());
    if (eigencoder_reconstruct_double(model, x.data(), n_rows, reconstruction.data()) != EIGENCODER_OK) return false;
    if (reconstruction != expected) return false;
    if (!std::strstr(eigencoder_last_error(), missing.c_str())) return false;
  }
  return true;
}

}  // namespace

int main() {
  const models::Folder folder("shared-model");
  const auto network = eigencoder::mirrored_network(60, {50}, 40, eigencoder::Activation::tanh);
  const eigencoder::Autoencoder<double> saved(network);
  saved.save(folder / "model");
  eigencoder_model* model = nullptr;
  if (eigencoder_load((folder / "model").c_str(), 1, 2, &model) != EIGENCODER_OK) return 1;

  std::vector<double> x;
  for (int i = 0; i < n_rows * 60; ++i) x.push_back(i * 37 % 101 / 101.0);
  const auto expected = saved.reconstruct(x.data(), n_rows);
  std::atomic<int> n_served{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < n_callers; ++caller) {
    callers.emplace_back([&, caller] {
      if (serves(model, x, expected, folder / ("missing" + std::to_string(caller)))) ++n_served;
    });
  }
  for (auto& caller : callers) caller.join();
  eigencoder_free(model);
  return n_served == n_callers ? 0 : 2;
}
