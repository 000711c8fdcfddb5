// Kinds of addresses. Pure.
#pragma once

#include "tunewire/host/socket_table.h"

namespace tunewire {

/// ::ffff:0:0/96, an IPv4 peer of an IPv6 socket.
bool IsMappedV4(const SocketEnd& end);

/// A dual-stack socket shows IPv4 as mapped IPv6 where its peer, and other programs, show IPv4.
SocketEnd Unmapped(const SocketEnd& end);

}  // namespace tunewire
