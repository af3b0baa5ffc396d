// Full batch minimisation by L-BFGS: Nocedal & Wright (2006), Algorithm 7.5, with the line search of Algorithms 3.5 and
// 3.6, whose steps meet the strong Wolfe conditions.
#pragma once

#include <deque>
#include <functional>
#include <optional>

#include "model/vectors.h"

namespace eigencoder::model {

template <typename T>
class Lbfgs {
 public:
  // Writes the gradient (n) of the function at x (n) and returns its value.
  using Function = std::function<double(const T* x, T* gradient)>;

  Lbfgs(kernels::Context<T>& context, Index n, Function function);

  // Moves x (n), where this object moved it last, to a lower value. False where it finds none.
  bool iterate(T* x);
  // At x; not finite where the function is not.
  double value() const { return value_; }

 private:
  // Two changes that go together.
  struct Correction {
    kernels::Buffer<T> step;
    kernels::Buffer<T> gradient_change;
    double product;  // step^T gradient_change
    double scale;    // product / ||gradient_change||^2
  };
  // A point on the search line.
  struct Trial {
    double step;
    double value;
    double slope;
  };

  void find_direction();
  std::optional<Trial> search(const T* x);
  std::optional<Trial> zoom(const T* x, const Trial& start, Trial low, Trial high);
  static double minimum_of_cubic(const Trial& a, const Trial& b);
  Trial try_step(const T* x, double step);
  void remember(const T* x);

  const Index n_;
  const Function function_;
  Vectors<T> vectors_;
  std::deque<Correction> corrections_;  // the latest last
  kernels::Buffer<T> gradient_;
  kernels::Buffer<T> direction_;
  kernels::Buffer<T> trial_;
  kernels::Buffer<T> trial_gradient_;
  double value_ = 0;
  bool begun_ = false;
};

}  // namespace eigencoder::model
