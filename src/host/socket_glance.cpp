#include "host/socket_glance.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>

#include <cstring>

namespace tunewire {
namespace {

SocketEnd End(const inet_diag_msg& message, const __be32 (&address)[4], __be16 port) {
  SocketEnd end;
  end.v6 = message.idiag_family == AF_INET6;
  end.port = ntohs(port);
  std::memcpy(end.address.data(), address, end.v6 ? 16 : 4);
  return end;
}

}  // namespace

std::optional<SocketGlance> GlanceAt(std::span<const std::byte> raw) {
  inet_diag_msg message;
  if (raw.size() < sizeof message) return std::nullopt;
  std::memcpy(&message, raw.data(), sizeof message);
  if (message.idiag_family != AF_INET && message.idiag_family != AF_INET6) return std::nullopt;
  std::optional<SocketGlance> glance(std::in_place);
  glance->cookie =
      message.id.idiag_cookie[0] | static_cast<std::uint64_t>(message.id.idiag_cookie[1]) << 32U;
  glance->inode = message.idiag_inode;
  if (message.idiag_state <= static_cast<std::uint8_t>(TcpState::kNewSynReceived)) {
    glance->state = static_cast<TcpState>(message.idiag_state);
  }
  glance->local = End(message, message.id.idiag_src, message.id.idiag_sport);
  glance->remote = End(message, message.id.idiag_dst, message.id.idiag_dport);
  glance->interface = message.id.idiag_if;
  glance->receive_queue = message.idiag_rqueue;
  glance->send_queue = message.idiag_wqueue;
  return glance;
}

}  // namespace tunewire
