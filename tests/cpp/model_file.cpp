// A model file gives back what was saved, and takes the place of the old one whole or not at all.
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdio>
#include <functional>
#include <system_error>

#include "models.h"

namespace {

using eigencoder::Autoencoder;
using eigencoder::Index;
namespace fs = std::filesystem;

constexpr Index n_samples = 50;
constexpr Index n_features = 6;

template <typename T>
Autoencoder<T> with_all_settings(const std::string& path) {
  auto network = eigencoder::mirrored_network(n_features, {5, 4}, 3, eigencoder::Activation::tanh);
  network.activations[2] = eigencoder::Activation::sigmoid;
  network.tied_weights = true;
  network.n_active = 2;
  eigencoder::ObjectiveConfig objective;
  objective.alpha = 1e-3;
  objective.penalty = eigencoder::Penalty::kl;
  objective.sparsity = 0.2;
  objective.sparsity_weight = 0.1;
  objective.sparsity_momentum = 0.5;
  objective.corruption = eigencoder::Corruption::salt_and_pepper;
  objective.corruption_level = 0.25;
  Autoencoder<T> model(network, objective, 0xFFFFFFFFFFFFFFFFU, 1);
  model.save(path);
  return model;
}

// A further fit depends on each setting and on the seed.
template <typename T>
bool gives_back_what_was_saved(const fs::path& path) {
  std::vector<T> x;
  for (Index i = 0; i < n_samples * n_features; ++i) x.push_back(static_cast<T>(i * 37 % 101) / T(101));
  auto model = with_all_settings<T>(path.string());
  auto loaded = Autoencoder<T>::load(path, true, 2);
  if (loaded.transform(x.data(), n_samples) != model.transform(x.data(), n_samples)) return false;
  model.fit(x.data(), n_samples);
  loaded.fit(x.data(), n_samples);
  return model.reconstruct(x.data(), n_samples) == loaded.reconstruct(x.data(), n_samples);
}

template <typename Error>
bool refuses(const std::function<void()>& call, const std::string& with) {
  try {
    call();
  } catch (const Error& error) {
    if (std::string(error.what()).find(with) != std::string::npos) return true;
    std::printf("expected a message with \"%s\", found \"%s\"\n", with.c_str(), error.what());
    return false;
  }
  std::printf("expected an error with \"%s\"\n", with.c_str());
  return false;
}

mode_t permissions(const fs::path& path) {
  struct stat found{};
  ::stat(path.c_str(), &found);
  return found.st_mode & 07777U;
}

bool keeps_permissions_and_links(const models::Folder& folder) {
  const auto model = models::known<float>();
  const mode_t mask = ::umask(027);
  model.save(folder / "real");
  ::umask(mask);
  if (permissions(folder / "real") != 0640) return false;
  ::chmod((folder / "real").c_str(), 0604);
  fs::create_symlink("real", folder / "link");
  models::write(folder / "real", "old");
  model.save(folder / "link");
  return fs::is_symlink(folder / "link") && permissions(folder / "real") == 0604 &&
         models::bytes_of(folder / "real").size() > 3;
}

bool writes_where_a_dangling_link_leads(const models::Folder& folder) {
  fs::create_symlink("later", folder / "dangling");
  models::known<float>().save(folder / "dangling");
  return fs::is_symlink(folder / "dangling") && fs::is_regular_file(folder / "later");
}

bool leaves_the_old_file_where_it_cannot_write(const models::Folder& folder) {
  const auto model = models::known<float>();
  const fs::path path = folder / "kept";
  model.save(path);
  const std::string old = models::bytes_of(path);
  const auto n_files = folder.n_files();

  std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit small{100, limit.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const bool full = refuses<std::system_error>([&] { model.save(path); }, "File too large");
  ::setrlimit(RLIMIT_FSIZE, &limit);

  auto mixed = eigencoder::mirrored_network(3, {4, 4}, 2);
  mixed.activations[1] = eigencoder::Activation::tanh;
  const Autoencoder<float> not_to_be_named(mixed);
  return full && refuses<std::invalid_argument>([&] { not_to_be_named.save(path); }, "one activation") &&
         refuses<std::system_error>([&] { model.save(folder / "missing/file"); }, "No such file") &&
         refuses<std::system_error>([&] { model.save(folder / ""); }, "directory") &&
         refuses<std::system_error>([&] { model.save("/dev/null"); }, "/dev/null") && models::bytes_of(path) == old &&
         folder.n_files() == n_files;
}

bool refuses_what_is_no_file_or_of_another_type(const models::Folder& folder) {
  models::known<double>().save(folder / "double");
  models::known<float>().save(folder / "float");
  return refuses<std::system_error>([&] { Autoencoder<float>::load(folder / "missing"); }, "No such file") &&
         refuses<std::system_error>([&] { Autoencoder<float>::load(folder / ""); }, "directory") &&
         refuses<std::system_error>([] { Autoencoder<float>::load("/dev/null"); }, "regular file") &&
         refuses<std::invalid_argument>([&] { Autoencoder<float>::load(folder / "double"); }, "float64") &&
         refuses<std::invalid_argument>([&] { Autoencoder<double>::load(folder / "float"); }, "float32") &&
         eigencoder::saved_dtype(folder / "float") == eigencoder::dtype_of<float> &&
         eigencoder::saved_dtype(folder / "double") == eigencoder::dtype_of<double>;
}

}  // namespace

int main() {
  const models::Folder folder("model-file");
  if (!gives_back_what_was_saved<float>(folder / "model")) return 1;
  if (!gives_back_what_was_saved<double>(folder / "model")) return 2;
  if (!keeps_permissions_and_links(folder)) return 3;
  if (!writes_where_a_dangling_link_leads(folder)) return 4;
  if (!leaves_the_old_file_where_it_cannot_write(folder)) return 5;
  if (!refuses_what_is_no_file_or_of_another_type(folder)) return 6;
  return 0;
}
