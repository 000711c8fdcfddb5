// How many connections this host can have to one destination at a time: plain facts.
#pragma once

#include <cstdint>

#include "tunewire/base/result.h"
#include "tunewire/host/tcp.h"

namespace tunewire {

/// Of this network namespace, for connections without a source port of their own choice.
struct SourcePorts {
  std::uint32_t first = 32768, last = 60999;  ///< net.ipv4.ip_local_port_range
  std::uint32_t reserved = 0;                 ///< ip_local_reserved_ports within that range
  std::uint64_t time_wait = 0;                ///< sockets in TIME_WAIT now, to whatever destination
  int time_wait_reuse = 2;  ///< net.ipv4.tcp_tw_reuse: 0 never, 1 always, 2 loopback only
  bool loopback = false;    ///< the destination is a loopback address

  /// To one destination from one source address.
  [[nodiscard]] std::uint32_t usable() const { return last - first + 1 - reserved; }
  /// May a port in TIME_WAIT be taken again after a second?
  [[nodiscard]] bool reused() const {
    return time_wait_reuse == 1 || (time_wait_reuse == 2 && loopback);
  }

  bool operator==(const SourcePorts&) const = default;
};

/// Errors: kUnsupported "no_port_facts" where /proc does not say.
Result<SourcePorts> ReadSourcePorts(const SocketAddress& destination);

}  // namespace tunewire
