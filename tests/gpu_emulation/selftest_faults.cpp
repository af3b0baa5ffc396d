#include <cmath>
#include <cstring>

#include "selftest.h"
#include "selftest_kernels.h"

namespace selftest {
namespace {

__global__ void reverse_without_barrier(float* data) {
  __shared__ float values[block_size];
  values[threadIdx.x] = data[threadIdx.x];
  data[threadIdx.x] = values[block_size - 1 - threadIdx.x];
}

template <class T>
__global__ void read_unset(T* data) {
  __shared__ T values[block_size];
  if (threadIdx.x % 2 == 0) values[threadIdx.x] = 0;
  __syncthreads();
  data[threadIdx.x] = values[threadIdx.x];
}

__global__ void barrier_in_branch(float* data) {
  if (threadIdx.x < 10) __syncthreads();
  data[threadIdx.x] = 1;
}

__global__ void different_barriers(float* data) {
  if (threadIdx.x < 128) {
    __syncthreads();
  } else {
    __syncthreads();
  }
  data[threadIdx.x] = 1;
}

__global__ void shuffle_in_branch(float* data) {
  float value = data[threadIdx.x];
  if (threadIdx.x % 2 == 0) value = __shfl_xor_sync(0xffffffffu, value, 2);
  data[threadIdx.x] = value;
}

__global__ void read_next(const float* from, float* to) { to[threadIdx.x] = from[threadIdx.x + 1]; }

}  // namespace

void make_fault(const char* name) {
  const auto is = [name](const char* other) { return std::strcmp(name, other) == 0; };
  const Stream stream;
  if (is("leak")) {
    float* data = nullptr;
    check(cudaMalloc(&data, 4));
    std::printf("%ld alive, expected the stream alone\n", eigencoder_emulation_live());
    return;
  }
  const int count = block_size;
  DeviceArray<float> a(count), b(count);
  std::vector<float> values = counted(count);
  upload(values, a.data, stream);
  if (is("missing_barrier")) {
    launch(reverse_without_barrier, 1, block_size, stream, a.data);
    expect(download(a.data, count, stream)[0] == count - 1, "the reverse");
  } else if (is("barrier_in_branch")) {
    launch(barrier_in_branch, 1, block_size, stream, a.data);
  } else if (is("different_barriers")) {
    launch(different_barriers, 1, block_size, stream, a.data);
  } else if (is("shuffle_in_branch")) {
    launch(shuffle_in_branch, 1, block_size, stream, a.data);
  } else if (is("read_beyond_end")) {
    launch(read_next, 1, block_size, stream, a.data, b.data);
  } else if (is("write_beyond_end")) {
    DeviceArray<float> odd(count - 1);
    launch(copy<float>, 1, block_size, stream, a.data, odd.data, count);
    stream.synchronize();
  } else if (is("host_reads_device")) {
    std::printf("%f\n", static_cast<double>(a.data[3]));
  } else if (is("host_pointer")) {
    launch(copy<float>, 1, block_size, stream, values.data(), b.data, count);
  } else if (is("host_pointer_in_structure")) {
    launch(sum<float>, 1, block_size, stream, Range{values.data(), count}, b.data);
  } else if (is("pinned_pointer")) {
    PinnedArray<float> pinned(count);
    launch(copy<float>, 1, block_size, stream, pinned.data, b.data, count);
  } else if (is("copy_direction")) {
    check(cudaMemcpyAsync(a.data, values.data(), 4, cudaMemcpyDeviceToHost, stream.handle));
  } else if (is("copy_beyond_end")) {
    check(cudaMemcpyAsync(a.data + 1, b.data, count * sizeof(float), cudaMemcpyDeviceToDevice, stream.handle));
  } else if (is("missing_wait")) {
    const Stream other;
    launch(copy<float>, 1, block_size, other, a.data, b.data, count);
    expect(!std::isnan(download(b.data, count, other)[5]), "what was uploaded, not NaN");
  } else if (is("use_after_free")) {
    const float* freed = DeviceArray<float>(count).data;
    launch(copy<float>, 1, block_size, stream, freed, b.data, count);
  } else if (is("uninitialised")) {
    expect(!std::isnan(download(b.data, count, stream)[5]), "numbers, not NaN");
  } else if (is("uninitialised_shared")) {
    launch(read_unset<float>, 1, block_size, stream, a.data);
    expect(!std::isnan(download(a.data, count, stream)[5]), "a shared number, not NaN");
  } else {
    expect(false, "the name of a fault");
  }
  stream.synchronize();
}

}  // namespace selftest
