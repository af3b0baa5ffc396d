// Writes models whose codes are known, for a C program: float and double in the folder that it is given.
#include "models.h"

int main(int argc, char** argv) {
  if (argc != 2) return 1;
  const std::filesystem::path folder = argv[1];
  models::known<float>().save(folder / "float.safetensors");
  models::known<double>().save(folder / "double.safetensors");
  eigencoder::Autoencoder<float>(eigencoder::mirrored_network(2000, {}, 1000)).save(folder / "large.safetensors");
  return 0;
}
