#include <limits>
#include <numeric>

#include "kernels/kernels.h"

namespace eigencoder::kernels {
namespace {

double before(const UnitSums& of_units, Index unit) {
  return of_units.before ? of_units.before[unit] : std::numeric_limits<double>::quiet_NaN();
}

double squared_norm(const UnitSums& of_units, Index unit) {
  return of_units.squared_norms ? of_units.squared_norms[unit] : 0.0;
}

}  // namespace

template <typename T>
void unit_gradients(Range units, Worker<T>&, const math::UnitPenalty& penalty, const UnitSums& of_units, T* of_unit) {
  for (Index j = units.begin; j < units.end; ++j) {
    of_unit[j] = static_cast<T>(
        penalty.derivative(of_units.sums ? of_units.sums[j] : 0.0, before(of_units, j), squared_norm(of_units, j)));
  }
}

template <typename T>
void weight_factors(Range units, Worker<T>&, const math::UnitPenalty& penalty, const UnitSums& of_units, T* factors) {
  for (Index j = units.begin; j < units.end; ++j) {
    factors[j] = static_cast<T>(penalty.derivative_by_weight(of_units.sums[j]));
  }
}

template <typename T>
void mean_activities(Range units, Worker<T>&, const math::UnitPenalty& penalty, const UnitSums& of_units,
                     double* mean_activity) {
  for (Index j = units.begin; j < units.end; ++j) {
    mean_activity[j] = penalty.mean_activity(of_units.sums[j], before(of_units, j));
  }
}

template <typename T>
void objective_value(Worker<T>&, const Terms& terms, double alpha, const math::UnitPenalty& penalty, double* value,
                     double times, double* total) {
  double j = (*terms.data + penalty.strength * *terms.l1) / penalty.n_rows;
  j += alpha / 2 * std::accumulate(terms.squared_weights, terms.squared_weights + terms.n_squared_weights, 0.0);
  for (Index unit = 0; unit < terms.n_units; ++unit) {
    j += penalty.value(terms.of_units.sums[unit], before(terms.of_units, unit), squared_norm(terms.of_units, unit));
  }
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
