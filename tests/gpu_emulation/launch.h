// A kernel with its arguments, ready to run, and what is needed to find host pointers among the arguments.
#pragma once
#pragma GCC system_header

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace eigencoder::emulation {

struct Word {
  std::uint64_t value;
  std::size_t argument;
  bool is_pointer;  // the argument itself; else a part of a structure, of which nobody knows what it is
};

struct Kernel {
  const void* function;
  std::vector<Word> words;
  std::function<void()> run_thread;
};

// Numbers hold no pointers, nor do structures whose alignment is less than a pointer's. What was left in the padding of
// a structure may look like a part of one.
template <class T>
void collect_words(T& argument, std::size_t index, std::vector<Word>& words) {
  if constexpr (std::is_pointer_v<T>) {
    words.push_back({reinterpret_cast<std::uint64_t>(argument), index, true});
  } else if constexpr (std::is_class_v<T> && alignof(T) >= alignof(void*)) {
    __builtin_clear_padding(&argument);
    for (std::size_t offset = 0; offset + sizeof(std::uint64_t) <= sizeof(T); offset += sizeof(std::uint64_t)) {
      Word word{0, index, false};
      std::memcpy(&word.value, reinterpret_cast<unsigned char*>(&argument) + offset, sizeof word.value);
      words.push_back(word);
    }
  }
}

template <class... Parameters, class... Arguments>
Kernel bind(void (*kernel)(Parameters...), Arguments&&... arguments) {
  static_assert((std::is_trivially_copyable_v<Parameters> && ...), "arguments of kernels are copied byte by byte");
  static_assert((!std::is_reference_v<Parameters> && ...), "a reference to host memory means nothing to a kernel");
  const auto convert = [kernel](Parameters... values) {
    Kernel bound{reinterpret_cast<const void*>(kernel), {}, {}};
    std::size_t index = 0;
    (collect_words(values, index++, bound.words), ...);
    bound.run_thread = [kernel, values = std::make_tuple(values...)] { std::apply(kernel, values); };
    return bound;
  };
  return convert(std::forward<Arguments>(arguments)...);
}

}  // namespace eigencoder::emulation
