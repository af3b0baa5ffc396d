#include "bindings/bindings.h"

PYBIND11_MODULE(_core, module, pybind11::mod_gil_not_used()) {
  module.attr("__version__") = EIGENCODER_VERSION;
  eigencoder::bindings::bind_engine(module);
  eigencoder::bindings::bind_config(module);
  eigencoder::bindings::bind_device_array(module);
  eigencoder::bindings::bind_encoder(module);
  eigencoder::bindings::bind_training(module);
  eigencoder::bindings::bind_inference(module);
}
