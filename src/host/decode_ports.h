// Source ports and TIME_WAIT, as /proc writes them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tunewire {

struct PortRange {
  std::uint32_t first = 0, last = 0;

  bool operator==(const PortRange&) const = default;
};

/// "32768\t60999\n"; nothing of another text.
std::optional<PortRange> DecodePortRange(std::string_view text);

/// "8080,9000-9010\n", ip_local_reserved_ports; nothing of another text.
std::optional<std::vector<PortRange>> DecodePortList(std::string_view text);

/// How many ports of "8080,9000-9010\n" lie within the range; nothing of another text.
std::optional<std::uint32_t> CountReservedPorts(std::string_view text, const PortRange& range);

/// The number behind "tw" in the line "TCP: ..." of /proc/net/sockstat.
std::optional<std::uint64_t> DecodeTimeWait(std::string_view sockstat);

}  // namespace tunewire
