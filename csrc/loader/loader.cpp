// Engines are shared libraries beside this one. The build defines EIGENCODER_ENGINES, the names of those for the CPU
// from the plainest to the best, and EIGENCODER_LIBRARY_SUFFIX.
#include "eigencoder/loader.h"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "loader/cpu_level.h"

namespace eigencoder {
namespace {

constexpr std::array engine_names{EIGENCODER_ENGINES};
constexpr const char* level_variable = "EIGENCODER_CPU_LEVEL";
constexpr const char* cuda_variable = "EIGENCODER_CUDA_ENGINE";  // the file of the CUDA engine

using Factory = const Engine* (*)(int device);

std::string library_folder() {
  static const char inside_this_library = 0;
  Dl_info info{};
  if (dladdr(&inside_this_library, &info) == 0)
    throw std::runtime_error("cannot find the folder of eigencoder's engines");
  const std::string path = info.dli_fname;
  return path.substr(0, path.find_last_of('/') + 1);
}

std::string library_path(const std::string& name) {
  return library_folder() + "libeigencoder_engine_" + name + EIGENCODER_LIBRARY_SUFFIX;
}

Factory open(const std::string& name, const std::string& path) {
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    throw std::runtime_error("cannot open the engine '" + name + "': " + dlerror() + "; install eigencoder again");
  const auto factory = reinterpret_cast<Factory>(dlsym(library, "eigencoder_engine"));
  if (!factory) throw std::runtime_error(path + " is not an engine of eigencoder; install eigencoder again");
  return factory;
}

const Engine* open_cpu(const std::string& level) { return open(level, library_path(level))(0); }

Factory open_cuda() {
  const char* const forced = std::getenv(cuda_variable);
  const std::string path = forced && *forced ? forced : library_path("cuda");
  if (access(path.c_str(), F_OK) == 0) return open("cuda", path);
  if (forced && *forced) throw std::runtime_error(std::string(cuda_variable) + "=" + forced + " names no file");
  throw std::runtime_error(
      "device 'cuda' needs the CUDA engine, which this installation lacks: install it from a clone of eigencoder with "
      "pip install . -C cmake.define.EIGENCODER_CUDA=ON");
}

const Engine& cuda_engine(int device) {
  static std::mutex mutex;
  static Factory factory = nullptr;
  const std::lock_guard<std::mutex> lock(mutex);
  if (!factory) factory = open_cuda();
  return *factory(device);
}

// N of "cuda:N", 0 of "cuda", nothing of other names.
std::optional<int> cuda_number(std::string_view device) {
  constexpr std::string_view prefix = "cuda:";
  if (device == "cuda") return 0;
  if (device.substr(0, prefix.size()) != prefix) return std::nullopt;
  device.remove_prefix(prefix.size());
  const char* const end = device.data() + device.size();
  int number = -1;
  const auto [parsed, error] = std::from_chars(device.data(), end, number);
  if (error != std::errc() || parsed != end || number < 0) return std::nullopt;
  return number;
}

std::string chosen_name() {
  const auto available = available_engines();
  std::string listed;
  for (const auto& name : available) listed += (listed.empty() ? "" : ", ") + name;
  const char* const forced = std::getenv(level_variable);
  if (!forced || !*forced) {
    if (available.empty()) throw std::runtime_error("no engine of eigencoder can run on this processor");
    return available.back();
  }
  for (const auto& name : available) {
    if (name == forced) return name;
  }
  throw std::runtime_error(std::string(level_variable) + "=" + forced + " cannot run here; this machine can run " +
                           listed);
}

}  // namespace

std::vector<std::string> available_engines() {
  std::vector<std::string> available;
  for (const std::string_view name : engine_names) {
    if (can_run(name)) available.emplace_back(name);
  }
  return available;
}

const Engine& engine() {
  static const Engine* const chosen = open_cpu(chosen_name());
  return *chosen;
}

const Engine& engine(const std::string& device) {
  if (device == "cpu") return engine();
  if (device == "auto") return why_no_cuda().empty() ? cuda_engine(0) : engine();
  if (const auto number = cuda_number(device)) return cuda_engine(*number);
  throw std::invalid_argument("device must be 'cpu', 'cuda', 'cuda:0', 'cuda:1', ... or 'auto', found '" + device +
                              "'");
}

std::string why_no_cuda() {
  try {
    cuda_engine(0);
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

int available_threads() { return static_cast<int>(std::max(1U, std::thread::hardware_concurrency())); }

}  // namespace eigencoder
