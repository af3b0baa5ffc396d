#include "loader/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <random>
#include <string>
#include <system_error>

#include "eigencoder/model_file.h"

namespace eigencoder {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_transfer = std::size_t{1} << 30;  // systems cut longer ones, some refuse them
constexpr int most_links = 40;                                  // one after the other, as Linux counts

[[noreturn]] void fail(const char* what, const fs::path& path, int reason) {
  throw std::system_error(reason, std::generic_category(), what + path.string());
}

[[noreturn]] void fail_to_write(const fs::path& path, int reason) {
  fail("nothing has changed, for a file cannot be written at ", path, reason);
}

int open_to_read(const fs::path& path) {
  // Without O_NONBLOCK a pipe would wait for somebody to write.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) fail("cannot read ", path, errno);
  return descriptor;
}

// Where a chain of links leads, or the path itself; what it leads to need not exist.
fs::path resolved(fs::path path) {
  for (int links = 0; fs::is_symlink(fs::symlink_status(path)); ++links) {
    if (links == most_links) fail_to_write(path, ELOOP);
    path = path.parent_path() / fs::read_symlink(path);
  }
  return path;
}

// Of the file that is there; nothing where there is none.
std::optional<mode_t> permissions_of(const fs::path& path) {
  if (!path.has_filename()) fail_to_write(path, EISDIR);
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return std::nullopt;
    fail_to_write(path, errno);
  }
  if (S_ISDIR(found.st_mode)) fail_to_write(path, EISDIR);
  if (!S_ISREG(found.st_mode)) fail_to_write(path, EINVAL);
  if (::access(path.c_str(), W_OK) != 0) fail_to_write(path, errno);
  return found.st_mode & 07777U;
}

std::string temporary_name() {
  std::random_device random;
  std::string digits(16, '0');
  for (char& digit : digits) digit = "0123456789abcdef"[random() % 16];
  return ".eigencoder-" + digits + ".tmp";
}

// The reason why not, or 0.
int write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), std::min(bytes.size(), largest_transfer));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

int write_whole(const fs::path& path, std::optional<mode_t> permissions, const std::vector<std::string_view>& pieces) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions.value_or(0666)));
  if (file.number() < 0) return errno;
  if (permissions && ::fchmod(file.number(), *permissions) != 0) return errno;  // the umask has taken of them
  for (const std::string_view piece : pieces) {
    if (const int reason = write_all(file.number(), piece)) return reason;
  }
  return ::fsync(file.number()) == 0 ? 0 : errno;
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

InputFile::InputFile(const fs::path& path) : descriptor_(open_to_read(path)) {
  struct stat found{};
  if (::fstat(descriptor_.number(), &found) != 0) fail("cannot read ", path, errno);
  if (S_ISDIR(found.st_mode)) fail("cannot read ", path, EISDIR);
  if (!S_ISREG(found.st_mode)) fail("cannot read what is no regular file: ", path, EINVAL);
  size_ = static_cast<std::uint64_t>(found.st_size);
}

void InputFile::read(void* to, std::size_t n) {
  auto* at = static_cast<char*>(to);
  while (n > 0) {
    const ssize_t got = ::pread(descriptor_.number(), at, std::min(n, largest_transfer), static_cast<off_t>(position_));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw std::system_error(errno, std::generic_category(), "cannot read");
    if (got == 0) throw ModelFormatError("it ends after " + std::to_string(position_) + " bytes");
    at += got;
    n -= static_cast<std::size_t>(got);
    position_ += static_cast<std::uint64_t>(got);
  }
}

void replace_file(const fs::path& path, const std::vector<std::string_view>& pieces) {
  const fs::path target = resolved(path);
  const auto permissions = permissions_of(target);
  const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
  const fs::path temporary = folder / temporary_name();
  int reason = write_whole(temporary, permissions, pieces);
  if (reason == 0 && std::rename(temporary.c_str(), target.c_str()) != 0) reason = errno;
  if (reason != 0) {
    ::unlink(temporary.c_str());
    fail_to_write(path, reason);
  }
  // Not every file system can, and the new file is there.
  const Descriptor of_folder(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (of_folder.number() >= 0) ::fsync(of_folder.number());
}

}  // namespace eigencoder
