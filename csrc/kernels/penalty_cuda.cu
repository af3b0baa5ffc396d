#include "kernels/launch.h"

namespace eigencoder::kernels {
namespace {

template <typename T>
__global__ void differentiate_units(Index n, math::UnitPenalty penalty, UnitSums of_units, T* of_unit) {
  along_x(n, [&](Index j) {
    of_unit[j] = static_cast<T>(penalty.derivative(of_units.sum(j), of_units.mean_before(j), of_units.squared_norm(j)));
  });
}

template <typename T>
__global__ void differentiate_by_weight(Index n, math::UnitPenalty penalty, UnitSums of_units, T* factors) {
  along_x(n, [&](Index j) {
    factors[j] = static_cast<T>(penalty.derivative_by_weight(of_units.sum(j), of_units.squared_norm(j)));
  });
}

__global__ void average_units(Index n, math::UnitPenalty penalty, UnitSums of_units, double* mean_activity) {
  along_x(n, [&](Index j) { mean_activity[j] = penalty.mean_activity(of_units.sum(j), of_units.mean_before(j)); });
}

__global__ void add_terms(Terms terms, double alpha, math::UnitPenalty penalty, double* value, double times,
                          double* total) {
  const UnitSums& units = terms.of_units;
  double squared_weights = 0;
  double of_units = 0;
  along_x(terms.n_squared_weights, [&](Index i) { squared_weights += terms.squared_weights[i]; });
  along_x(terms.n_units,
          [&](Index j) { of_units += penalty.value(units.sum(j), units.mean_before(j), units.squared_norm(j)); });
  squared_weights = block_sum(squared_weights);
  of_units = block_sum(of_units);
  if (threadIdx.x != 0) return;
  const double j = math::objective(*terms.data, penalty.n_rows, alpha, squared_weights, of_units);
  *value = j;
  if (total) *total += times * j;
}

}  // namespace

template <typename T>
void unit_gradients(Range units, Worker<T>& worker, const math::UnitPenalty& penalty, const UnitSums& of_units,
                    T* of_unit) {
  launch_along(worker.stream, units.size(), differentiate_units<T>, units.size(), penalty, of_units, of_unit);
}

template <typename T>
void weight_factors(Range units, Worker<T>& worker, const math::UnitPenalty& penalty, const UnitSums& of_units,
                    T* factors) {
  launch_along(worker.stream, units.size(), differentiate_by_weight<T>, units.size(), penalty, of_units, factors);
}

template <typename T>
void mean_activities(Range units, Worker<T>& worker, const math::UnitPenalty& penalty, const UnitSums& of_units,
                     double* mean_activity) {
  launch_along(worker.stream, units.size(), average_units, units.size(), penalty, of_units, mean_activity);
}

template <typename T>
void objective_value(Worker<T>& worker, const Terms& terms, double alpha, const math::UnitPenalty& penalty,
                     double* value, double times, double* total) {
  launch(worker.stream, 1, block_threads, add_terms, terms, alpha, penalty, value, times, total);
}

template void unit_gradients(Range, Worker<float>&, const math::UnitPenalty&, const UnitSums&, float*);
template void unit_gradients(Range, Worker<double>&, const math::UnitPenalty&, const UnitSums&, double*);
template void weight_factors(Range, Worker<float>&, const math::UnitPenalty&, const UnitSums&, float*);
template void weight_factors(Range, Worker<double>&, const math::UnitPenalty&, const UnitSums&, double*);
template void mean_activities(Range, Worker<float>&, const math::UnitPenalty&, const UnitSums&, double*);
template void mean_activities(Range, Worker<double>&, const math::UnitPenalty&, const UnitSums&, double*);
template void objective_value(Worker<float>&, const Terms&, double, const math::UnitPenalty&, double*, double, double*);
template void objective_value(Worker<double>&, const Terms&, double, const math::UnitPenalty&, double*, double,
                              double*);

}  // namespace eigencoder::kernels
