// The model file of docs/model_file.md: a configuration and the parameters, as safetensors.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "loader/configuration.h"
#include "loader/file.h"
#include "loader/tensors.h"

namespace eigencoder {

class ModelReader {
 public:
  // Reads all but the tensors. std::system_error where the file cannot be read, ModelFormatError where it is no model
  // file; std::invalid_argument where it holds a classifier.
  explicit ModelReader(const std::filesystem::path& path);

  const Configuration& configuration() const { return configuration_; }

  // The flat vector of the network, once. std::invalid_argument where T is not the file's dtype.
  template <typename T>
  std::vector<T> parameters(bool verify);

 private:
  void read_header();

  std::string path_;
  InputFile file_;
  std::string header_;  // with its length before it: what the tensors lie behind
  Configuration configuration_;
  std::vector<Tensor> tensors_;
};

// Writes the parameters, a flat vector, whole or not at all. std::invalid_argument where no estimator has such a
// network; std::system_error where the file cannot be written.
template <typename T>
void write_model(const std::filesystem::path& path, const Configuration& configuration,
                 const std::vector<T>& parameters);

}  // namespace eigencoder
