// Each throws std::invalid_argument that names the setting, what was found and what is expected.
#pragma once

#include "eigencoder/config.h"

namespace eigencoder {

void check(const NetworkConfig& network);
void check(const ObjectiveConfig& objective);
void check(const OptimizerConfig& optimizer);
void check(const ScheduleConfig& schedule);

// Whether this objective can be had with this network.
void check(const NetworkConfig& network, const ObjectiveConfig& objective);

}  // namespace eigencoder
