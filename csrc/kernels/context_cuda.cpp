#include "kernels/context_cuda.h"

#include <stdexcept>
#include <string>

namespace eigencoder::kernels {

void check_cuda(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return;
  cudaGetLastError();  // so that the next call does not find it
  throw std::runtime_error(std::string(what) + " failed: " + cudaGetErrorString(error) + " (" +
                           cudaGetErrorName(error) + "); device='cpu' does without a GPU");
}

void* allocate_on_gpu(std::size_t bytes) {
  void* memory = nullptr;
  const cudaError_t error = cudaMalloc(&memory, bytes);
  if (error == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    throw std::runtime_error("the GPU has no room for " + std::to_string(bytes) +
                             " more bytes: make batches or layers smaller, or use device='cpu'");
  }
  check_cuda(error, "allocating memory of the GPU");
  return memory;
}

void* allocate_pinned(std::size_t bytes) {
  void* memory = nullptr;
  check_cuda(cudaMallocHost(&memory, bytes), "allocating pinned memory");
  return memory;
}

Index free_memory() {
  std::size_t free = 0;
  std::size_t total = 0;
  check_cuda(cudaMemGetInfo(&free, &total), "asking for the free memory of the GPU");
  return static_cast<Index>(free);
}

bool lies_on_gpu(const void* array) {
  cudaPointerAttributes attributes{};
  check_cuda(cudaPointerGetAttributes(&attributes, array), "asking where an array lies");
  return attributes.type == cudaMemoryTypeDevice || attributes.type == cudaMemoryTypeManaged;
}

bool has_come_to_gpu(const void* array) {
  if (!lies_on_gpu(array)) return false;
  check_cuda(cudaDeviceSynchronize(), "what was started on the GPU before");
  return true;
}

PresentGpu::PresentGpu(int number) {
  check_cuda(cudaGetDevice(&before_), "asking for the present GPU");
  if (before_ == number) return;
  check_cuda(cudaSetDevice(number), "choosing the GPU");
  changed_ = true;
}

PresentGpu::~PresentGpu() {
  if (changed_) cudaSetDevice(before_);
}

GpuStream::GpuStream() { check_cuda(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a stream"); }

GpuStream::~GpuStream() {
  cudaStreamSynchronize(stream_);
  cudaStreamDestroy(stream_);
}

void GpuStream::wait() const { check_cuda(cudaStreamSynchronize(stream_), "a computation on the GPU"); }

Event::Event() { check_cuda(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "making an event"); }

Event::~Event() { cudaEventDestroy(event_); }

void Event::record(const GpuStream& earlier) {
  check_cuda(cudaEventRecord(event_, earlier.get()), "recording an event");
}

void Event::order(const GpuStream& later) const {
  check_cuda(cudaStreamWaitEvent(later.get(), event_, 0), "ordering two streams");
}

void Event::wait() const { check_cuda(cudaEventSynchronize(event_), "waiting for an event"); }

namespace {

void check_cublas(int status, const char* what) {
  if (status != 0) throw std::runtime_error(std::string(what) + " failed with status " + std::to_string(status));
}

}  // namespace

CublasSession::CublasSession(const GpuStream& stream) {
  check_cublas(cublas().create(&handle_), "beginning to use cuBLAS");
  const int status = cublas().set_stream(handle_, stream.get());
  if (status != 0) cublas().destroy(handle_);
  check_cublas(status, "giving cuBLAS a stream");
}

CublasSession::~CublasSession() { cublas().destroy(handle_); }

std::unique_ptr<Session> Sessions::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      std::unique_ptr<Session> session = std::move(free_.back());
      free_.pop_back();
      return session;
    }
  }
  return std::make_unique<Session>();
}

// What a call has started may still run, where it ended by an exception.
void Sessions::give_back(std::unique_ptr<Session> session) {
  cudaStreamSynchronize(session->stream.get());
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(session));
}

}  // namespace eigencoder::kernels
