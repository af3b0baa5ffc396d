// A GPU as the place where the kernels of one call run: in one stream, each after the one before. Kernels and copies
// have only begun when the call that starts them returns; `read` waits for what it reads.
#pragma once

#include <limits>

#include "eigencoder/engine.h"
#include "kernels/cublas.h"
#include "kernels/interrupted.h"
#include "kernels/memory_cuda.h"

namespace eigencoder::kernels {

// All rows go through a kernel at once; a block of all the data, or of inference, fills the GPU.
inline constexpr Index block_rows = std::numeric_limits<Index>::max() / 2;
inline constexpr Index inference_rows = 8192;
inline constexpr Index full_batch_rows = 8192;

inline constexpr bool shares_host_memory = false;
inline constexpr bool updates_with_gradient = false;

// Makes a GPU the present one of this thread, until it goes.
class PresentGpu {
 public:
  explicit PresentGpu(int number);
  ~PresentGpu();
  PresentGpu(const PresentGpu&) = delete;
  PresentGpu& operator=(const PresentGpu&) = delete;

 private:
  int before_ = 0;
};

class Stream {
 public:
  Stream();
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  cudaStream_t get() const { return stream_; }
  void wait() const;

 private:
  cudaStream_t stream_ = nullptr;
};

class Event {
 public:
  Event();
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  // What comes later in `later` waits for what is in `earlier` by now.
  void record(const Stream& earlier);
  void order(const Stream& later) const;
  void wait() const;

 private:
  cudaEvent_t event_ = nullptr;
};

class CublasSession {
 public:
  explicit CublasSession(const Stream& stream);
  ~CublasSession();
  CublasSession(const CublasSession&) = delete;
  CublasSession& operator=(const CublasSession&) = delete;
  CublasHandle get() const { return handle_; }

 private:
  CublasHandle handle_ = nullptr;
};

// What starts the kernels.
template <typename T>
struct Worker {
  cudaStream_t stream = nullptr;
  CublasHandle cublas = nullptr;
  int* flag = nullptr;  // (1), for kernels that answer
};

template <typename V>
void copy_to_gpu(cudaStream_t stream, Index n, const V* from, V* to) {
  if (n == 0) return;
  check_cuda(cudaMemcpyAsync(to, from, static_cast<std::size_t>(n) * sizeof(V), cudaMemcpyHostToDevice, stream),
             "a copy to the GPU");
}

template <typename V>
void copy_to_host(cudaStream_t stream, Index n, const V* from, V* to) {
  if (n == 0) return;
  check_cuda(cudaMemcpyAsync(to, from, static_cast<std::size_t>(n) * sizeof(V), cudaMemcpyDeviceToHost, stream),
             "a copy from the GPU");
  check_cuda(cudaStreamSynchronize(stream), "a computation on the GPU");
}

template <typename T>
class Context {
 public:
  Context(Monitor& monitor, int gpu)
      : present_(gpu),
        monitor_(monitor),
        cublas_(stream_),
        flag_(1),
        worker_{stream_.get(), cublas_.get(), flag_.data()} {}

  int n_threads() const { return 1; }
  const Stream& stream() const { return stream_; }

  void throw_if_interrupted(Share /*share*/) {
    if (!monitor_.keep_going()) throw Interrupted();
  }

  template <typename Task>
  void run(const Task& task) {
    task(Share{0, 1}, worker_);
  }
  template <typename Task>
  void once(const Task& task) {
    task(worker_);
  }

  template <typename V>
  void copy(Index n, const V* from, V* to) {
    if (n == 0) return;
    check_cuda(
        cudaMemcpyAsync(to, from, static_cast<std::size_t>(n) * sizeof(V), cudaMemcpyDeviceToDevice, stream_.get()),
        "a copy on the GPU");
  }
  template <typename V>
  void read(Index n, const V* from, V* to) {
    copy_to_host(stream_.get(), n, from, to);
  }

 private:
  const PresentGpu present_;
  Monitor& monitor_;
  const Stream stream_;
  const CublasSession cublas_;
  Buffer<int> flag_;
  Worker<T> worker_;
};

}  // namespace eigencoder::kernels
