// A small network whose codes are known, and the folder where a test writes.
#pragma once

#include <eigencoder/autoencoder.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace models {

// Codes are (x0 + x2 + 0.5, x1 + x2 - 0.5), reconstructions of them (c0, c1, 2 c0 + 1).
template <typename T>
eigencoder::Autoencoder<T> known() {
  auto network = eigencoder::mirrored_network(3, {}, 2, eigencoder::Activation::identity);
  eigencoder::Autoencoder<T> model(network, {}, 5, 1);
  const std::vector<double> parameters{1, 0, 0, 1, 1, 1, 0.5, -0.5, 1, 0, 2, 0, 1, 0, 0, 0, 1};
  for (std::size_t i = 0; i < parameters.size(); ++i) model.parameters()[i] = static_cast<T>(parameters[i]);
  return model;
}

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void write(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// Removed at its end.
class Folder {
 public:
  explicit Folder(const std::string& name)
      : path_(std::filesystem::temp_directory_path() / ("eigencoder-" + name + "-" + std::to_string(::getpid()))) {
    std::filesystem::create_directory(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  std::ptrdiff_t n_files() const {
    return std::distance(std::filesystem::directory_iterator(path_), std::filesystem::directory_iterator());
  }

 private:
  std::filesystem::path path_;
};

}  // namespace models
