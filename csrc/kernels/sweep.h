// How a sequence of kernels runs on all threads. Where there are many rows each thread takes its own, block by block,
// from the first kernel to the last and waits for no other; else each kernel is cut by columns, one after the other.
// Once the call is interrupted no kernel runs.
#pragma once

#include "kernels/backend.h"

namespace eigencoder::kernels {

// A thread with fewer rows would read all weights for too little work.
inline constexpr Index fewest_rows = 64;

// All kernels of a sequence on one thread's block of rows.
template <typename T>
class BlockSequence {
 public:
  BlockSequence(Context<T>& context, Share share, Worker<T>& worker, Range rows)
      : context_(context), share_(share), worker_(worker), rows_(rows) {}

  // Calls kernel(rows, worker).
  template <typename Kernel>
  void rows(const Kernel& kernel) {
    if (!context_.interrupted(share_)) kernel(rows_, worker_);
  }

  // Calls kernel(part, worker), where the matrix it writes has n_cols columns.
  template <typename Kernel>
  void matrix(Index n_cols, const Kernel& kernel) {
    if (!context_.interrupted(share_)) kernel(Part{rows_, {0, n_cols}}, worker_);
  }

 private:
  Context<T>& context_;
  const Share share_;
  Worker<T>& worker_;
  const Range rows_;
};

// Each kernel of a sequence on all threads, which wait for each other after it.
template <typename T>
class SharedSequence {
 public:
  SharedSequence(Context<T>& context, Index n_rows) : context_(context), n_rows_(n_rows) {}

  template <typename Kernel>
  void rows(const Kernel& kernel) {
    context_.run([&](Share share, Worker<T>& worker) {
      if (!context_.interrupted(share)) kernel(share.of(n_rows_, row_unit), worker);
    });
  }

  template <typename Kernel>
  void matrix(Index n_cols, const Kernel& kernel) {
    context_.run([&](Share share, Worker<T>& worker) {
      const Part part{{0, n_rows_}, share.of(n_cols, cache_line<T>)};
      if (!context_.interrupted(share) && part.cols.size() > 0) kernel(part, worker);
    });
  }

 private:
  Context<T>& context_;
  const Index n_rows_;
};

// Calls work(sequence), which runs its kernels through sequence.rows and sequence.matrix.
template <typename T, typename Work>
void sweep(Context<T>& context, Index n_rows, const Work& work) {
  if (context.n_threads() > 1 && n_rows < fewest_rows * context.n_threads()) {
    SharedSequence<T> sequence(context, n_rows);
    return work(sequence);
  }
  context.run([&](Share share, Worker<T>& worker) {
    const Range rows = share.of(n_rows, row_unit);
    for (Index first = rows.begin; first < rows.end; first += block_rows) {
      BlockSequence<T> sequence(context, share, worker, {first, std::min(first + block_rows, rows.end)});
      work(sequence);
    }
    context.ask_until_all_end(share);
  });
}

}  // namespace eigencoder::kernels
