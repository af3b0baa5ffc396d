// What this processor can run. Compiled for the baseline, as all of the loader.
#pragma once

#include <string_view>

namespace eigencoder {

bool can_run(std::string_view level);

}  // namespace eigencoder
