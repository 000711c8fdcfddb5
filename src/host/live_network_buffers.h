// Sockets whose program fixed its buffers.
#pragma once

#include <vector>

#include "tunewire/host/live_network.h"

namespace tunewire {

Result<std::vector<LockedBuffer>> FindLockedBuffers(const std::vector<ProcessId>& processes);

}  // namespace tunewire
