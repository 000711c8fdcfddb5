// Who holds which socket.
#pragma once

#include <vector>

#include "tunewire/host/live_network.h"

namespace tunewire {

Result<SocketOwners> FindSocketOwners(const std::vector<std::uint64_t>& inodes);

struct SocketDescriptor {
  int number = 0;
  std::uint64_t inode = 0;
};

/// Those descriptors of an open /proc/PID/fd that are sockets.
std::vector<SocketDescriptor> SocketsIn(int folder);

}  // namespace tunewire
