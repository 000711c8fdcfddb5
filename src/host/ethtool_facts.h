// What drivers say about their interfaces, over generic netlink.
#pragma once

#include <vector>

#include "tunewire/host/network_facts.h"

namespace tunewire {

/// Fills in speed, duplex mode, rings, channels, coalescing and offloads, by interface index, with
/// one dump each for all interfaces. What is not answered is unknown and says why.
void AddEthtoolFacts(std::vector<InterfaceFacts>& interfaces);

}  // namespace tunewire
