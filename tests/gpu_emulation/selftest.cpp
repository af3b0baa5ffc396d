// What must work: `selftest`. What must be found: `selftest FAULT`. How long a launch takes: `selftest time`.
#include "selftest.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <thread>

#include "kernels/cublas.h"
#include "selftest_kernels.h"

namespace selftest {
namespace {

__global__ void reverse(float* data) {
  __shared__ float values[block_size];
  values[threadIdx.x] = data[threadIdx.x];
  __syncthreads();
  data[threadIdx.x] = values[block_size - 1 - threadIdx.x];
}

__global__ void nothing(float*) {}

__global__ void one_barrier(float*) { __syncthreads(); }

void test_copy_with_tail(const Stream& stream) {
  for (int count : {1, 5, 31, 255, 257, 1000}) {
    const auto size = static_cast<std::size_t>(count);
    DeviceArray<float> from(size), to(size);
    const std::vector<float> values = counted(count);
    upload(values, from.data, stream);
    launch(copy<float>, 4, block_size, stream, from.data, to.data, count);
    expect(download(to.data, size, stream) == values, "a copy with a tail");
  }
}

template <class T>
void test_sum(const Stream& stream) {
  const int count = 1000, blocks = 3;
  DeviceArray<float> values(count);
  DeviceArray<T> result(blocks);
  upload(counted(count), values.data, stream);
  launch(sum<T>, blocks, block_size, stream, Range{values.data, count}, result.data);
  for (T total : download(result.data, blocks, stream)) expect(total == T(499500), "the sum of 0 .. 999");
}

void test_reverse(const Stream& stream) {
  DeviceArray<float> data(block_size);
  std::vector<float> values = counted(block_size);
  upload(values, data.data, stream);
  launch(reverse, 1, block_size, stream, data.data);
  std::reverse(values.begin(), values.end());
  expect(download(data.data, block_size, stream) == values, "the reverse");
}

void test_two_streams(const Stream& stream) {
  const int count = 1000;
  const Stream uploads;
  Event is_uploaded;
  PinnedArray<float> pinned(count), result(count);
  DeviceArray<float> from(count), to(count);
  const std::vector<float> values = counted(count);
  std::copy(values.begin(), values.end(), pinned.data);
  check(cudaMemcpyAsync(from.data, pinned.data, count * sizeof(float), cudaMemcpyHostToDevice, uploads.handle));
  check(cudaEventRecord(is_uploaded.handle, uploads.handle));
  check(cudaStreamWaitEvent(stream.handle, is_uploaded.handle));
  launch(copy<float>, 4, block_size, stream, from.data, to.data, count);
  check(cudaMemcpyAsync(result.data, to.data, count * sizeof(float), cudaMemcpyDeviceToHost, stream.handle));
  expect(std::isnan(result.data[0]), "a copy to pinned memory that is late");
  stream.synchronize();
  expect(std::equal(values.begin(), values.end(), result.data), "what another stream has uploaded");
}

void test_snapshot_of_pageable_memory(const Stream& stream) {
  DeviceArray<float> data(1);
  std::vector<float> value{1};
  upload(value, data.data, stream);
  value[0] = 2;
  expect(download(data.data, 1, stream)[0] == 1, "a pageable source as it was at the call");
}

void test_products(const Stream& stream) {
  using namespace eigencoder::kernels;
  const int m = 3, n = 2, k = 4;
  const double alpha = 2, beta = 0;
  CublasHandle handle = nullptr;
  expect(cublas().create(&handle) == 0 && cublas().set_stream(handle, stream.handle) == 0, "a handle");
  DeviceArray<double> a(m * k), b(k * n), c(m * n);
  std::vector<double> ones(m * k, 1), numbers{1, 2, 3, 4, 5, 6, 7, 8};
  upload(ones, a.data, stream);
  upload(numbers, b.data, stream);
  for (int op : {cublas_n, cublas_t}) {
    const int lda = op == cublas_n ? m : k, ldb = op == cublas_n ? k : n;
    expect(cublas().dgemm(handle, op, op, m, n, k, &alpha, a.data, lda, b.data, ldb, &beta, c.data, m) == 0,
           "a product");
    const std::vector<double> expected =
        op == cublas_n ? std::vector<double>{20, 20, 20, 52, 52, 52} : std::vector<double>{32, 32, 32, 40, 40, 40};
    expect(download(c.data, m * n, stream) == expected, "the product");
  }
  expect(cublas().dgemm(handle, 0, 0, m, n, k, &alpha, a.data, m - 1, b.data, k, &beta, c.data, m) == 7, "a refusal");
  cublas().destroy(handle);
}

void test_failures(const Stream& stream) {
  eigencoder_emulation_fail_at(2);
  float* data = nullptr;
  check(cudaMalloc(&data, 4));
  expect(cudaMemsetAsync(data, 0, 4, stream.handle) == cudaErrorLaunchFailure, "the second call to fail");
  expect(cudaGetLastError() == cudaErrorLaunchFailure && cudaGetLastError() == cudaSuccess, "an error told once");
  expect(eigencoder_emulation_calls() == 2, "two calls");
  eigencoder_emulation_fail_at(0);
  expect(cudaFree(data) == cudaSuccess, "cudaFree not to fail");
  std::size_t available = 0, total = 0;
  check(cudaMemGetInfo(&available, &total));
  expect(cudaMalloc(&data, total + 1) == cudaErrorMemoryAllocation, "memory to have an end");
}

void test_attributes() {
  PinnedArray<float> pinned(4);
  DeviceArray<float> device(4);
  const auto type_of = [](const void* pointer) {
    cudaPointerAttributes attributes{};
    check(cudaPointerGetAttributes(&attributes, pointer));
    return attributes.type;
  };
  const int local = 0;
  expect(type_of(&local) == cudaMemoryTypeUnregistered && type_of(pinned.data + 3) == cudaMemoryTypeHost &&
             type_of(device.data + 3) == cudaMemoryTypeDevice,
         "the types of pointers");
}

void test_two_threads_of_the_host() {
  const auto work = [] {
    const Stream stream;
    for (int i = 0; i < 10; ++i) test_sum<float>(stream);
  };
  std::thread other(work);
  work();
  other.join();
}

void test_all() {
  for (int order : {0, 1, 2}) {
    eigencoder_emulation_set_order(order);
    const Stream stream;
    test_copy_with_tail(stream);
    test_sum<float>(stream);
    test_sum<double>(stream);
    test_reverse(stream);
    test_two_streams(stream);
    test_snapshot_of_pageable_memory(stream);
    test_products(stream);
    test_failures(stream);
    test_attributes();
    test_two_threads_of_the_host();
  }
  expect(eigencoder_emulation_live() == 0, "nothing left alive");
}

template <class Function>
void measure(const char* what, Function&& launch_once) {
  const Stream stream;
  const int launches = 20000, launches_of_a_step = 20;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < launches; ++i) {
    launch_once(stream);
    if (i % launches_of_a_step == 0) stream.synchronize();
  }
  stream.synchronize();
  const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - begin;
  std::printf("%s: %.2f us\n", what, time.count() / launches);
}

void measure_all() {
  DeviceArray<float> data(block_size);
  measure("32 threads", [&](const Stream& stream) { launch(nothing, 1, 32, stream, data.data); });
  measure("256 threads", [&](const Stream& stream) { launch(nothing, 1, 256, stream, data.data); });
  measure("256 threads, one barrier", [&](const Stream& stream) { launch(one_barrier, 1, 256, stream, data.data); });
}

}  // namespace
}  // namespace selftest

int main(int count, char** arguments) {
  if (count == 1) {
    selftest::test_all();
  } else if (std::strcmp(arguments[1], "time") == 0) {
    selftest::measure_all();
  } else {
    selftest::make_fault(arguments[1]);
  }
}
