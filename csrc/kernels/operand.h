// A matrix as a factor of a product.
#pragma once

#include "kernels/matrix.h"
#include "kernels/packet.h"

namespace eigencoder::kernels {

enum class Storage { row_major, transposed };

// `transposed`: its element (i, j) lies where a row-major one has (j, i).
template <typename T>
struct Operand {
  const T* data;
  Index stride;
  Storage storage = Storage::row_major;
  Index reach = stride;  // how many numbers of a stored row may be read from `data` on

  const T* at(Index i, Index j) const {
    return storage == Storage::row_major ? data + i * stride + j : data + j * stride + i;
  }
  Operand from(Index i, Index j) const {
    return {at(i, j), stride, storage, reach - (storage == Storage::row_major ? j : i)};
  }
};

// The matrix that a layer multiplies its input by.
template <typename T>
Operand<T> as_operand(Weights<const T> weights) {
  if (weights.transposed) return {weights.data, weights.n_inputs, Storage::transposed};
  return {weights.data, weights.n_outputs, Storage::row_major};
}

}  // namespace eigencoder::kernels
