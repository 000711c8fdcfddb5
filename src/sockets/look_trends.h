// What rules want to know of every look at a connection, beyond its signs.
#pragma once

#include "tunewire/sockets/evidence.h"

namespace tunewire {

/// Adds one look. `before` is the same connection's look before, null for its first one. Pure.
void AddLookTrends(LookTrends& trends, const SocketInfo* before, const SocketInfo& now,
                   SignSet signs);

}  // namespace tunewire
