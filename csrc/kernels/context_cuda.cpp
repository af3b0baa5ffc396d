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
                             " more bytes: lower batch_size, or use device='cpu'");
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
  check_cuda(cudaSetDevice(number), "choosing the GPU");
}

PresentGpu::~PresentGpu() { cudaSetDevice(before_); }

Stream::Stream() { check_cuda(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a stream"); }

Stream::~Stream() {
  cudaStreamSynchronize(stream_);
  cudaStreamDestroy(stream_);
}

void Stream::wait() const { check_cuda(cudaStreamSynchronize(stream_), "a computation on the GPU"); }

Event::Event() { check_cuda(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "making an event"); }

Event::~Event() { cudaEventDestroy(event_); }

void Event::record(const Stream& earlier) { check_cuda(cudaEventRecord(event_, earlier.get()), "recording an event"); }

void Event::order(const Stream& later) const {
  check_cuda(cudaStreamWaitEvent(later.get(), event_, 0), "ordering two streams");
}

void Event::wait() const { check_cuda(cudaEventSynchronize(event_), "waiting for an event"); }

namespace {

void check_cublas(int status, const char* what) {
  if (status != 0) throw std::runtime_error(std::string(what) + " failed with status " + std::to_string(status));
}

}  // namespace

CublasSession::CublasSession(const Stream& stream) {
  check_cublas(cublas().create(&handle_), "beginning to use cuBLAS");
  const int status = cublas().set_stream(handle_, stream.get());
  if (status != 0) cublas().destroy(handle_);
  check_cublas(status, "giving cuBLAS a stream");
}

CublasSession::~CublasSession() { cublas().destroy(handle_); }

}  // namespace eigencoder::kernels
