// What is trained and how: plain structs, shared by the engines, the loader and the public API.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace eigencoder {

using Index = std::int64_t;

// Each list of names runs in the order of its enumerators.
enum class Activation { identity, sigmoid, tanh, relu, leaky_relu, elu, softplus };
inline constexpr std::array<std::string_view, 7> activation_names{"identity",   "sigmoid", "tanh",    "relu",
                                                                  "leaky_relu", "elu",     "softplus"};

enum class Loss { squared_error, binary_crossentropy };
inline constexpr std::array<std::string_view, 2> loss_names{"squared_error", "binary_crossentropy"};

enum class Penalty { none, kl, l1 };
inline constexpr std::array<std::string_view, 3> penalty_names{"none", "kl", "l1"};

enum class Corruption { none, masking, gaussian, salt_and_pepper };
inline constexpr std::array<std::string_view, 4> corruption_names{"none", "masking", "gaussian", "salt_and_pepper"};

enum class Solver { adam, sgd };
inline constexpr std::array<std::string_view, 2> solver_names{"adam", "sgd"};

// Layer l maps layer_sizes[l] inputs to layer_sizes[l + 1] outputs through activations[l]. The number of layers is
// even; the code is the output of the middle one.
struct NetworkConfig {
  std::vector<Index> layer_sizes;
  std::vector<Activation> activations;
  bool tied_weights = false;
};

// J = 1/m sum_i s_i loss(x_i, h(x~_i)) + alpha/2 sum ||W||_F^2 + penalty(code)
struct ObjectiveConfig {
  Loss loss = Loss::squared_error;
  double alpha = 0.0;
  Penalty penalty = Penalty::none;
  double sparsity = 0.05;
  double sparsity_weight = 3.0;
  Corruption corruption = Corruption::none;
  double corruption_level = 0.3;
};

struct OptimizerConfig {
  Solver solver = Solver::adam;
  double learning_rate_init = 1e-3;
  double momentum = 0.9;
  bool nesterovs_momentum = true;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-8;
};

struct ScheduleConfig {
  Index batch_size = 256;
  Index max_iter = 100;
  double tol = 1e-4;
  Index n_iter_no_change = 10;
  bool early_stopping = false;
  bool shuffle = true;
  Index first_epoch = 0;  // epochs trained before this call: the epoch word of the random numbers counts on
};

}  // namespace eigencoder
