// Queueing disciplines of this network namespace.
#pragma once

#include <vector>

#include "tunewire/host/live_network.h"

namespace tunewire {

Result<std::vector<InterfaceQdisc>> ReadQdiscs();

}  // namespace tunewire
