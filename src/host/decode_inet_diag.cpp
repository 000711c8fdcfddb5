#include "host/decode_inet_diag.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <netinet/tcp.h>

#include <array>
#include <cstring>

#include "host/netlink_attributes.h"

namespace tunewire {
namespace {

std::string AddressText(int family, const void* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::inet_ntop(family, bytes, text.data(), text.size()) == nullptr) return {};
  return text.data();
}

}  // namespace

std::optional<Listener> DecodeListener(std::span<const std::byte> payload) {
  inet_diag_msg message{};
  if (payload.size() < sizeof message) return std::nullopt;
  std::memcpy(&message, payload.data(), sizeof message);
  const bool known = message.idiag_family == AF_INET || message.idiag_family == AF_INET6;
  if (!known || message.idiag_state != TCP_LISTEN) return std::nullopt;
  Listener listener;
  listener.address = AddressText(message.idiag_family, message.id.idiag_src);
  listener.port = ntohs(message.id.idiag_sport);
  // Of a listener, tcp_diag gives the accept queue and its limit in these two
  // (net/ipv4/tcp_diag.c).
  listener.queue = message.idiag_rqueue;
  listener.backlog = message.idiag_wqueue;
  listener.inode = message.idiag_inode;
  listener.congestion_control = TextAttribute(payload.subspan(sizeof message), INET_DIAG_CONG);
  return listener;
}

}  // namespace tunewire
