#include "host/decode_socket.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>

#include <algorithm>
#include <cstring>

#include "host/decode_tcp_info.h"
#include "host/netlink_attributes.h"
#include "host/socket_end.h"
#include "tunewire/host/socket_table.h"

namespace tunewire {
namespace {

constexpr std::size_t kMemoryFields = 9;
static_assert(sizeof(SocketMemory) == kMemoryFields * sizeof(std::uint32_t));

std::optional<inet_diag_msg> FixedPart(std::span<const std::byte> raw) {
  inet_diag_msg message{};
  if (raw.size() < sizeof message) return std::nullopt;
  std::memcpy(&message, raw.data(), sizeof message);
  if (message.idiag_family != AF_INET && message.idiag_family != AF_INET6) return std::nullopt;
  return message;
}

std::uint64_t Cookie(const inet_diag_msg& message) {
  return message.id.idiag_cookie[0] | static_cast<std::uint64_t>(message.id.idiag_cookie[1]) << 32U;
}

SocketEnd End(const inet_diag_msg& message, const __be32 (&address)[4], __be16 port) {
  SocketEnd end;
  end.v6 = message.idiag_family == AF_INET6;
  end.port = ntohs(port);
  std::memcpy(end.address.data(), address, end.v6 ? 16 : 4);
  return end;
}

template <class T>
void TakeNumber(const NetlinkAttribute& attribute, std::optional<T>& number) {
  if (attribute.value.size() < sizeof(T)) return;
  T value{};
  std::memcpy(&value, attribute.value.data(), sizeof value);
  number = value;
}

/// Older kernels end before the last fields: these stay 0.
void TakeMemory(const NetlinkAttribute& attribute, std::optional<SocketMemory>& memory) {
  const std::size_t size = std::min(attribute.value.size(), sizeof(SocketMemory));
  if (size < sizeof(std::uint32_t)) return;
  SocketMemory taken;
  std::memcpy(&taken, attribute.value.data(), size / sizeof(std::uint32_t) * sizeof(std::uint32_t));
  memory = taken;
}

void TakeOne(const NetlinkAttribute& attribute, SocketInfo& socket) {
  switch (attribute.type) {
    case INET_DIAG_SKMEMINFO:
      return TakeMemory(attribute, socket.memory);
    case INET_DIAG_INFO:
      socket.tcp = DecodeTcpInfo(attribute.value);
      return;
    case INET_DIAG_CONG:
      socket.congestion_control = TextOf(attribute);
      return;
    case INET_DIAG_SHUTDOWN:
      return TakeNumber(attribute, socket.shutdown);
    case INET_DIAG_TOS:
      // Of an IPv6 socket both come, and only IPv4-mapped packets carry this one.
      if (!socket.remote.v6 || IsMappedV4(socket.remote)) TakeNumber(attribute, socket.tos);
      return;
    case INET_DIAG_TCLASS:
      if (!IsMappedV4(socket.remote)) TakeNumber(attribute, socket.tos);
      return;
    case INET_DIAG_MARK:
      return TakeNumber(attribute, socket.mark);
    case INET_DIAG_CGROUP_ID:
      return TakeNumber(attribute, socket.cgroup);
    default:
      return;
  }
}

void TakeFixed(const inet_diag_msg& message, SocketInfo& socket) {
  socket.cookie = Cookie(message);
  socket.inode = message.idiag_inode;
  socket.uid = message.idiag_uid;
  if (message.idiag_state <= static_cast<std::uint8_t>(TcpState::kNewSynReceived)) {
    socket.state = static_cast<TcpState>(message.idiag_state);
  }
  socket.local = End(message, message.id.idiag_src, message.id.idiag_sport);
  socket.remote = End(message, message.id.idiag_dst, message.id.idiag_dport);
  socket.interface = message.id.idiag_if;
  socket.receive_queue = message.idiag_rqueue;
  socket.send_queue = message.idiag_wqueue;
  if (message.idiag_timer <= static_cast<std::uint8_t>(SocketTimer::kPersist)) {
    socket.timer = static_cast<SocketTimer>(message.idiag_timer);
  }
  socket.timer_ms = message.idiag_expires;
  socket.retransmits = message.idiag_retrans;
}

}  // namespace

std::optional<std::uint64_t> CookieOf(std::span<const std::byte> raw) {
  const auto message = FixedPart(raw);
  return message ? std::optional(Cookie(*message)) : std::nullopt;
}

std::optional<SocketInfo> DecodeSocket(std::span<const std::byte> raw) {
  const auto message = FixedPart(raw);
  if (!message) return std::nullopt;
  std::optional<SocketInfo> socket(std::in_place);
  TakeFixed(*message, *socket);
  std::span<const std::byte> attributes = raw.subspan(sizeof *message);
  while (const auto attribute = TakeAttribute(attributes)) TakeOne(*attribute, *socket);
  return socket;
}

}  // namespace tunewire
