#include "loader/model_file.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <stdexcept>

#include "eigencoder/layers.h"
#include "loader/checksum.h"
#include "loader/estimator.h"
#include "loader/json.h"

namespace eigencoder {
namespace {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a model file is read and written as the numbers lie");

constexpr std::size_t length_bytes = sizeof(std::uint64_t);
constexpr std::uint64_t longest_header = 100'000'000;  // that of safetensors itself
constexpr std::string_view beginning = R"({"__metadata__":{"eigencoder":"{\"crc32\":\")";
constexpr std::size_t digits_begin = length_bytes + beginning.size();
constexpr std::size_t n_digits = 8;
constexpr std::uint64_t piece = std::uint64_t{1} << 20;  // is still in the cache when its checksum is made
constexpr std::array<std::string_view, 2> tensor_dtypes{"F32", "F64"};

std::string digits_of(std::uint32_t checksum) {
  std::string digits(n_digits, '0');
  for (std::size_t i = n_digits; i-- > 0; checksum >>= 4) digits[i] = "0123456789abcdef"[checksum & 0xFU];
  return digits;
}

// Of a layer, and where it lies in the flat vector.
struct Part {
  std::vector<Index> shape;
  Index offset = 0;
};

// By the names of their tensors.
std::map<std::string, Part> parts_of(const NetworkConfig& network) {
  std::map<std::string, Part> parts;
  const auto layers = layers_of(network);
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const Layer& layer = layers[l];
    const std::string name = "layers." + std::to_string(l);
    if (!layer.tied) parts[name + ".weights"] = {{layer.n_inputs, layer.n_outputs}, layer.weights_offset};
    parts[name + ".bias"] = {{layer.n_outputs}, layer.bias_offset};
  }
  return parts;
}

bool lies_in(std::string_view folder, const std::string& name) {
  return name.size() > folder.size() && name.compare(0, folder.size(), folder) == 0;
}

// Tensors and network name the same layers, in the same shapes and dtype; what else there is may be there.
void check_tensors(const std::vector<Tensor>& tensors, const Configuration& configuration) {
  auto missing = parts_of(configuration.network);
  const std::string_view dtype = tensor_dtypes[static_cast<std::size_t>(configuration.dtype)];
  for (const Tensor& tensor : tensors) {
    const auto part = missing.find(tensor.name);
    if (part == missing.end()) {
      if (lies_in("attributes.", tensor.name)) continue;
      if (configuration.has_training && lies_in("training.", tensor.name)) continue;
      throw ModelFormatError("it has the unknown tensor " + text_of(Json(tensor.name)));
    }
    if (tensor.dtype != dtype || tensor.shape != part->second.shape) {
      throw ModelFormatError("tensor " + tensor.name + " must be " + std::string(dtype) + " of shape " +
                             shape_text(part->second.shape) + ", found " + tensor.dtype + " of shape " +
                             shape_text(tensor.shape));
    }
    missing.erase(part);
  }
  if (!missing.empty()) throw ModelFormatError("it lacks the tensor " + missing.begin()->first);
}

OrderedJson tensor_table(const NetworkConfig& network, Dtype dtype, std::uint64_t item_size) {
  OrderedJson table;
  for (const auto& [name, part] : parts_of(network)) {
    Index size = 1;
    for (const Index n : part.shape) size *= n;
    const std::uint64_t begin = static_cast<std::uint64_t>(part.offset) * item_size;
    table[name] = {{"dtype", tensor_dtypes[static_cast<std::size_t>(dtype)]},
                   {"shape", part.shape},
                   {"data_offsets", {begin, begin + static_cast<std::uint64_t>(size) * item_size}}};
  }
  return table;
}

}  // namespace

ModelReader::ModelReader(const std::filesystem::path& path) : path_(path.string()), file_(path) {
  try {
    read_header();
  } catch (const ModelFormatError& error) {
    throw ModelFormatError("cannot load " + path_ + ": " + error.what());
  }
  if (configuration_.network.n_encoder_layers != 0) {
    throw std::invalid_argument("cannot load " + path_ + ": it holds a classifier, " + configuration_.estimator +
                                ", expected an autoencoder; load it in Python");
  }
}

void ModelReader::read_header() {
  if (file_.size() < digits_begin + n_digits) {
    throw ModelFormatError("it has " + std::to_string(file_.size()) + " bytes, too few for a model file");
  }
  header_.resize(digits_begin);
  file_.read(header_.data(), digits_begin);
  if (std::string_view(header_).substr(length_bytes) != beginning) {
    throw ModelFormatError("it does not begin as a model file of eigencoder does");
  }
  std::uint64_t length = 0;
  std::memcpy(&length, header_.data(), length_bytes);
  if (length > file_.size() - length_bytes || length > longest_header || length < beginning.size() + n_digits) {
    throw ModelFormatError("its header would have " + std::to_string(length) + " bytes, the file has " +
                           std::to_string(file_.size()) + ": it was cut off or damaged, copy it again");
  }
  header_.resize(length_bytes + static_cast<std::size_t>(length));
  file_.read(header_.data() + digits_begin, header_.size() - digits_begin);
  const std::string_view text = std::string_view(header_).substr(length_bytes);
  if (length % 8 != 0) throw ModelFormatError("its header's length must be a multiple of 8");
  const Json header = parse_json(text, "its header");
  const Fields metadata(header.at("__metadata__"), "__metadata__", {"eigencoder"});
  configuration_ = read_configuration(metadata.text("eigencoder"));
  if (text.substr(beginning.size(), n_digits) != configuration_.checksum) {
    throw ModelFormatError("its checksum must be 8 plain digits");
  }
  if (configuration_.network.n_encoder_layers != 0) return;
  tensors_ = read_tensors(header, file_.size() - header_.size());
  check_tensors(tensors_, configuration_);
}

template <typename T>
std::vector<T> ModelReader::parameters(bool verify) {
  if (configuration_.dtype != dtype_of<T>) {
    const bool is_float = configuration_.dtype == Dtype::float32;
    throw std::invalid_argument("cannot load " + path_ + ": its network is " +
                                name_of(dtype_names, configuration_.dtype) + ", asked for " +
                                name_of(dtype_names, dtype_of<T>) + "; load it as " + (is_float ? "float" : "double"));
  }
  Checksum checksum;
  if (verify) {
    constexpr std::size_t digits_end = digits_begin + n_digits;
    checksum.add(header_.data(), digits_begin);
    checksum.add(std::string(n_digits, '0').data(), n_digits);
    checksum.add(header_.data() + digits_end, header_.size() - digits_end);
  }
  const auto read = [&](void* to, std::uint64_t n) {
    auto* at = static_cast<char*>(to);
    for (std::uint64_t length = 0; n > 0; n -= length, at += length) {
      length = std::min(piece, n);
      file_.read(at, length);
      if (verify) checksum.add(at, length);
    }
  };

  const auto parts = parts_of(configuration_.network);
  std::vector<T> parameters(static_cast<std::size_t>(layers_of(configuration_.network).back().end()));
  try {
    for (const Tensor& tensor : tensors_) {
      const auto part = parts.find(tensor.name);
      const std::uint64_t n = tensor.end - tensor.begin;
      if (part != parts.end()) {
        read(parameters.data() + part->second.offset, n);
      } else if (verify) {
        read(std::vector<char>(n).data(), n);
      } else {
        file_.skip(n);
      }
    }
    if (verify && digits_of(checksum.value()) != configuration_.checksum) {
      throw ModelFormatError("the checksum of its bytes is " + digits_of(checksum.value()) + ", it says " +
                             configuration_.checksum + ": it was damaged, copy it again");
    }
  } catch (const ModelFormatError& error) {
    throw ModelFormatError("cannot load " + path_ + ": " + error.what());
  }
  return parameters;
}

template <typename T>
void write_model(const std::filesystem::path& path, const Configuration& configuration,
                 const std::vector<T>& parameters) {
  OrderedJson header;
  header["__metadata__"]["eigencoder"] = write_configuration(configuration);
  header.update(tensor_table(configuration.network, configuration.dtype, sizeof(T)));
  std::string text = text_of(header);
  text.append((8 - text.size() % 8) % 8, ' ');
  const std::uint64_t length = text.size();
  std::string head(length_bytes, '\0');
  std::memcpy(head.data(), &length, length_bytes);
  head += text;

  const std::string_view tensors(reinterpret_cast<const char*>(parameters.data()), parameters.size() * sizeof(T));
  Checksum checksum;
  checksum.add(head.data(), head.size());
  checksum.add(tensors.data(), tensors.size());
  head.replace(digits_begin, n_digits, digits_of(checksum.value()));
  replace_file(path, {head, tensors});
}

template std::vector<float> ModelReader::parameters(bool verify);
template std::vector<double> ModelReader::parameters(bool verify);
template void write_model(const std::filesystem::path&, const Configuration&, const std::vector<float>&);
template void write_model(const std::filesystem::path&, const Configuration&, const std::vector<double>&);

}  // namespace eigencoder
