// The "sysctl" part of a profile.
#pragma once

#include <vector>

#include "profile/reading.h"

namespace tunewire {

/// Every setting that could be read; what could not is in the complaints.
std::vector<Setting> ReadSettings(const JsonNode& sysctl, Reading& reading);

}  // namespace tunewire
