// What is trained and how: plain structs, shared by the engines, the loader and the public API.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace eigencoder {

using Index = std::int64_t;

// Each list of names runs in the order of its enumerators.
enum class Activation { identity, sigmoid, tanh, relu, leaky_relu, elu, softplus };
inline constexpr std::array<std::string_view, 7> activation_names{"identity",   "sigmoid", "tanh",    "relu",
                                                                  "leaky_relu", "elu",     "softplus"};

// The last one compares the output with the class of a row, the others with the row itself.
enum class Loss { squared_error, binary_crossentropy, softmax_crossentropy };
inline constexpr std::array<std::string_view, 3> loss_names{"squared_error", "binary_crossentropy",
                                                            "softmax_crossentropy"};

enum class Penalty { none, kl, l1, contractive };
inline constexpr std::array<std::string_view, 4> penalty_names{"none", "kl", "l1", "contractive"};

enum class Corruption { none, masking, gaussian, salt_and_pepper };
inline constexpr std::array<std::string_view, 4> corruption_names{"none", "masking", "gaussian", "salt_and_pepper"};

enum class Solver { adam, adamw, rmsprop, sgd, lbfgs };
inline constexpr std::array<std::string_view, 5> solver_names{"adam", "adamw", "rmsprop", "sgd", "lbfgs"};

// How the learning rate changes: not at all; with the rows seen; once progress stops; down to zero along a cosine.
enum class LearningRate { constant, invscaling, adaptive, cosine };
inline constexpr std::array<std::string_view, 4> learning_rate_names{"constant", "invscaling", "adaptive", "cosine"};

// Layer l maps layer_sizes[l] inputs to layer_sizes[l + 1] outputs through activations[l]. An autoencoder has an even
// number of layers; its code is the output of the middle one, and the decoder mirrors the encoder.
struct NetworkConfig {
  std::vector<Index> layer_sizes;
  std::vector<Activation> activations;
  bool tied_weights = false;
  Index n_active = 0;          // code units of a row that stay, the largest ones; 0: all
  Index n_encoder_layers = 0;  // of a classifier, whose further layers map codes to classes; 0: an autoencoder

  Index code_layer() const {
    const auto n_layers = static_cast<Index>(activations.size());
    return (n_encoder_layers > 0 ? n_encoder_layers : n_layers / 2) - 1;
  }
  Index n_components() const { return layer_sizes[static_cast<std::size_t>(code_layer() + 1)]; }
};

// J = 1/m sum_i s_i loss(x_i, h(x~_i)) + alpha/2 sum ||W||_F^2 + penalty(code)
struct ObjectiveConfig {
  Loss loss = Loss::squared_error;
  double alpha = 0.0;
  Penalty penalty = Penalty::none;
  double sparsity = 0.05;
  double sparsity_weight = 3.0;
  double sparsity_momentum = 0.0;  // what the mean activity under kl keeps of itself from batch to batch
  Corruption corruption = Corruption::none;
  double corruption_level = 0.3;
};

struct OptimizerConfig {
  Solver solver = Solver::adam;
  LearningRate learning_rate = LearningRate::constant;
  double learning_rate_init = 1e-3;
  double power_t = 0.5;        // of invscaling
  double warmup_epochs = 0.0;  // in which the rate grows to its full size
  double momentum = 0.9;
  bool nesterovs_momentum = true;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.0;   // of adamw, which takes it from the weights and not from J
  double max_grad_norm = 0.0;  // a longer gradient is shortened to it; 0: never
  double averaging = 0.0;      // what the average of the weights keeps of itself at an update; 0: no average
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
