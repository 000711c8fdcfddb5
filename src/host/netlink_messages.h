// Messages of a netlink datagram, as bytes. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tunewire {

struct NetlinkMessage {
  std::uint16_t type = 0, flags = 0;
  std::uint32_t sequence = 0;
  std::span<const std::byte> payload;

  /// Of an NLMSG_ERROR or NLMSG_DONE: the errno in it, 0 where all went well. EPROTO where it is
  /// too short for one.
  [[nodiscard]] int OsError() const;
};

/// Takes the foremost message off `datagram`; nothing at its end and where a length is not
/// possible.
std::optional<NetlinkMessage> TakeMessage(std::span<const std::byte>& datagram);

}  // namespace tunewire
