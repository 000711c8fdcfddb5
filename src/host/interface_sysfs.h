// What only /sys says about interfaces: drivers, NUMA nodes, interrupts, RPS.
#pragma once

#include <vector>

#include "host/decode_links.h"

namespace tunewire {

/// Fills them in. A mounted /sys shows the network namespace of whoever mounted it: where
/// /sys/class/net does not hold just these interfaces nothing is taken from it.
void AddSysfsFacts(std::vector<LinkFacts>& links);

/// Is this interrupt of a card one of its queues, or one for events and management? Pure.
bool IsQueueInterrupt(const std::string& name);

}  // namespace tunewire
