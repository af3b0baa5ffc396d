// From an enumerator to the formula of the same position in a list, so that a loop is compiled once for each formula.
#pragma once

#include <cstddef>
#include <tuple>
#include <utility>

namespace eigencoder::math {

template <typename Formulas, typename Visitor, std::size_t... I>
void dispatch(std::size_t which, Visitor& visit, std::index_sequence<I...>) {
  ((I == which ? visit(std::tuple_element_t<I, Formulas>{}) : void()), ...);
}

template <typename Formulas, typename Enum, typename Visitor>
void dispatch(Enum which, Visitor&& visit) {
  dispatch<Formulas>(static_cast<std::size_t>(which), visit, std::make_index_sequence<std::tuple_size_v<Formulas>>{});
}

}  // namespace eigencoder::math
