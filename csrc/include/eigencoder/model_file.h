// Files of trained networks, which Python and C read and write too: docs/model_file.md.
#pragma once

#include <array>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <type_traits>

namespace eigencoder {

// A file that is truncated, damaged, of something else, or of a newer version; the message says what is wrong with it.
class [[gnu::visibility("default")]] ModelFormatError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class Dtype { float32, float64 };
inline constexpr std::array<std::string_view, 2> dtype_names{"float32", "float64"};

// T: float or double.
template <typename T>
inline constexpr Dtype dtype_of = std::is_same_v<T, float> ? Dtype::float32 : Dtype::float64;

// That of the network in a file: whether Autoencoder<float>::load or Autoencoder<double>::load takes it. Throws as load
// does.
Dtype saved_dtype(const std::filesystem::path& path);

}  // namespace eigencoder
