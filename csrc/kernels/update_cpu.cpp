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
void update(Context<T>& context, const OptimizerConfig& optimizer, Index n_parameters, const T* gradients,
            TrainingState<T>& state) {
  const auto move = [&](const auto& rule) {
    context.share(n_parameters, packet_size<T>,
                  [&](Range range, ProductMemory<T>&) { update_share(range, rule, gradients, state); });
  };
  if (optimizer.solver == Solver::adam) {
    move(math::Adam<T>(optimizer, state.n_updates));
  } else {
    move(math::Sgd<T>(optimizer));
  }
}

template void update(Context<float>&, const OptimizerConfig&, Index, const float*, TrainingState<float>&);
template void update(Context<double>&, const OptimizerConfig&, Index, const double*, TrainingState<double>&);

}  // namespace eigencoder::kernels
