// The fixed part of what sock_diag(7) sends of a socket: enough to choose by, at a small part of
// the cost of DecodeSocket. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "tunewire/host/socket_table.h"

namespace tunewire {

/// Fields as SocketInfo has them.
struct SocketGlance {
  std::uint64_t cookie = 0, inode = 0;
  TcpState state = TcpState::kUnknown;
  SocketEnd local, remote;
  std::uint32_t interface = 0;
  std::uint32_t receive_queue = 0, send_queue = 0;

  bool operator==(const SocketGlance&) const = default;
};

/// Nothing where DecodeSocket gives nothing.
std::optional<SocketGlance> GlanceAt(std::span<const std::byte> raw);

inline SocketGlance GlanceOf(const SocketInfo& socket) {
  return {socket.cookie, socket.inode,     socket.state,         socket.local,
          socket.remote, socket.interface, socket.receive_queue, socket.send_queue};
}

}  // namespace tunewire
