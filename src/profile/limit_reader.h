// The "limits" part of a profile.
#pragma once

#include <vector>

#include "profile/reading.h"

namespace tunewire {

/// Every limit that could be read; what could not is in the complaints.
std::vector<LimitSetting> ReadLimits(const JsonNode& limits, Reading& reading);

}  // namespace tunewire
