// The engine of a GPU: brings weights there, trains with the same loop as a CPU, and brings them back.
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

#include "eigencoder/engine.h"
#include "model/inference.h"
#include "model/trainer.h"

namespace eigencoder::model {
namespace {

using kernels::Buffer;
using kernels::Context;

// An array of the host and its twin on the GPU; nullptr has none.
template <typename T, typename V>
class Twin {
 public:
  Twin(Context<T>& context, V* host, Index n) : context_(context), host_(host), gpu_(host ? n : 0) {
    kernels::copy_to_gpu<std::remove_const_t<V>>(context.stream().get(), gpu_.size(), host, gpu_.data());
  }
  void bring_back() { context_.read(gpu_.size(), gpu_.data(), host_); }
  auto* data() { return gpu_.data(); }

 private:
  Context<T>& context_;
  V* const host_;
  Buffer<std::remove_const_t<V>> gpu_;
};

template <typename T>
class StateOnGpu {
 public:
  StateOnGpu(Context<T>& context, const Network& network, TrainingState<T>& host)
      : host_(host),
        parameters_(context, host.parameters, network.n_parameters()),
        first_moment_(context, host.first_moment, network.n_parameters()),
        second_moment_(context, host.second_moment, network.n_parameters()),
        average_(context, host.average, network.n_parameters()),
        scales_(context, host.scales, network.n_parameters()),
        mean_activity_(context, host.mean_activity, network.layers()[network.code_layer()].n_outputs) {
    state_.parameters = parameters_.data();
    state_.first_moment = first_moment_.data();
    state_.second_moment = second_moment_.data();
    state_.average = average_.data();
    state_.scales = scales_.data();
    state_.mean_activity = mean_activity_.data();
    state_.n_updates = host.n_updates;
    state_.n_warmup_updates = host.n_warmup_updates;
  }

  TrainingState<T>& get() { return state_; }
  void bring_back() {
    parameters_.bring_back();
    first_moment_.bring_back();
    second_moment_.bring_back();
    average_.bring_back();
    mean_activity_.bring_back();
    host_.n_updates = state_.n_updates;
  }

 private:
  TrainingState<T>& host_;
  Twin<T, T> parameters_;
  Twin<T, T> first_moment_;
  Twin<T, T> second_moment_;
  Twin<T, T> average_;
  Twin<T, const T> scales_;
  Twin<T, double> mean_activity_;
  TrainingState<T> state_;
};

// Shows the caller's monitor the state as it is on the GPU.
template <typename T>
class StateShowingMonitor : public Monitor {
 public:
  explicit StateShowingMonitor(Monitor& monitor) : monitor_(monitor) {}
  void show(StateOnGpu<T>& state) { state_ = &state; }

  bool keep_going() override { return monitor_.keep_going(); }
  bool epoch_begins(Index epoch) override { return monitor_.epoch_begins(epoch); }
  bool epoch_ends(const Epoch& epoch) override {
    if (monitor_.reads_state()) state_->bring_back();
    return monitor_.epoch_ends(epoch);
  }

 private:
  Monitor& monitor_;
  StateOnGpu<T>* state_ = nullptr;
};

template <typename T>
class LayersOnGpu {
 public:
  LayersOnGpu(Context<T>& context, const std::vector<LayerView<T>>& layers) : views_(layers) {
    for (LayerView<T>& view : views_) {
      bring(context, view.weights, view.n_inputs * view.n_outputs);
      bring(context, view.bias, view.n_outputs);
    }
  }
  const std::vector<LayerView<T>>& views() const { return views_; }

 private:
  void bring(Context<T>& context, const T*& numbers, Index n) {
    Buffer<T>& buffer = buffers_.emplace_back(n);
    kernels::copy_to_gpu(context.stream().get(), n, numbers, buffer.data());
    numbers = buffer.data();
  }

  std::vector<LayerView<T>> views_;
  std::vector<Buffer<T>> buffers_;
};

template <typename T>
class CudaEngineFor : public virtual EngineFor<T> {
 public:
  explicit CudaEngineFor(kernels::Sessions& sessions) : sessions_(sessions) {}

  void initialise(const NetworkConfig& config, std::uint64_t seed, T* parameters) const override {
    Network(config).initialise(seed, parameters);
  }

  std::optional<double> loss_and_gradients(const NetworkConfig& config, const ObjectiveConfig& objective_config,
                                           const Dataset<T>& data, const std::uint64_t* noise_seed,
                                           const double* mean_activity, const T* parameters, T* gradients,
                                           Monitor& monitor, int /*n_threads*/) const override {
    const Network network(config);
    Context<T> context(monitor, sessions_);
    Twin<T, const T> on_gpu(context, parameters, network.n_parameters());
    Twin<T, const double> activity_on_gpu(context, mean_activity, config.n_components());
    Buffer<T> gradients_on_gpu(gradients ? network.n_parameters() : 0);
    Objective<T> objective(network, objective_config, std::min(kernels::full_batch_rows, data.n_samples),
                           data.has_own_target(), context);
    kernels::Source<T> source(context, data, network.n_features(), objective.max_rows());
    const kernels::Noise noise{objective_config.corruption, objective_config.corruption_level, noise_seed,
                               math::Stream::noise, 0};
    try {
      const double value =
          objective.evaluate(source, noise, activity_on_gpu.data(), on_gpu.data(), gradients_on_gpu.data());
      context.read(gradients_on_gpu.size(), gradients_on_gpu.data(), gradients);
      return value;
    } catch (const kernels::Interrupted&) {
      return std::nullopt;
    }
  }

  FitResult fit(const NetworkConfig& config, const ObjectiveConfig& objective, const OptimizerConfig& optimizer,
                const ScheduleConfig& schedule, std::uint64_t seed, const Dataset<T>& train,
                const Dataset<T>* validation, TrainingState<T>& state, Monitor& monitor,
                int /*n_threads*/) const override {
    const Network network(config);
    StateShowingMonitor<T> shown(monitor);
    Context<T> context(shown, sessions_);
    StateOnGpu<T> on_gpu(context, network, state);
    shown.show(on_gpu);
    FitResult result =
        Trainer<T>(network, objective, optimizer, schedule, seed, train, validation, on_gpu.get(), shown, context)
            .fit();
    on_gpu.bring_back();
    return result;
  }

  bool forward(const std::vector<LayerView<T>>& layers, const T* x, Index n_samples, T* output, Monitor& monitor,
               int /*n_threads*/) const override {
    return infer(layers, monitor, [&](const auto& on_gpu, Context<T>& context) {
      model::forward(on_gpu, x, n_samples, output, context);
    });
  }

  std::unique_ptr<const PackedNetwork<T>> pack(const std::vector<LayerView<T>>&) const override {
    throw std::logic_error("networks are packed for the CPU");
  }

  bool squared_errors(const std::vector<LayerView<T>>& layers, const T* x, Index n_samples, double* errors,
                      Monitor& monitor, int /*n_threads*/) const override {
    return infer(layers, monitor, [&](const auto& on_gpu, Context<T>& context) {
      model::squared_errors(on_gpu, x, n_samples, errors, context);
    });
  }

  bool describe(const T* x, Index n_samples, Index n_features, T* column_extremes) const override {
    Monitor silent;
    Context<T> context(silent, sessions_);
    return model::describe(x, n_samples, n_features, column_extremes, context);
  }

 private:
  template <typename Call>
  bool infer(const std::vector<LayerView<T>>& layers, Monitor& monitor, const Call& call) const {
    Context<T> context(monitor, sessions_);
    const LayersOnGpu<T> on_gpu(context, layers);
    try {
      call(on_gpu.views(), context);
      return true;
    } catch (const kernels::Interrupted&) {
      return false;
    }
  }

  kernels::Sessions& sessions_;
};

class CudaEngine : kernels::Sessions, public Engine, CudaEngineFor<float>, CudaEngineFor<double> {
 public:
  explicit CudaEngine(int gpu)
      : Sessions(gpu),
        CudaEngineFor<float>(static_cast<Sessions&>(*this)),
        CudaEngineFor<double>(static_cast<Sessions&>(*this)),
        name_("cuda:" + std::to_string(gpu)) {}
  const char* name() const override { return name_.c_str(); }
  const char* compiler() const override { return EIGENCODER_COMPILER; }

  void add_gram(const double*, Index, Index, double*, int) const override {
    throw std::logic_error("products of columns are computed on the CPU");
  }

  void* allocate(std::size_t bytes) const override {
    const kernels::PresentGpu present(gpu());
    return kernels::allocate_on_gpu(bytes);
  }
  void release(void* memory) const override { cudaFree(memory); }  // whichever GPU is present

 private:
  const std::string name_;
};

void require_gpu(int number) {
  const std::string device = "device 'cuda:" + std::to_string(number) + "' ";
  int driver = 0;
  if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0) {
    throw std::runtime_error(device +
                             "needs NVIDIA's driver, which is not installed: install it (nvidia-smi shows it), "
                             "or use device='cpu'");
  }
  int n_gpus = 0;
  const cudaError_t error = cudaGetDeviceCount(&n_gpus);
  if (error == cudaErrorInsufficientDriver) {
    throw std::runtime_error(device + "needs a driver of CUDA " + std::to_string(CUDART_VERSION / 1000) +
                             " or later, found one of CUDA " + std::to_string(driver / 1000) + "." +
                             std::to_string(driver % 1000 / 10) + ": update NVIDIA's driver, or use device='cpu'");
  }
  if (error != cudaSuccess && error != cudaErrorNoDevice) kernels::check_cuda(error, "looking for GPUs");
  if (number >= n_gpus) {
    throw std::runtime_error(device + "needs GPU number " + std::to_string(number) + ", found " +
                             std::to_string(n_gpus) + " GPUs: look at nvidia-smi, or use device='cpu'");
  }
  constexpr int oldest = 8;
  int capability = 0;
  kernels::check_cuda(cudaDeviceGetAttribute(&capability, cudaDevAttrComputeCapabilityMajor, number),
                      "asking what the GPU can do");
  if (capability < oldest) {
    throw std::runtime_error(device + "needs a GPU of compute capability " + std::to_string(oldest) +
                             ".0 or later, found one of " + std::to_string(capability) + ".x: use device='cpu'");
  }
}

}  // namespace
}  // namespace eigencoder::model

// Engines live as long as the process, since nobody knows who holds one.
extern "C" __attribute__((visibility("default"))) const eigencoder::Engine* eigencoder_engine(int gpu) {
  using eigencoder::model::CudaEngine;
  static std::mutex mutex;
  static auto& engines = *new std::map<int, std::unique_ptr<const CudaEngine>>;
  const std::lock_guard lock(mutex);
  if (const auto found = engines.find(gpu); found != engines.end()) return found->second.get();
  eigencoder::model::require_gpu(gpu);
  eigencoder::kernels::cublas();
  return engines.emplace(gpu, std::make_unique<const CudaEngine>(gpu)).first->second.get();
}
