// A layer for inference, its weights copied once into the order in which a product reads them. On the CPU alone.
#pragma once

#include "eigencoder/engine.h"
#include "kernels/memory_cpu.h"

namespace eigencoder::kernels {

template <typename T>
class PackedLayer {
 public:
  explicit PackedLayer(const LayerView<T>& layer);

  // output (n, d') = activation(input (n, d) W + b), with the bits of dense_forward; returns whether each input W + b
  // is finite. Neither throws nor allocates.
  bool forward(Matrix<const T> input, Matrix<T> output) const;

  // One row can be made in parts, each some of its columns, in any order and on any thread.
  Index n_parts_of_row() const { return n_groups_ + (n_few_ > 0 ? 1 : 0); }
  bool forward_part_of_row(Index part, const T* input, T* output) const;

 private:
  // Panels that lie side by side, and their columns, in registers.
  struct Group {
    Range panels;
    Range registers;
  };

  Index first_register(Index panel) const { return n_registers_ * panel / n_panels_; }
  Group group(Index number) const;
  // Row-major numbers, as wide as the group.
  const T* weights_of(const Group& group) const;
  const T* few_weights(Index part) const;

  // Calls multiply(finish), where finish(block, first_column) ends a product; returns whether all of it is finite.
  template <typename Multiply>
  bool with_finish(const Multiply& multiply) const;
  template <typename Finish>
  void multiply_group_of_row(const Group& group, const T* input, T* output, const Finish& finish) const;
  template <typename Finish>
  void multiply_few_of_row(const T* input, T* output, const Finish& finish) const;
  template <typename Finish>
  void multiply_rows(Matrix<const T> input, Matrix<T> output, const Finish& finish) const;

  const Index n_inputs_;
  const Index n_outputs_;
  const Activation activation_;
  const Index n_few_;        // last columns, which are summed along the depth
  const Index n_registers_;  // of the others
  const Index n_panels_;
  const Index n_groups_;
  const Index n_depths_;  // parts of the depth, as in a product
  Buffer<T> weights_;
  Buffer<T> few_weights_;
  Buffer<T> bias_;  // zeros behind it
};

}  // namespace eigencoder::kernels
