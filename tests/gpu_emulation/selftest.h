// What the parts of the self-test share.
#pragma once

#include <cuda_runtime.h>

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

extern "C" {
void eigencoder_emulation_fail_at(long n);
long eigencoder_emulation_calls();
long eigencoder_emulation_live();
void eigencoder_emulation_set_order(int order);
const char* eigencoder_emulation_error();
}

namespace selftest {

inline void expect(bool is_true, const char* what) {
  if (is_true) return;
  std::fprintf(stderr, "selftest: expected %s\n", what);
  std::exit(1);
}

inline void check(cudaError_t error) { expect(error == cudaSuccess, cudaGetErrorName(error)); }

template <class T>
struct DeviceArray {
  T* data = nullptr;
  explicit DeviceArray(std::size_t count) { check(cudaMalloc(&data, count * sizeof(T))); }
  ~DeviceArray() { cudaFree(data); }
};

template <class T>
struct PinnedArray {
  T* data = nullptr;
  explicit PinnedArray(std::size_t count) { check(cudaMallocHost(&data, count * sizeof(T))); }
  ~PinnedArray() { cudaFreeHost(data); }
};

struct Stream {
  cudaStream_t handle = nullptr;
  Stream() { check(cudaStreamCreateWithFlags(&handle, cudaStreamNonBlocking)); }
  ~Stream() { cudaStreamDestroy(handle); }
  void synchronize() const { check(cudaStreamSynchronize(handle)); }
};

struct Event {
  cudaEvent_t handle = nullptr;
  Event() { check(cudaEventCreateWithFlags(&handle, cudaEventDisableTiming)); }
  ~Event() { cudaEventDestroy(handle); }
};

template <class T>
void upload(const std::vector<T>& from, T* to, const Stream& stream) {
  check(cudaMemcpyAsync(to, from.data(), from.size() * sizeof(T), cudaMemcpyHostToDevice, stream.handle));
}

template <class T>
std::vector<T> download(const T* from, std::size_t count, const Stream& stream) {
  std::vector<T> to(count);
  check(cudaMemcpyAsync(to.data(), from, count * sizeof(T), cudaMemcpyDeviceToHost, stream.handle));
  return to;
}

template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), unsigned int blocks, unsigned int threads, const Stream& stream,
            Arguments&&... arguments) {
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(blocks);
  config.blockDim = dim3(threads);
  config.stream = stream.handle;
  check(cudaLaunchKernelEx(&config, kernel, std::forward<Arguments>(arguments)...));
}

inline std::vector<float> counted(int count) {
  std::vector<float> values;
  for (int i = 0; i < count; ++i) values.push_back(static_cast<float>(i));
  return values;
}

// Makes the fault of that name; returns where the emulator did not end the process.
void make_fault(const char* name);

}  // namespace selftest
