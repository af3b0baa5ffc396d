// Products of matrices that are stored column by column, in the place of cuBLAS.
#include "kernels/cublas.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "device_memory.h"
#include "failures.h"
#include "streams.h"

namespace eigencoder::kernels {
namespace {

using namespace emulation;

enum Status : int { success = 0, not_initialized = 1, allocation_failed = 3, invalid_value = 7, execution_failed = 13 };

// What a handle points to: the backend only passes it on.
struct State {
  cudaStream_t stream;
};

State* state_of(CublasHandle handle) { return reinterpret_cast<State*>(handle); }

template <class T>
struct Factor {
  const T* data;
  int rows, columns, stride;  // as stored
  bool is_transposed;
};

template <class T>
std::size_t bytes_of(int rows, int columns, int stride) {
  return sizeof(T) *
         (static_cast<std::size_t>(stride) * static_cast<std::size_t>(columns - 1) + static_cast<std::size_t>(rows));
}

// op(factor), its columns one after the other.
template <class T>
std::vector<T> packed(const Factor<T>& factor) {
  std::vector<T> result(static_cast<std::size_t>(factor.rows) * static_cast<std::size_t>(factor.columns));
  const std::ptrdiff_t row_step = factor.is_transposed ? factor.columns : 1;
  const std::ptrdiff_t column_step = factor.is_transposed ? 1 : factor.rows;
  for (std::ptrdiff_t column = 0; column < factor.columns; ++column) {
    const T* from = factor.data + column * factor.stride;
    T* to = result.data() + column * column_step;
    for (std::ptrdiff_t row = 0; row < factor.rows; ++row) to[row * row_step] = from[row];
  }
  return result;
}

template <class T>
void add_scaled(std::ptrdiff_t size, T scale, const T* __restrict__ from, T* __restrict__ to) {
  for (std::ptrdiff_t i = 0; i < size; ++i) to[i] += scale * from[i];
}

template <class T>
void multiply(int m, int n, int k, T alpha, const Factor<T>& a, const Factor<T>& b, T beta, T* c, int ldc) {
  const std::vector<T> left = packed(a), right = packed(b);
  std::vector<T> sums(static_cast<std::size_t>(m));
  for (std::ptrdiff_t column = 0; column < n; ++column) {
    std::fill(sums.begin(), sums.end(), T(0));
    for (std::ptrdiff_t depth = 0; depth < k; ++depth) {
      add_scaled<T>(m, right[static_cast<std::size_t>(column * k + depth)], left.data() + depth * m, sums.data());
    }
    T* result = c + column * ldc;
    for (std::ptrdiff_t row = 0; row < m; ++row) {
      const T product = alpha * sums[static_cast<std::size_t>(row)];
      result[row] = beta == T(0) ? product : product + beta * result[row];
    }
  }
}

Allocation& find(const char* name, const void* matrix, std::size_t size) {
  Allocation* allocation = find_on_device(matrix, size);
  if (allocation == nullptr) {
    fault("matrix %s of a product has %zu bytes at %p, expected them in one allocation of the device", name, size,
          matrix);
  }
  return *allocation;
}

template <class T>
int gemm(CublasHandle handle, int op_a, int op_b, int m, int n, int k, const T* alpha, const T* a, int lda, const T* b,
         int ldb, const T* beta, T* c, int ldc) {
  const FallibleCall call;
  if (call.fails()) return execution_failed;
  if (handle == nullptr) return not_initialized;
  const auto is_operation = [](int op) { return op == cublas_n || op == cublas_t; };
  if (!is_operation(op_a) || !is_operation(op_b) || m < 0 || n < 0 || k < 0) return invalid_value;
  const Factor<T> left{a, op_a == cublas_n ? m : k, op_a == cublas_n ? k : m, lda, op_a == cublas_t};
  const Factor<T> right{b, op_b == cublas_n ? k : n, op_b == cublas_n ? n : k, ldb, op_b == cublas_t};
  if (lda < std::max(1, left.rows) || ldb < std::max(1, right.rows) || ldc < std::max(1, m)) return invalid_value;
  if (alpha == nullptr || beta == nullptr || is_of_device(alpha) || is_of_device(beta)) return invalid_value;
  if (m == 0 || n == 0) return success;
  enqueue(state_of(handle)->stream, [=, alpha = *alpha, beta = *beta] {
    if (k > 0) {
      open_on_device(find("A", a, bytes_of<T>(left.rows, left.columns, lda)));
      open_on_device(find("B", b, bytes_of<T>(right.rows, right.columns, ldb)));
    }
    open_on_device(find("C", c, bytes_of<T>(m, n, ldc)));
    multiply(m, n, k, alpha, left, right, beta, c, ldc);
  });
  return success;
}

int create(CublasHandle* handle) {
  const FallibleCall call;
  if (call.fails()) return allocation_failed;
  *handle = reinterpret_cast<CublasHandle>(new State{nullptr});
  count_live(1);
  return success;
}

int destroy(CublasHandle handle) {
  const Call call;
  if (handle == nullptr) return not_initialized;
  run_device();
  delete state_of(handle);
  count_live(-1);
  return success;
}

int set_stream(CublasHandle handle, cudaStream_t stream) {
  const FallibleCall call;
  if (call.fails() || handle == nullptr) return not_initialized;
  state_of(handle)->stream = stream;
  return success;
}

}  // namespace

const Cublas& cublas() {
  static const Cublas table{create, destroy, set_stream, gemm<float>, gemm<double>};
  return table;
}

}  // namespace eigencoder::kernels
