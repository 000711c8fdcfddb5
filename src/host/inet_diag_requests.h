// Requests of sock_diag(7), as bytes. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tunewire/host/socket_table.h"

namespace tunewire {

/// Appends one whole message: SOCK_DIAG_BY_FAMILY for all TCP sockets of a family that pass.
void AppendDumpRequest(std::vector<std::byte>& messages, int family, const SocketFilter& filter,
                       std::uint32_t sequence);

/// Appends one whole message: for the one socket with these ends and this cookie.
void AppendExactRequest(std::vector<std::byte>& messages, const SocketName& name,
                        std::uint32_t sequence);

}  // namespace tunewire
