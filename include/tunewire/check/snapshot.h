// A host's fingerprint, and what differs between two. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/host/host_facts.h"

namespace tunewire {

/// Flat and ordered: "tunables.net.core.somaxconn" to "4096". Volatile facts (counters, what is in
/// use, load) stand apart and do not enter the hash.
struct HostSnapshot {
  std::int64_t unix_seconds = 0;
  std::map<std::string, std::string> stable, fleeting;

  bool operator==(const HostSnapshot&) const = default;
};

HostSnapshot SnapshotOf(const HostFacts& facts);

/// 16 hexadecimal digits over `stable`: equal for hosts that measure alike as far as is known.
std::string HashOf(const HostSnapshot& snapshot);

enum class Bearing { kMeasurement, kNone };  ///< can it change a network measurement?

struct SnapshotDifference {
  std::string name, before, after;  ///< an empty value: not there
  Bearing bearing = Bearing::kMeasurement;
  std::string why;  ///< how it bears on a measurement

  bool operator==(const SnapshotDifference&) const = default;
};

/// Of the stable parts, those that bear on a measurement first.
std::vector<SnapshotDifference> CompareSnapshots(const HostSnapshot& before,
                                                 const HostSnapshot& after);

}  // namespace tunewire
