// Filters of sockets in user space, as the kernel runs them (INET_DIAG_BC_D_COND). Pure.
#pragma once

#include "host/socket_glance.h"
#include "tunewire/host/socket_table.h"

namespace tunewire {

/// IPv4 peers are met by IPv4-mapped ones too.
bool Passes(const SocketGlance& socket, const SocketFilter& filter);

inline std::uint32_t BitOf(TcpState state) { return 1U << static_cast<unsigned>(state); }

}  // namespace tunewire
