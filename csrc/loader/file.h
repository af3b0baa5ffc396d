// A file that is read from its beginning to its end, and one that takes another's place whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace eigencoder {

// An open file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }

 private:
  int number_;
};

class InputFile {
 public:
  // std::system_error where the file cannot be read.
  explicit InputFile(const std::filesystem::path& path);

  std::uint64_t size() const { return size_; }
  // The next n bytes; ModelFormatError where the file has fewer.
  void read(void* to, std::size_t n);
  void skip(std::uint64_t n) { position_ += n; }

 private:
  Descriptor descriptor_;
  std::uint64_t size_ = 0;
  std::uint64_t position_ = 0;
};

// Puts the pieces, one after the other, into the file at this path, so that it holds the old bytes or the new ones,
// whatever happens. Permissions are those of the old file or by the umask; a symbolic link is followed.
// std::system_error where it cannot be written; it is then as it was.
void replace_file(const std::filesystem::path& path, const std::vector<std::string_view>& pieces);

}  // namespace eigencoder
