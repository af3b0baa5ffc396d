// Rows of a data set as a kernel is given them.
#pragma once

#include "eigencoder/engine.h"

namespace eigencoder::kernels {

// Row i of a batch is row number rows[i], and lies at positions[i] of data.x; positions nullptr: at i.
template <typename T>
struct Batch {
  Dataset<T> data;
  const Index* rows = nullptr;
  const Index* positions = nullptr;
};

}  // namespace eigencoder::kernels
