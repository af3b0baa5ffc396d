// A pass through the layers for any number of rows, in blocks of bounded memory: each thread takes its rows through all
// layers by itself.
#pragma once

#include <vector>

#include "kernels/kernels.h"

namespace eigencoder::model {

template <typename T>
void forward(const std::vector<LayerView<T>>& layers, const T* x, Index n_samples, T* output,
             kernels::Context<T>& context);

template <typename T>
void squared_errors(const std::vector<LayerView<T>>& layers, const T* x, Index n_samples, double* errors,
                    kernels::Context<T>& context);

// Whether x is finite, and the extremes of its columns, (2, n_features), on the host.
template <typename T>
bool describe(const T* x, Index n_samples, Index n_features, T* column_extremes, kernels::Context<T>& context);

}  // namespace eigencoder::model
