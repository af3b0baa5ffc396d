// Engines are shared libraries beside this one. The build defines EIGENCODER_ENGINES, their names from the plainest to
// the best, and EIGENCODER_LIBRARY_SUFFIX.
#include "eigencoder/loader.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "loader/cpu_level.h"

namespace eigencoder {
namespace {

constexpr std::array engine_names{EIGENCODER_ENGINES};
constexpr const char* level_variable = "EIGENCODER_CPU_LEVEL";

std::string library_folder() {
  static const char inside_this_library = 0;
  Dl_info info{};
  if (dladdr(&inside_this_library, &info) == 0)
    throw std::runtime_error("cannot find the folder of eigencoder's engines");
  const std::string path = info.dli_fname;
  return path.substr(0, path.find_last_of('/') + 1);
}

const Engine* open(const std::string& name) {
  const std::string path = library_folder() + "libeigencoder_engine_" + name + EIGENCODER_LIBRARY_SUFFIX;
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    throw std::runtime_error("cannot open the engine '" + name + "': " + dlerror() + "; install eigencoder again");
  const auto factory = reinterpret_cast<const Engine* (*)(int)>(dlsym(library, "eigencoder_engine"));
  if (!factory) throw std::runtime_error(path + " is not an engine of eigencoder; install eigencoder again");
  return factory(0);
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
  static const Engine* const chosen = open(chosen_name());
  return *chosen;
}

int available_threads() { return static_cast<int>(std::max(1U, std::thread::hardware_concurrency())); }

}  // namespace eigencoder
