// Every truncation, every changed byte and every lie of a small file is a ModelFormatError, and no lie is believed for
// as long as it takes to allocate memory for it.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>

#include "models.h"

namespace {
std::size_t largest_allocation = 0;
}

void* operator new(std::size_t size) {
  largest_allocation = std::max(largest_allocation, size);
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
// Inlined, they would be a free() without a malloc() in the eyes of g++.
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using eigencoder::Autoencoder;
using eigencoder::ModelFormatError;

enum class Outcome { loaded, refused, other_type };

Outcome outcome(const std::filesystem::path& path, bool verify) {
  try {
    Autoencoder<float>::load(path, verify, 1);
    return Outcome::loaded;
  } catch (const ModelFormatError&) {
    return Outcome::refused;
  } catch (const std::invalid_argument&) {
    return Outcome::other_type;
  }
}

// Whatever a lie says, memory is taken for what the file can hold.
bool memory_was_bounded() {
  if (largest_allocation <= std::size_t{1} << 17) return true;
  std::printf("%zu bytes were allocated at once\n", largest_allocation);
  return false;
}

bool refuses_every_truncation(const std::string& whole, const std::filesystem::path& path) {
  models::write(path, whole + '\0');
  for (std::size_t size = whole.size() + 1; size-- > 0;) {
    if (size + 1 == whole.size()) continue;
    std::filesystem::resize_file(path, size + 1);
    if (outcome(path, true) == Outcome::refused && outcome(path, false) == Outcome::refused) continue;
    std::printf("%zu of %zu bytes were loaded\n", size + 1, whole.size());
    return false;
  }
  std::filesystem::resize_file(path, 0);
  return outcome(path, true) == Outcome::refused && outcome(path, false) == Outcome::refused;
}

// In place, since file systems write a file to the disk that is emptied and filled again.
bool refuses_every_changed_byte(const std::string& whole, const std::filesystem::path& path) {
  models::write(path, whole);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const auto put = [&file](std::size_t at, int byte) {
    file.seekp(static_cast<std::streamoff>(at)).put(static_cast<char>(byte)).flush();
  };
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int change : {0x01, 0x20, 0xFF}) {
      put(at, whole[at] ^ change);
      outcome(path, false);
      if (outcome(path, true) != Outcome::loaded) continue;
      std::printf("a file whose byte %zu has changed by %#x was loaded\n", at, static_cast<unsigned>(change));
      return false;
    }
    put(at, whole[at]);
  }
  return outcome(path, true) == Outcome::loaded;
}

std::string of_length(std::uint64_t length) {
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes;
}

// The file with another text in its header, whose length is right again.
std::string with(const std::string& whole, const std::string& found, const std::string& replacement) {
  std::uint64_t length = 0;
  std::memcpy(&length, whole.data(), sizeof length);
  std::string header = whole.substr(sizeof length, length);
  const std::size_t at = header.find(found);
  if (at == std::string::npos) throw std::logic_error("the header has no " + found);
  header.replace(at, found.size(), replacement);
  header.erase(header.find_last_not_of(' ') + 1);
  header.append((8 - header.size() % 8) % 8, ' ');
  return of_length(header.size()) + header + whole.substr(sizeof length + length);
}

bool refuses(const std::string& bytes, const std::filesystem::path& path, const std::string& message) {
  models::write(path, bytes);
  try {
    Autoencoder<float>::load(path, false, 1);
  } catch (const std::exception& error) {
    if (std::string(error.what()).find(message) != std::string::npos) return true;
    std::printf("expected a message with '%s', found '%s'\n", message.c_str(), error.what());
    return false;
  }
  std::printf("loaded, expected a message with '%s'\n", message.c_str());
  return false;
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// The configuration is JSON inside a string: its quotes have backslashes.
bool says_what_is_wrong(const std::string& whole, const std::filesystem::path& path) {
  struct Lie {
    const char* found;
    std::string replacement;
    const char* message;
  };
  const std::vector<Lie> lies{
      {R"(\"format_version\":1)", R"(\"format_version\":2)", "format version is 2"},
      {R"(\"format_version\":1)", R"(\"format_version\":2,\"new\":0)", "format version is 2"},
      {R"(\"format_version\":1)", R"(\"format_version\":1e400)", "no JSON"},
      {R"(\"format_version\":1)", R"(\"format_version\":\"1\")", "format version must be"},
      {R"(\"dtype\":\"float32\")", R"(\"dtype\":\"float16\")", "one of float32, float64"},
      {R"(\"dtype\":\"float32\")", R"(\"dtype\":\"float64\")", "must be F64"},
      {R"(\"training\":null)", R"(\"training\":null,\"later\":1)", "unknown key \"later\""},
      {R"(\"n_active\":0)", R"(\"n_active\":0,\"later\":1)", "network has the unknown key \"later\""},
      {R"(\"alpha\":0.0)", R"(\"alpha\":0.0,\"later\":1)", "objective has the unknown key \"later\""},
      {R"(\"alpha\":0.0)", R"(\"alpha\":0.0,\"alpha\":0.0)", "\"alpha\" twice"},
      {R"(\"alpha\":0.0)", R"(\"alpha\":\"nan\")", "alpha must be finite"},
      {R"(\"alpha\":0.0,)", "", "lacks the key \"alpha\""},
      {R"(\"layer_sizes\":[3,2,3])", R"(\"layer_sizes\":[3,2,4])", "cannot be"},
      {R"(\"layer_sizes\":[3,2,3])", R"(\"layer_sizes\":[4,2,4])", "of shape (4, 2), found"},
      {R"(\"layer_sizes\":[3,2,3])", R"(\"layer_sizes\":[3,-2,3])", "a list of integers"},
      {R"(\"layer_sizes\":[3,2,3])", R"(\"layer_sizes\":[3,2.0,3])", "a list of integers"},
      {R"(\"layer_sizes\":[3,2,3])", R"(\"layer_sizes\":[4611686018427387904,2,4611686018427387904])", "cannot be"},
      {R"(\"layer_sizes\":[3,2,3])", R"(\"layer_sizes\":[100000000000,2,100000000000])", "of shape (100000000000, 2)"},
      {R"([\"identity\",\"identity\"])", R"([\"identity\",\"swish\"])", "an activation must be one of identity"},
      {R"(\"tied_weights\":false)", R"(\"tied_weights\":true)", "unknown tensor \"layers.1.weights\""},
      {R"(\"tied_weights\":false)", R"(\"tied_weights\":0)", "true or false"},
      {R"(\"n_encoder_layers\":0)", R"(\"n_encoder_layers\":1)", "n_encoder_layers must be"},
      {R"(\"estimator\":{)", R"(\"estimator\":{\"later\":1,)", "estimator has the unknown key \"later\""},
      {R"(\"classes\":null)", R"(\"classes\":\"tensor\")", "null for an autoencoder"},
      {R"(\"feature_names\":null)", R"(\"feature_names\":[1])", "a list of strings"},
      {R"(\"attributes\":{})", R"(\"attributes\":)" + repeated("[", 100000) + repeated("]", 100000), "nested more"},
      {R"(\"attributes\":{})", R"(\"attributes\":)" + repeated(R"({\"a\":)", 100000), "nested more"},
      {R"({"__metadata__":{"eigencoder":"{\"crc32\":\")", R"({"__metadata__":{"other":"{\"crc32\":\")",
       "does not begin"},
      {R"("layers.0.bias":{)", R"("layers.0.bias":{"later":1,)", "unknown key \"later\""},
      {R"("layers.0.bias":{)", R"("layers.7.bias":{)", "unknown tensor \"layers.7.bias\""},
      {R"("layers.0.bias":{)", R"("attributes.bias":{)", "lacks the tensor layers.0.bias"},
      {R"("layers.0.bias":{)", R"("layers.0.weights":{)", "\"layers.0.weights\" twice"},
      {R"("layers.0.bias":{)", R"("later":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"layers.0.bias":{)",
       "unknown tensor \"later\""},
      {R"("shape":[2],)", R"("shape":[3],)", "has 8 bytes"},
      {R"("shape":[2],)", R"("shape":[2,1],)", "of shape (2,), found F32 of shape (2, 1)"},
      {R"("shape":[2],)", R"("shape":[9223372036854775807,9223372036854775807],)", "too large"},
      {R"("dtype":"F32")", R"("dtype":"F8")", "unknown dtype"},
      {R"("data_offsets":[24,32])", R"("data_offsets":[25,33])", "expected 24"},
      {R"("layers.0.bias":{"dtype":"F32","shape":[2],"data_offsets":[24,32]})",
       R"("attributes.a":{"dtype":"U8","shape":[1],"data_offsets":[24,25]},)"
       R"("layers.0.bias":{"dtype":"F32","shape":[2],"data_offsets":[25,33]})",
       "begins at byte 25 behind the header, expected 25"},
      {R"("data_offsets":[24,32])", R"("data_offsets":[32,24])", "a begin and an end"},
      {R"("data_offsets":[24,32])", R"("data_offsets":[24,9223372036854775807])", "has 9223372036854775783 bytes"},
  };
  for (const Lie& lie : lies) {
    if (!refuses(with(whole, lie.found, lie.replacement), path, lie.message)) return false;
  }
  const std::string body = whole.substr(8);
  return refuses(of_length(std::uint64_t{1} << 62) + body, path, "header would have 4611686018427387904 bytes") &&
         refuses(of_length(~std::uint64_t{0}) + body, path, "header would have") && refuses("", path, "0 bytes") &&
         refuses(std::string(1000, 'x'), path, "does not begin");
}

bool refuses_a_classifier_by_name(const std::string& whole, const std::filesystem::path& path) {
  std::string bytes = with(whole, R"(\"n_encoder_layers\":0)", R"(\"n_encoder_layers\":1)");
  bytes = with(bytes, R"(\"loss\":\"squared_error\")", R"(\"loss\":\"softmax_crossentropy\")");
  bytes = with(bytes, R"(\"class\":\"Autoencoder\")", R"(\"class\":\"EncoderClassifier\")");
  return refuses(bytes, path, "holds a classifier, EncoderClassifier");
}

bool takes_what_belongs_to_python(const std::string& whole, const std::filesystem::path& path) {
  std::string bytes = with(whole, R"(\"attributes\":{})", R"(\"attributes\":{\"n_iter_\":3,\"solver_\":\"adam\"})");
  bytes = with(bytes, R"(\"training\":null)", R"(\"training\":{\"n_updates\":3})");
  bytes = with(bytes, R"(\"feature_names\":null)", R"(\"feature_names\":[\"a\",\"b\",\"\u00fc\"])");
  bytes = with(bytes, R"("layers.0.bias":{)",
               R"("attributes.losses":{"dtype":"U32","shape":[2],"data_offsets":[68,76]},)"
               R"("training.moments":{"dtype":"F32","shape":[0,5],"data_offsets":[76,76]},"layers.0.bias":{)");
  models::write(path, bytes + std::string(8, '\1'));
  return outcome(path, false) == Outcome::loaded && outcome(path, true) == Outcome::refused;
}

}  // namespace

int main() {
  const models::Folder folder("damaged-files");
  const auto path = folder / "model";
  models::known<float>().save(path);
  const std::string whole = models::bytes_of(path);
  if (outcome(path, true) != Outcome::loaded) return 1;
  largest_allocation = 0;
  if (!refuses_every_truncation(whole, path)) return 2;
  if (!refuses_every_changed_byte(whole, path)) return 3;
  if (!memory_was_bounded()) return 4;
  if (!refuses_a_classifier_by_name(whole, path)) return 5;
  if (!takes_what_belongs_to_python(whole, path)) return 6;
  if (!says_what_is_wrong(whole, path)) return 7;
  return 0;
}
