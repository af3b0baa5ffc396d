#include "model/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace eigencoder::model {

namespace {

constexpr std::size_t n_corrections = 10;
constexpr double sufficient_decrease = 1e-4;
constexpr double sufficient_flatness = 0.9;
constexpr int most_trials = 20;  // of one search

template <typename T>
constexpr double resolution = std::numeric_limits<T>::epsilon();

}  // namespace

template <typename T>
Lbfgs<T>::Lbfgs(kernels::Context<T>& context, Index n, Function function)
    : n_(n),
      function_(std::move(function)),
      vectors_(context, n),
      gradient_(n),
      direction_(n),
      trial_(n),
      trial_gradient_(n) {}

template <typename T>
bool Lbfgs<T>::iterate(T* x) {
  if (!begun_) {
    value_ = function_(x, gradient_.data());
    begun_ = true;
    if (!std::isfinite(value_)) return false;
  }
  find_direction();
  auto trial = search(x);
  if (!trial && !corrections_.empty()) {  // what is remembered misleads
    corrections_.clear();
    find_direction();
    trial = search(x);
  }
  if (!trial) return false;
  remember(x);
  vectors_.copy(n_, trial_.data(), x);
  std::swap(gradient_, trial_gradient_);
  value_ = trial->value;
  return true;
}

// direction = -H gradient, H made of the corrections.
template <typename T>
void Lbfgs<T>::find_direction() {
  T* const direction = direction_.data();
  vectors_.combine(n_, -1, gradient_.data(), 0, gradient_.data(), direction);
  std::vector<double> factors;
  for (auto correction = corrections_.rbegin(); correction != corrections_.rend(); ++correction) {
    factors.push_back(vectors_.dot(n_, correction->step.data(), direction) / correction->product);
    vectors_.combine(n_, -factors.back(), correction->gradient_change.data(), 1, direction, direction);
  }
  const double scale = corrections_.empty() ? 1 / std::max(1.0, std::sqrt(vectors_.dot(n_, direction, direction)))
                                            : corrections_.back().scale;
  vectors_.combine(n_, scale, direction, 0, direction, direction);
  for (const Correction& correction : corrections_) {
    const double factor = vectors_.dot(n_, correction.gradient_change.data(), direction) / correction.product;
    vectors_.combine(n_, factors.back() - factor, correction.step.data(), 1, direction, direction);
    factors.pop_back();
  }
}

// A step that meets the conditions; it lies in trial_, its gradient in trial_gradient_.
template <typename T>
std::optional<typename Lbfgs<T>::Trial> Lbfgs<T>::search(const T* x) {
  const Trial start{0, value_, vectors_.dot(n_, gradient_.data(), direction_.data())};
  if (!(start.slope < 0)) return std::nullopt;
  Trial previous = start;
  double step = 1;
  for (int i = 0; i < most_trials; ++i) {
    const Trial trial = try_step(x, step);
    const bool too_high = !(trial.value <= start.value + sufficient_decrease * step * start.slope);
    if (too_high || (i > 0 && trial.value >= previous.value)) return zoom(x, start, previous, trial);
    if (std::abs(trial.slope) <= -sufficient_flatness * start.slope) return trial;
    if (trial.slope >= 0) return zoom(x, start, trial, previous);
    previous = trial;
    step *= 2;
  }
  return std::nullopt;
}

// Between the two lies a step that meets the conditions; `low` has the lower value.
template <typename T>
std::optional<typename Lbfgs<T>::Trial> Lbfgs<T>::zoom(const T* x, const Trial& start, Trial low, Trial high) {
  for (int i = 0; i < most_trials; ++i) {
    const double promised = -start.slope * std::abs(high.step - low.step);
    if (promised <= resolution<T> * std::abs(start.value)) break;
    const Trial trial = try_step(x, minimum_of_cubic(low, high));
    if (!(trial.value <= start.value + sufficient_decrease * trial.step * start.slope) || trial.value >= low.value) {
      high = trial;
      continue;
    }
    if (std::abs(trial.slope) <= -sufficient_flatness * start.slope) return trial;
    if (trial.slope * (high.step - low.step) >= 0) high = low;
    low = trial;
  }
  if (low.step == 0) return std::nullopt;
  return try_step(x, low.step);  // lower, if not as flat as asked for
}

// Where the cubic through both values and slopes is lowest, not too near to either end.
template <typename T>
double Lbfgs<T>::minimum_of_cubic(const Trial& a, const Trial& b) {
  const double width = b.step - a.step;
  const double nearest = 0.1;
  const double d1 = a.slope + b.slope - 3 * (b.value - a.value) / width;
  const double d2 = std::copysign(std::sqrt(d1 * d1 - a.slope * b.slope), width);
  const double share = 1 - (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2);
  return a.step + width * (std::isfinite(share) ? std::clamp(share, nearest, 1 - nearest) : 0.5);
}

template <typename T>
typename Lbfgs<T>::Trial Lbfgs<T>::try_step(const T* x, double step) {
  vectors_.combine(n_, step, direction_.data(), 1, x, trial_.data());
  const double value = function_(trial_.data(), trial_gradient_.data());
  return {step, value, vectors_.dot(n_, trial_gradient_.data(), direction_.data())};
}

template <typename T>
void Lbfgs<T>::remember(const T* x) {
  Correction correction;
  if (corrections_.size() == n_corrections) {
    correction = std::move(corrections_.front());
    corrections_.pop_front();
  } else {
    correction.step = kernels::Buffer<T>(n_);
    correction.gradient_change = kernels::Buffer<T>(n_);
  }
  T* const step = correction.step.data();
  T* const change = correction.gradient_change.data();
  vectors_.combine(n_, 1, trial_.data(), -1, x, step);
  vectors_.combine(n_, 1, trial_gradient_.data(), -1, gradient_.data(), change);
  correction.product = vectors_.dot(n_, step, change);
  const double norm = vectors_.dot(n_, change, change);
  correction.scale = correction.product / norm;
  const double largest_product = std::sqrt(norm * vectors_.dot(n_, step, step));
  if (correction.product > resolution<T> * largest_product) corrections_.push_back(std::move(correction));
}

template class Lbfgs<float>;
template class Lbfgs<double>;

}  // namespace eigencoder::model
