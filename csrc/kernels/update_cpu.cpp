#include "kernels/kernels.h"
#include "math/update_rule.h"

namespace eigencoder::kernels {
namespace {

template <typename T>
void update_share(Range range, const math::Adam<T>& rule, const T* gradients, TrainingState<T>& state) {
  for (Index i = range.begin; i < range.end; i += packet_size<T>) {
    const Index n = range.end - i;
    Packet<T> parameter = load(state.parameters + i, n);
    Packet<T> first_moment = load(state.first_moment + i, n);
    Packet<T> second_moment = load(state.second_moment + i, n);
    rule(load(gradients + i, n), parameter, first_moment, second_moment);
    store(parameter, state.parameters + i, n);
    store(first_moment, state.first_moment + i, n);
    store(second_moment, state.second_moment + i, n);
  }
}

template <typename T>
void update_share(Range range, const math::Sgd<T>& rule, const T* gradients, TrainingState<T>& state) {
  for (Index i = range.begin; i < range.end; i += packet_size<T>) {
    const Index n = range.end - i;
    Packet<T> parameter = load(state.parameters + i, n);
    Packet<T> velocity = load(state.first_moment + i, n);
    rule(load(gradients + i, n), parameter, velocity);
    store(parameter, state.parameters + i, n);
    store(velocity, state.first_moment + i, n);
  }
}

}  // namespace

template <typename T>
void update(Context<T>& context, const OptimizerConfig& optimizer, const std::vector<Block>& blocks, const T* gradients,
            TrainingState<T>& state) {
  const auto move = [&](const auto& rule) {
    context.run([&](Share share, ProductMemory<T>&) {
      for (const Block& block : blocks) {
        const Range rows = share.of(block.rows, row_unit);
        update_share({block.offset + rows.begin * block.cols, block.offset + rows.end * block.cols}, rule, gradients,
                     state);
      }
    });
  };
  if (optimizer.solver == Solver::adam) {
    move(math::Adam<T>(optimizer, state.n_updates));
  } else {
    move(math::Sgd<T>(optimizer));
  }
}

template void update(Context<float>&, const OptimizerConfig&, const std::vector<Block>&, const float*,
                     TrainingState<float>&);
template void update(Context<double>&, const OptimizerConfig&, const std::vector<Block>&, const double*,
                     TrainingState<double>&);

}  // namespace eigencoder::kernels
