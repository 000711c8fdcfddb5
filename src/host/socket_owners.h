// Who holds which socket.
#pragma once

#include <cstdint>
#include <vector>

#include "tunewire/host/live_network.h"

namespace tunewire {

Result<SocketOwners> FindSocketOwners(const std::vector<std::uint64_t>& inodes);

}  // namespace tunewire
