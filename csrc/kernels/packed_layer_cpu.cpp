// Some panels of a product lie side by side, row by row over the whole depth, and the next ones behind them: one row
// runs through all weights in a straight stream, with as many sums at once as hide how long a multiply-add takes. More
// rows take one panel after the other.
#include "kernels/packed_layer.h"

#include "kernels/bias_and_activation.h"
#include "kernels/product.h"

namespace eigencoder::kernels {
namespace {

constexpr int panels_of_group = 4;
constexpr int registers_of_group = panels_of_group * tile_registers;

constexpr Index rounded_up(Index n, Index by) { return (n + by - 1) / by; }

template <int n_registers, typename T>
void multiply_group(Index depth, const T* x, const T* weights, T* y) {
  constexpr Index width = n_registers * packet_size<T>;
  detail::multiply_tile<1, n_registers, Storage::row_major>(depth, x, depth, weights, width, y, width, false);
}

// The same for a number of registers that is known only now.
template <typename T, int... n_before>
void multiply_group(Index n_registers, Index depth, const T* x, const T* weights, T* y,
                    std::integer_sequence<int, n_before...>) {
  ((n_registers == n_before + 1 ? multiply_group<n_before + 1>(depth, x, weights, y) : void()), ...);
}

}  // namespace

template <typename T>
PackedLayer<T>::PackedLayer(const LayerView<T>& layer)
    : n_inputs_(layer.n_inputs),
      n_outputs_(layer.n_outputs),
      activation_(layer.activation),
      n_few_(detail::n_few_columns<T>(n_outputs_, Storage::row_major, n_inputs_)),
      n_registers_(rounded_up(n_outputs_ - n_few_, packet_size<T>)),
      n_panels_(rounded_up(n_registers_, tile_registers)),
      n_groups_(rounded_up(n_panels_, panels_of_group)),
      n_depths_(rounded_up(n_inputs_, max_panel_depth)),
      weights_(checked_product(n_inputs_, n_registers_ * packet_size<T>)),
      few_weights_(n_few_ > 0 ? n_depths_ * detail::few_columns * max_panel_depth : 0),
      bias_(padded<T>(n_outputs_)) {
  const Operand<T> weights =
      as_operand(Weights<const T>{layer.weights, layer.n_inputs, layer.n_outputs, layer.transposed});
  for (Index g = 0; g < n_groups_; ++g) {
    const Group each = group(g);
    const Index first = each.registers.begin * packet_size<T>;
    const Index width = each.registers.size() * packet_size<T>;
    detail::pack_columns(n_inputs_, weights.from(0, first), std::min(width, n_outputs_ - first),
                         weights_.data() + n_inputs_ * first, width);
  }
  for (Index d = 0; d < n_depths_ && n_few_ > 0; ++d) {
    const Range depths = detail::even_part(n_inputs_, n_depths_, d);
    detail::pack_few_columns(depths.size(), weights.from(depths.begin, n_outputs_ - n_few_), n_few_,
                             few_weights_.data() + d * detail::few_columns * max_panel_depth);
  }
  std::fill_n(std::copy_n(layer.bias, n_outputs_, bias_.data()), bias_.size() - n_outputs_, T(0));
}

template <typename T>
bool PackedLayer<T>::forward(Matrix<const T> input, Matrix<T> output) const {
  if (input.rows > 1) {
    return with_finish([&](const auto& finish) { multiply_rows(input, output, finish); });
  }
  bool finite = true;
  for (Index part = 0; part < n_parts_of_row(); ++part) {
    finite &= forward_part_of_row(part, input.data, output.data);
  }
  return finite;
}

template <typename T>
bool PackedLayer<T>::forward_part_of_row(Index part, const T* input, T* output) const {
  return with_finish([&](const auto& finish) {
    if (part < n_groups_) {
      multiply_group_of_row(group(part), input, output, finish);
    } else {
      multiply_few_of_row(input, output, finish);
    }
  });
}

template <typename T>
template <typename Multiply>
bool PackedLayer<T>::with_finish(const Multiply& multiply) const {
  Packet<T> zeros = Packet<T>::Zero();
  math::dispatch<math::Activations>(activation_, [&](auto f) {
    multiply([&](Matrix<T> block, Index first_column) {
      zeros += add_bias_and_activate(f, bias_.data() + first_column, bias_.size() - first_column, block);
    });
  });
  return zeros.sum() == T(0);
}

template <typename T>
typename PackedLayer<T>::Group PackedLayer<T>::group(Index number) const {
  const Range panels = detail::even_part(n_panels_, n_groups_, number);
  return {panels, {first_register(panels.begin), first_register(panels.end)}};
}

template <typename T>
const T* PackedLayer<T>::weights_of(const Group& group) const {
  return weights_.data() + n_inputs_ * group.registers.begin * packet_size<T>;
}

template <typename T>
const T* PackedLayer<T>::few_weights(Index part) const {
  return few_weights_.data() + part * detail::few_columns * max_panel_depth;
}

// In whole registers on the stack, wherever the output ends.
template <typename T>
template <typename Finish>
void PackedLayer<T>::multiply_group_of_row(const Group& group, const T* input, T* output, const Finish& finish) const {
  constexpr Index lanes = packet_size<T>;
  alignas(64) T sums[registers_of_group * lanes];
  const Index first = group.registers.begin * lanes;
  const Index width = group.registers.size() * lanes;
  multiply_group(group.registers.size(), n_inputs_, input, weights_of(group), sums,
                 std::make_integer_sequence<int, registers_of_group>());
  finish({sums, 1, width, width}, first);
  std::copy_n(sums, std::min(width, n_outputs_ - first), output + first);
}

template <typename T>
template <typename Finish>
void PackedLayer<T>::multiply_few_of_row(const T* input, T* output, const Finish& finish) const {
  constexpr Index lanes = packet_size<T>;
  alignas(64) T sums[lanes] = {};
  for (Index d = 0; d < n_depths_; ++d) {
    const Range depths = detail::even_part(n_inputs_, n_depths_, d);
    detail::multiply_few_columns<1>(depths.size(), Operand<T>{input + depths.begin, n_inputs_}, few_weights(d),
                                    Matrix<T>{sums, 1, n_few_, lanes}, d > 0);
  }
  finish({sums, 1, lanes, lanes}, n_outputs_ - n_few_);
  std::copy_n(sums, n_few_, output + n_outputs_ - n_few_);
}

template <typename T>
template <typename Finish>
void PackedLayer<T>::multiply_rows(Matrix<const T> input, Matrix<T> output, const Finish& finish) const {
  constexpr Index lanes = packet_size<T>;
  for (Index d = 0; d < n_depths_; ++d) {
    const Range depths = detail::even_part(n_inputs_, n_depths_, d);
    const Operand<T> part_of_input{input.data + depths.begin, input.stride};
    const bool last = d + 1 == n_depths_;
    for (Index g = 0; g < n_groups_; ++g) {
      const Group each = group(g);
      const Index width = each.registers.size() * lanes;
      for (Index panel = each.panels.begin; panel < each.panels.end; ++panel) {
        const Range registers{first_register(panel), first_register(panel + 1)};
        const Index first = registers.begin * lanes;
        const Matrix<T> block =
            output.block(0, first, output.rows, std::min(registers.end * lanes, output.reach()) - first);
        const T* const weights =
            weights_of(each) + depths.begin * width + (registers.begin - each.registers.begin) * lanes;
        detail::with_registers(registers.size(), [&](auto n) {
          detail::multiply_panel<n.value, Storage::row_major>(depths.size(), part_of_input, weights, width, block,
                                                              d > 0);
        });
        if (last) finish(block, first);
      }
    }
    if (n_few_ == 0) continue;
    const Matrix<T> block = output.block(0, n_outputs_ - n_few_, output.rows, n_few_);
    detail::multiply_few_columns(depths.size(), part_of_input, few_weights(d), block, d > 0);
    if (last) finish(block, n_outputs_ - n_few_);
  }
}

template class PackedLayer<float>;
template class PackedLayer<double>;

}  // namespace eigencoder::kernels
