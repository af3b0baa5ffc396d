// Layers as Python hands them over.
#pragma once

#include <tuple>
#include <vector>

#include "bindings/bindings.h"

namespace eigencoder::bindings {

// Weights, bias, activation, and how many outputs of a row stay, or 0 for all.
template <typename T>
using Layer = std::tuple<py::array_t<T>, Array<T>, std::string, Index>;

// Weights are C-contiguous, or the transpose of a C-contiguous matrix, as those of a tied decoder are.
template <typename T>
LayerView<T> layer_view(const Layer<T>& layer) {
  const auto& [weights, bias, activation, n_active] = layer;
  if (weights.ndim() != 2) {
    throw py::value_error("weights must have 2 dimensions, found " + std::to_string(weights.ndim()));
  }
  const bool c_contiguous = (weights.flags() & py::array::c_style) != 0;
  if (!c_contiguous && (weights.flags() & py::array::f_style) == 0) {
    throw py::value_error("weights must be contiguous");
  }
  require_size("a bias", bias.size(), weights.shape(1));
  LayerView<T> view;
  view.weights = weights.data();
  view.bias = bias.data();
  view.n_inputs = weights.shape(0);
  view.n_outputs = weights.shape(1);
  view.activation = parse<Activation>(activation_names, activation, "activation");
  view.transposed = !c_contiguous;
  view.n_active = n_active;
  if (n_active < 0 || n_active > view.n_outputs)
    throw py::value_error("n_active must be at most the outputs of a layer");
  return view;
}

// Each takes what the one before gives.
template <typename T>
std::vector<LayerView<T>> layer_views(const std::vector<Layer<T>>& layers) {
  if (layers.empty()) throw py::value_error("layers must not be empty");
  std::vector<LayerView<T>> views;
  for (const auto& layer : layers) {
    const LayerView<T> view = layer_view(layer);
    if (!views.empty()) require_size("the input of a layer", view.n_inputs, views.back().n_outputs);
    views.push_back(view);
  }
  return views;
}

}  // namespace eigencoder::bindings
