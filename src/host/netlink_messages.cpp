#include "host/netlink_messages.h"

#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tunewire {

int NetlinkMessage::OsError() const {
  int code = 0;
  // A dump that ends well may say so without a number.
  if (payload.empty() && type == NLMSG_DONE) return 0;
  if (payload.size() < sizeof code) return EPROTO;
  std::memcpy(&code, payload.data(), sizeof code);
  return code < 0 && code > -4096 ? -code : 0;
}

std::optional<NetlinkMessage> TakeMessage(std::span<const std::byte>& datagram) {
  nlmsghdr header{};
  if (datagram.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, datagram.data(), sizeof header);
  if (header.nlmsg_len < sizeof header || header.nlmsg_len > datagram.size()) return std::nullopt;
  NetlinkMessage message{.type = header.nlmsg_type,
                         .flags = header.nlmsg_flags,
                         .sequence = header.nlmsg_seq,
                         .payload = datagram.first(header.nlmsg_len).subspan(sizeof header)};
  const std::size_t size = NLMSG_ALIGN(static_cast<std::size_t>(header.nlmsg_len));
  datagram = datagram.subspan(std::min(size, datagram.size()));
  return message;
}

}  // namespace tunewire
