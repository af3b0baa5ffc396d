// Takes a model file across the border: prints the type of its network, the codes and the reconstructions of some rows,
// one number a line, and with a second path saves it there.
#include <cstdio>

#include "models.h"

namespace {

template <typename T>
void print(const std::vector<T>& values) {
  for (const T value : values) std::printf("%.17g\n", static_cast<double>(value));
}

// The i-th row's j-th feature: the same arithmetic stands in the Python test.
template <typename T>
void take(const char* from, const char* to) {
  constexpr eigencoder::Index n_rows = 20;
  const auto model = eigencoder::Autoencoder<T>::load(from);
  std::vector<T> x;
  for (eigencoder::Index i = 0; i < n_rows; ++i) {
    for (eigencoder::Index j = 0; j < model.n_features(); ++j)
      x.push_back(static_cast<T>((i * (j + 3) + j * j) % 17) / 17);
  }
  print(model.transform(x.data(), n_rows));
  print(model.reconstruct(x.data(), n_rows));
  if (to) model.save(to);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  try {
    const eigencoder::Dtype dtype = eigencoder::saved_dtype(argv[1]);
    std::printf("%s\n", std::string(eigencoder::dtype_names[static_cast<std::size_t>(dtype)]).c_str());
    (dtype == eigencoder::Dtype::float32 ? take<float> : take<double>)(argv[1], argc > 2 ? argv[2] : nullptr);
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
    return 1;
  }
  return 0;
}
