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

/// Flat and ordered: "tunables.net.core.somaxconn" to "4096". Names are kinds of facts and, for an
/// interface, its name: "nic.eth0.mtu" (a dot inside a name is shown as '/'). What is known not to
/// be there says "none"; what is not known is absent, and `fleeting` says why under
/// "unknown." and the name or a front part of it. Facts that move by themselves (counters, what is
/// in use, load) stand apart and do not enter the hash.
struct HostSnapshot {
  std::int64_t unix_seconds = 0;
  std::map<std::string, std::string> stable, fleeting;

  bool operator==(const HostSnapshot&) const = default;
};

/// Two snapshots can be held against each other where both facts were captured with
/// TunablesWanted::kAll.
HostSnapshot SnapshotOf(const HostFacts& facts);

/// 16 hexadecimal digits over what can change a measurement: equal for hosts that measure alike as
/// far as is known, and different exactly where CompareSnapshots finds a difference of
/// Bearing::kMeasurement. Names and addresses of hosts and interfaces do not enter it: an interface
/// counts by its driver or kind, several of a kind by the different values they have, and one that
/// is down not at all; nor does what only root may read.
std::string HashOf(const HostSnapshot& snapshot);

enum class Bearing { kMeasurement, kNone };  ///< can it change a network measurement?

struct SnapshotDifference {
  /// Of a fact, or of all interfaces of a kind: "nic.veth.mtu".
  std::string name;
  std::string before, after;  ///< an empty value: not there, or not known there
  Bearing bearing = Bearing::kMeasurement;
  std::string why;      ///< how it bears on a measurement, one sentence
  std::string unknown;  ///< why the empty value is not known; empty: it is not there

  bool operator==(const SnapshotDifference&) const = default;
};

/// Of the stable parts, those that bear on a measurement first, each by name.
std::vector<SnapshotDifference> CompareSnapshots(const HostSnapshot& before,
                                                 const HostSnapshot& after);

}  // namespace tunewire
