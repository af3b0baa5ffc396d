// A GPU as the place where the kernels of one call run: in one stream, each after the one before. Kernels and copies
// have only begun when the call that starts them returns; `read` waits for what it reads.
#pragma once

#include <limits>
#include <memory>
#include <mutex>
#include <vector>

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
  bool changed_ = false;
};

class GpuStream {
 public:
  GpuStream();
  ~GpuStream();
  GpuStream(const GpuStream&) = delete;
  GpuStream& operator=(const GpuStream&) = delete;
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
  void record(const GpuStream& earlier);
  void order(const GpuStream& later) const;
  void wait() const;

 private:
  cudaEvent_t event_ = nullptr;
};

class CublasSession {
 public:
  explicit CublasSession(const GpuStream& stream);
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
  int* flag = nullptr;  // (1), which kernels that answer raise
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

// What takes long to make, for one call at a time.
struct Session {
  GpuStream stream;
  CublasSession cublas{stream};
  Buffer<int> flag{1};
};

// Those of a GPU that no call uses now.
class Sessions {
 public:
  explicit Sessions(int gpu) : gpu_(gpu) {}
  int gpu() const { return gpu_; }
  std::unique_ptr<Session> take();
  void give_back(std::unique_ptr<Session> session);

 private:
  const int gpu_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Session>> free_;
};

template <typename T>
class Context {
 public:
  Context(Monitor& monitor, Sessions& sessions)
      : present_(sessions.gpu()),
        monitor_(monitor),
        sessions_(sessions),
        session_(sessions.take()),
        worker_{stream().get(), session_->cublas.get(), session_->flag.data()} {}
  ~Context() { sessions_.give_back(std::move(session_)); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  int n_threads() const { return 1; }
  const GpuStream& stream() const { return session_->stream; }

  bool interrupted(Share /*share*/) {
    if (!interrupted_ && !monitor_.keep_going()) interrupted_ = true;
    return interrupted_;
  }
  void ask_until_all_end(Share /*share*/) {}

  template <typename Task>
  void run(const Task& task) {
    task(Share{0, 1}, worker_);
    if (interrupted_) throw Interrupted();
  }
  template <typename Task>
  void once(const Task& task) {
    task(worker_);
  }

  template <typename V>
  void copy(Index n, const V* from, V* to) {
    if (n == 0) return;
    check_cuda(
        cudaMemcpyAsync(to, from, static_cast<std::size_t>(n) * sizeof(V), cudaMemcpyDeviceToDevice, stream().get()),
        "a copy on the GPU");
  }
  template <typename V>
  void read(Index n, const V* from, V* to) {
    copy_to_host(stream().get(), n, from, to);
  }

 private:
  const PresentGpu present_;
  Monitor& monitor_;
  Sessions& sessions_;
  std::unique_ptr<Session> session_;
  Worker<T> worker_;
  bool interrupted_ = false;
};

}  // namespace eigencoder::kernels
