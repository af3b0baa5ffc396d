#include <numeric>

#include "kernels/kernels.h"

namespace eigencoder::kernels {
template <typename T>
void unit_gradients(Range units, Worker<T>&, const math::UnitPenalty& penalty, const UnitSums& of_units, T* of_unit) {
  for (Index j = units.begin; j < units.end; ++j) {
    of_unit[j] = static_cast<T>(penalty.derivative(of_units.sum(j), of_units.mean_before(j), of_units.squared_norm(j)));
  }
}

template <typename T>
void weight_factors(Range units, Worker<T>&, const math::UnitPenalty& penalty, const UnitSums& of_units, T* factors) {
  for (Index j = units.begin; j < units.end; ++j) {
    factors[j] = static_cast<T>(penalty.derivative_by_weight(of_units.sum(j), of_units.squared_norm(j)));
  }
}

template <typename T>
void mean_activities(Range units, Worker<T>&, const math::UnitPenalty& penalty, const UnitSums& of_units,
                     double* mean_activity) {
  for (Index j = units.begin; j < units.end; ++j) {
    mean_activity[j] = penalty.mean_activity(of_units.sum(j), of_units.mean_before(j));
  }
}

template <typename T>
void objective_value(Worker<T>&, const Terms& terms, double alpha, const math::UnitPenalty& penalty, double* value,
                     double times, double* total) {
  const double squared_weights =
      std::accumulate(terms.squared_weights, terms.squared_weights + terms.n_squared_weights, 0.0);
  const UnitSums& units = terms.of_units;
  double of_units = 0;
  for (Index unit = 0; unit < terms.n_units; ++unit) {
    of_units += penalty.value(units.sum(unit), units.mean_before(unit), units.squared_norm(unit));
  }
  const double j = math::objective(*terms.data, penalty.n_rows, alpha, squared_weights, of_units);
  *value = j;
  if (total) *total += times * j;
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
