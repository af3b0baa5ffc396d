// A network for inference that is called again and again, with few rows or many.
#pragma once

#include <memory>
#include <vector>

#include "eigencoder/engine.h"

namespace eigencoder::model {

template <typename T>
std::unique_ptr<const PackedNetwork<T>> pack(const std::vector<LayerView<T>>& layers);

}  // namespace eigencoder::model
