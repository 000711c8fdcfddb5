// Kinds of addresses. Pure.
#pragma once

#include "tunewire/host/socket_table.h"

namespace tunewire {

/// ::ffff:0:0/96, an IPv4 peer of an IPv6 socket.
bool IsMappedV4(const SocketEnd& end);

}  // namespace tunewire
