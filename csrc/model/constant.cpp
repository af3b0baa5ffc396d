// The loss of the best answer that is the same for every row: what a network has to fall below before it can be said to
// have learnt.
#include <numeric>

#include "math/dispatch.h"
#include "math/reconstruction.h"
#include "model/passes.h"

namespace eigencoder::model {
namespace {

template <typename T>
double entropy_of_classes(const Dataset<T>& data, Index n_classes) {
  std::vector<double> shares(static_cast<std::size_t>(n_classes));
  for (Index i = 0; i < data.n_samples; ++i) {
    const Index row = data.row(i);
    shares[static_cast<std::size_t>(data.labels[row])] += data.weights ? data.weights[row] : 1.0;
  }
  const double total = std::accumulate(shares.begin(), shares.end(), 0.0);
  return std::accumulate(shares.begin(), shares.end(), 0.0,
                         [&](double sum, double share) { return sum + math::entropy(share / total); });
}

}  // namespace

template <typename T>
double Objective<T>::constant_loss(kernels::Source<T>& data) {
  using kernels::Range, kernels::Share, kernels::Worker;
  if (classifies()) return entropy_of_classes(data.host(), network_.layers().back().n_outputs);
  const Index n = network_.n_features();
  kernels::Buffer<double> sums(2 * n);  // of the entries of each column, and of their squares
  std::vector<double> of_block(static_cast<std::size_t>(2 * n));
  std::vector<double> total(of_block.size());
  double weight = 0;
  for (Index first = 0; first < data.host().n_samples; first += max_rows_) {
    if (!begin_block(data, first, {})) continue;
    if (gathers_) {
      context_.run([&](Share share, Worker<T>& worker) {
        if (context_.interrupted(share)) return;
        kernels::gather_corrupt<T>(share.of(n_rows_, kernels::row_unit), worker, batch_, {},
                                   target_.first_rows(n_rows_), separate_input_.first_rows(n_rows_));
      });
    }
    context_.run([&](Share share, Worker<T>& worker) {
      const Range cols = share.of(n, kernels::cache_line<T>);
      kernels::column_sums<T>(cols, worker, x_, row_weights_.data(), sums.data());
      kernels::square_sums<T>(cols, worker, x_, row_weights_.data(), sums.data() + n);
    });
    context_.read(2 * n, sums.data(), of_block.data());
    std::transform(total.begin(), total.end(), of_block.begin(), total.begin(), std::plus<>());
    weight += weighing_.weight;
  }
  double loss = 0;
  math::dispatch<math::Losses>(config_.loss, [&](auto l) {
    for (std::size_t j = 0; j < total.size() / 2; ++j) {
      loss += l.of_constant(total[j] / weight, total[j + total.size() / 2] / weight);
    }
  });
  return loss;
}

template double Objective<float>::constant_loss(kernels::Source<float>&);
template double Objective<double>::constant_loss(kernels::Source<double>&);

}  // namespace eigencoder::model
