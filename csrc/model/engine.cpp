// The engine of this library's CPU level. The build defines EIGENCODER_LEVEL and EIGENCODER_COMPILER.
#include "eigencoder/engine.h"

#include <algorithm>
#include <new>

#include "model/inference.h"
#include "model/packed_network.h"
#include "model/trainer.h"
#include "model/worthwhile_threads.h"

namespace eigencoder::model {
namespace {

template <typename T>
double flops(const std::vector<LayerView<T>>& layers, Index n_samples) {
  double per_row = 0;
  for (const auto& layer : layers) per_row += 2.0 * static_cast<double>(layer.n_inputs * layer.n_outputs);
  return per_row * static_cast<double>(n_samples);
}

template <typename T>
class CpuEngineFor : public virtual EngineFor<T> {
 public:
  void initialise(const NetworkConfig& config, std::uint64_t seed, T* parameters) const override {
    Network(config).initialise(seed, parameters);
  }

  std::optional<double> loss_and_gradients(const NetworkConfig& config, const ObjectiveConfig& objective_config,
                                           const Dataset<T>& data, const std::uint64_t* noise_seed,
                                           const double* mean_activity, const T* parameters, T* gradients,
                                           Monitor& monitor, int n_threads) const override {
    const Network network(config);
    kernels::Context<T> context(
        monitor, worthwhile_threads(network.flops_per_row() * static_cast<double>(data.n_samples), n_threads));
    Objective<T> objective(network, objective_config, std::min(kernels::full_batch_rows, data.n_samples),
                           data.has_own_target(), context);
    const kernels::Noise noise{objective_config.corruption, objective_config.corruption_level, noise_seed,
                               math::Stream::noise, 0};
    kernels::Source<T> source(context, data, network.n_features(), objective.max_rows());
    try {
      return objective.evaluate(source, noise, mean_activity, parameters, gradients);
    } catch (const kernels::Interrupted&) {
      return std::nullopt;
    }
  }

  FitResult fit(const NetworkConfig& config, const ObjectiveConfig& objective, const OptimizerConfig& optimizer,
                const ScheduleConfig& schedule, std::uint64_t seed, const Dataset<T>& train,
                const Dataset<T>* validation, TrainingState<T>& state, Monitor& monitor, int n_threads) const override {
    const Network network(config);
    const Index batch_size =
        optimizer.solver == Solver::lbfgs ? train.n_samples : std::min(schedule.batch_size, train.n_samples);
    kernels::Context<T> context(
        monitor, worthwhile_threads(network.flops_per_row() * static_cast<double>(batch_size), n_threads));
    return Trainer<T>(network, objective, optimizer, schedule, seed, train, validation, state, monitor, context).fit();
  }

  bool forward(const std::vector<LayerView<T>>& layers, const T* x, Index n_samples, T* output, Monitor& monitor,
               int n_threads) const override {
    return ran_to_the_end([&] {
      kernels::Context<T> context(monitor, worthwhile_threads(flops(layers, n_samples), n_threads));
      model::forward(layers, x, n_samples, output, context);
    });
  }

  std::unique_ptr<const PackedNetwork<T>> pack(const std::vector<LayerView<T>>& layers) const override {
    return model::pack(layers);
  }

  bool squared_errors(const std::vector<LayerView<T>>& layers, const T* x, Index n_samples, double* errors,
                      Monitor& monitor, int n_threads) const override {
    return ran_to_the_end([&] {
      kernels::Context<T> context(monitor, worthwhile_threads(flops(layers, n_samples), n_threads));
      model::squared_errors(layers, x, n_samples, errors, context);
    });
  }

  bool describe(const T* x, Index n_samples, Index n_features, T* column_extremes) const override {
    Monitor silent;
    kernels::Context<T> context(silent, 1);
    return model::describe(x, n_samples, n_features, column_extremes, context);
  }

 private:
  template <typename Call>
  static bool ran_to_the_end(const Call& call) {
    try {
      call();
      return true;
    } catch (const kernels::Interrupted&) {
      return false;
    }
  }
};

class CpuEngine : public Engine, CpuEngineFor<float>, CpuEngineFor<double> {
 public:
  const char* name() const override { return EIGENCODER_LEVEL; }
  const char* compiler() const override { return EIGENCODER_COMPILER; }

  void add_gram(const double* a, Index n_rows, Index n_cols, double* c, int n_threads) const override {
    Monitor silent;
    const double work = static_cast<double>(n_rows) * static_cast<double>(n_cols) * static_cast<double>(n_cols);
    kernels::Context<double> context(silent, worthwhile_threads(work, n_threads));
    context.run([&](kernels::Share share, kernels::Worker<double>& worker) {
      kernels::add_gram<double>(share, worker, {a, n_rows, n_cols, n_cols}, {c, n_cols, n_cols, n_cols});
    });
  }

  void* allocate(std::size_t bytes) const override { return ::operator new(bytes); }
  void release(void* memory) const override { ::operator delete(memory); }
};

}  // namespace
}  // namespace eigencoder::model

extern "C" __attribute__((visibility("default"))) const eigencoder::Engine* eigencoder_engine(int /*device*/) {
  static const eigencoder::model::CpuEngine engine;
  return &engine;
}
