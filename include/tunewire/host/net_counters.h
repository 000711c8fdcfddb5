// The kernel's SNMP counters of a network namespace, by name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/base/result.h"

namespace tunewire {

struct NetCounter {
  std::string group;       ///< "TcpExt", "Tcp", "IpExt", "Udp", ...
  std::string name;        ///< "DelayedACKs"
  std::int64_t value = 0;  ///< counts since boot; a few are settings (Tcp MaxConn is -1)

  bool operator==(const NetCounter&) const = default;
};

/// In the kernel's order.
struct NetCounters {
  std::vector<NetCounter> all;

  [[nodiscard]] std::optional<std::int64_t> Value(std::string_view group,
                                                  std::string_view name) const;
  bool operator==(const NetCounters&) const = default;
};

/// /proc/net/netstat or /proc/net/snmp: pairs of lines, names and then values. Pure. What another
/// kernel adds is taken as it comes. Errors: kInvalid "invalid_counters" with the line, for lines
/// that do not belong together or values that are no numbers.
Result<NetCounters> DecodeNetCounters(std::string_view text);

/// Both files, as the network namespace of the calling thread counts. Errors: of reading them.
Result<NetCounters> ReadNetCounters();

/// What moved from one reading to the next: its difference, in the order of `after`. A counter that
/// only one of them has is left out.
NetCounters ChangedCounters(const NetCounters& before, const NetCounters& after);

}  // namespace tunewire
