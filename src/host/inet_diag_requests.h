// Requests of sock_diag(7), as bytes. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tunewire/host/socket_table.h"

namespace tunewire {

/// Appends one whole message: for all TCP sockets that pass. Where those of both families may, it
/// is TCPDIAG_GETSOCK, the older request, with which the kernel goes over its table once for both;
/// else SOCK_DIAG_BY_FAMILY. The answers are alike but for their type, which is the request's.
void AppendDumpRequest(std::vector<std::byte>& messages, const SocketFilter& filter,
                       std::uint32_t sequence);

/// Appends one whole message: for the one socket with these ends and this cookie.
void AppendExactRequest(std::vector<std::byte>& messages, const SocketName& name,
                        std::uint32_t sequence);

/// One socket's answer to either request.
bool IsSocketAnswer(std::uint16_t message_type);

}  // namespace tunewire
