// How many source ports cannot be had now.
#pragma once

#include <cstdint>

namespace tunewire {

/// Towards the asked destinations, within net.ipv4.ip_local_port_range without the reserved ones.
/// Several destinations, and several sources, are summed up: each pair has its own ports.
struct PortUse {
  std::uint32_t in_use = 0;     ///< local ports of connections to the destination
  std::uint32_t time_wait = 0;  ///< of those in TIME_WAIT
  /// Local ports that listeners or bind(2) hold for themselves, whatever their address: connect(2)
  /// passes over them for every destination. Those of connections that were bound first and
  /// then connected cannot be told apart from others and are not among them.
  std::uint32_t bound = 0;
  /// Of the pair of source and destination that has most of them, and most that are not in
  /// TIME_WAIT: a load that takes its pairs in turns stops at the one that has no port left.
  std::uint32_t most_in_use = 0, most_busy = 0;

  bool operator==(const PortUse&) const = default;
};

}  // namespace tunewire
