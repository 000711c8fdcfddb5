// The settings that rules compare sockets with, from the tree of sysctls.
#pragma once

#include "tunewire/host/sysctl_tree.h"
#include "tunewire/sockets/evidence.h"

namespace tunewire {

/// What cannot be read is absent. `hz`: ticks a second, 0 where unknown.
NetworkSettings ReadNetworkSettings(const SysctlTree& tree, int hz);

}  // namespace tunewire
