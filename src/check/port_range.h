// The source ports of this namespace, out of its tunables.
#pragma once

#include <cstdint>

#include "tunewire/base/result.h"
#include "tunewire/host/host_facts.h"

namespace tunewire {

inline constexpr const char* kPortRangeKey = "net.ipv4.ip_local_port_range";
inline constexpr const char* kReservedPortsKey = "net.ipv4.ip_local_reserved_ports";

/// Both ends belong to it.
struct SourcePortSpan {
  std::uint32_t first = 0, last = 0;

  [[nodiscard]] std::uint32_t size() const { return last - first + 1; }
  [[nodiscard]] bool Holds(std::uint32_t port) const { return port >= first && port <= last; }
};

/// Errors: the message says why it is not known.
Result<SourcePortSpan> SourcePortRange(const HostFacts& facts);
/// How many ports of the range are reserved. Errors: the message says why it is not known.
Result<std::uint32_t> ReservedPorts(const HostFacts& facts, const SourcePortSpan& range);
bool IsReserved(const HostFacts& facts, std::uint32_t port);

}  // namespace tunewire
