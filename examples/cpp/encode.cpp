// Encodes rows of numbers with a model file that holds a float32 network: encode MODEL < rows > codes
#include <eigencoder/autoencoder.h>

#include <exception>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "encode: give the path of a model file\n";
    return 1;
  }
  try {
    const auto model = eigencoder::Autoencoder<float>::load(argv[1]);
    const std::vector<float> x(std::istream_iterator<float>(std::cin), {});
    const auto n_rows = static_cast<eigencoder::Index>(x.size()) / model.n_features();
    const std::vector<float> codes = model.transform(x.data(), n_rows);
    std::cout << std::setprecision(9);
    for (std::size_t i = 0; i < codes.size(); ++i) {
      std::cout << codes[i] << ((i + 1) % static_cast<std::size_t>(model.n_components()) ? ' ' : '\n');
    }
  } catch (const std::exception& error) {
    std::cerr << "encode: " << error.what() << '\n';
    return 1;
  }
}
