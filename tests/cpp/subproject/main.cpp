// Saves and loads a model, which needs an engine; with visibility hidden, it still catches what the library throws.
#include <eigencoder/autoencoder.h>
#include <eigencoder/eigencoder.h>

#include <fstream>

int main() {
  const char* const path = "model.safetensors";
  eigencoder::Autoencoder<float>(eigencoder::mirrored_network(3, {}, 2)).save(path);
  eigencoder_model* model = nullptr;
  const float x[] = {1, 2, 3};
  float codes[2];
  if (eigencoder_load(path, 1, 1, &model) != EIGENCODER_OK) return 1;
  if (eigencoder_encode_float(model, x, 1, codes) != EIGENCODER_OK) return 2;
  eigencoder_free(model);
  std::ofstream(path) << "no model";
  try {
    eigencoder::Autoencoder<float>::load(path);
  } catch (const eigencoder::ModelFormatError&) {
    return 0;
  }
  return 3;
}
