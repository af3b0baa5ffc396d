// The interface behind which every engine stands: one shared library a CPU level and one for GPUs, each holding all of
// math, kernels and model. Arrays are row-major and contiguous; rows are samples. Only std exceptions cross it. An
// engine of a GPU takes the rows of x and of `output` in the GPU's memory as well as in the host's: it waits for what
// was started on the GPU before, and has written when it returns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "eigencoder/config.h"

namespace eigencoder {

// Rows of x, (n_rows, n_features), that take part in a call.
template <typename T>
struct Dataset {
  const T* x = nullptr;
  Index n_rows = 0;
  Index n_samples = 0;                 // how many of them take part
  const Index* rows = nullptr;         // their indices in x; nullptr: 0, 1, ..., n_samples - 1
  const double* weights = nullptr;     // one a row of x; nullptr: all 1
  const Index* labels = nullptr;       // one a row of x: its class; read by softmax_crossentropy alone
  const T* center = nullptr;           // (n_features): the network sees (x - center) factor; nullptr: x itself
  const T* factor = nullptr;           // (n_features), with center
  bool scales_target = true;           // whether the loss compares with what the network sees, or with x
  const T* mask_fill = nullptr;        // (n_features): what masking puts in place of what the network sees; nullptr: 0
  const T* column_extremes = nullptr;  // (2, n_features), minima then maxima of that; read by salt_and_pepper alone
  Index first_row = 0;                 // added to a row's index where random numbers are drawn for it

  Index row(Index i) const { return rows ? rows[i] : i; }
  bool has_own_target() const { return center && !scales_target; }
};

// Where a training stands. Flat vectors of n_parameters(network) numbers; a solver that needs fewer moments leaves the
// others alone. `average` is that of the parameters after each update, and what the training gives where there is one.
// With `scales` a batch moves parameters / scales, along the gradient by these; "lbfgs" does without.
template <typename T>
struct TrainingState {
  T* parameters = nullptr;
  T* first_moment = nullptr;
  T* second_moment = nullptr;
  T* average = nullptr;
  const T* scales = nullptr;
  double* mean_activity = nullptr;  // (n_components), under sparsity_momentum; NaN before the first batch
  Index n_updates = 0;
  Index n_warmup_updates = 0;  // over the first so many updates the rate grows: moments of 0 at trained weights

  T* result() const { return average ? average : parameters; }
};

struct Epoch {
  Index index = 0;  // 0 for the first epoch of this call
  double loss = 0.0;
  double validation_loss = 0.0;  // NaN without validation data
};

// Called from the thread that called the engine. An answer false ends the call; a fit then stays at its last completed
// step.
class Monitor {
 public:
  virtual ~Monitor() = default;
  virtual bool keep_going() { return true; }  // before every layer of a block of rows
  virtual bool epoch_begins(Index /*epoch*/) { return true; }
  virtual bool epoch_ends(const Epoch& /*epoch*/) { return true; }
  // Whether the last two look at the state, which is then brought up to date for them; after the call it always is.
  virtual bool reads_state() const { return false; }
};

enum class FitStatus { max_iter, converged, stopped, interrupted, diverged };

struct FitResult {
  FitStatus status = FitStatus::max_iter;
  std::vector<double> loss_curve;             // one entry a finished epoch
  std::vector<double> validation_loss_curve;  // empty without validation data
  double best_loss = 0.0;                     // the lowest monitored loss; J of the data where max_iter is 0
  Index rows_seen = 0;
};

// A layer for inference. `transposed`: weights hold the (n_outputs, n_inputs) matrix, as tied decoders do.
template <typename T>
struct LayerView {
  const T* weights = nullptr;
  const T* bias = nullptr;
  Index n_inputs = 0;
  Index n_outputs = 0;
  Activation activation = Activation::identity;
  bool transposed = false;
  Index n_active = 0;  // outputs of a row that stay, the largest ones; 0: all
};

// Layers for inference alone, each copied once, at its first use, into the order that its engine reads fastest. Any
// number of threads may call it at once. Same bits as `forward` of the engine.
template <typename T>
class PackedNetwork {
 public:
  virtual ~PackedNetwork() = default;

  // Output of layer end - 1, (n_samples, n_outputs), for rows of the input of layer `begin`. `output` lies apart from
  // x, and where the call ends early it holds anything. Ends as `forward` of an engine does.
  virtual bool forward(Index begin, Index end, const T* x, Index n_samples, T* output, Monitor& monitor,
                       int n_threads) const = 0;

  // How many threads such a call has work for; it starts no more.
  virtual int most_threads(Index begin, Index end, Index n_samples) const = 0;
};

template <typename T>
class EngineFor {
 public:
  virtual ~EngineFor() = default;

  // Initial weights, a function of the seed alone.
  virtual void initialise(const NetworkConfig& network, std::uint64_t seed, T* parameters) const = 0;

  // J over the whole dataset as one batch; fills gradients (n_parameters) unless they are nullptr. `noise_seed`
  // nullptr: no corruption; `mean_activity` as in a TrainingState, but not changed. Nothing where the monitor ended it.
  virtual std::optional<double> loss_and_gradients(const NetworkConfig& network, const ObjectiveConfig& objective,
                                                   const Dataset<T>& data, const std::uint64_t* noise_seed,
                                                   const double* mean_activity, const T* parameters, T* gradients,
                                                   Monitor& monitor, int n_threads) const = 0;

  // Trains from `state` on, which when it returns holds the last completed step, or with early stopping the end of the
  // best epoch; or the parameters at the start of the epoch whose loss was not finite when the status is diverged.
  virtual FitResult fit(const NetworkConfig& network, const ObjectiveConfig& objective,
                        const OptimizerConfig& optimizer, const ScheduleConfig& schedule, std::uint64_t seed,
                        const Dataset<T>& train, const Dataset<T>* validation, TrainingState<T>& state,
                        Monitor& monitor, int n_threads) const = 0;

  // Output of the last layer, (n_samples, n_outputs). False where the monitor ended it; std::invalid_argument where x
  // is not finite.
  virtual bool forward(const std::vector<LayerView<T>>& layers, const T* x, Index n_samples, T* output,
                       Monitor& monitor, int n_threads) const = 0;

  // The layers, whose arrays must outlive it. On the CPU alone.
  virtual std::unique_ptr<const PackedNetwork<T>> pack(const std::vector<LayerView<T>>& layers) const = 0;

  // ||x - h(x)||^2 of each row, (n_samples,). Ends as forward does.
  virtual bool squared_errors(const std::vector<LayerView<T>>& layers, const T* x, Index n_samples, double* errors,
                              Monitor& monitor, int n_threads) const = 0;

  // Whether all numbers of x are finite; if so it writes the extremes of the columns, (2, n_features), minima then
  // maxima.
  virtual bool describe(const T* x, Index n_samples, Index n_features, T* column_extremes) const = 0;
};

class Engine : public virtual EngineFor<float>, public virtual EngineFor<double> {
 public:
  virtual const char* name() const = 0;
  virtual const char* compiler() const = 0;

  // c (n_cols, n_cols) += a (n_rows, n_cols)^T a, on and above the diagonal; below it anything. On the CPU alone.
  virtual void add_gram(const double* a, Index n_rows, Index n_cols, double* c, int n_threads) const = 0;

  // Memory for `output` on the engine's device, and its end.
  virtual void* allocate(std::size_t bytes) const = 0;
  virtual void release(void* memory) const = 0;
};

}  // namespace eigencoder
