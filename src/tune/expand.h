// Patterns and couplings resolved against what a snapshot saw.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tunewire/tune/plan.h"

namespace tunewire {

/// "net/ipv4/conf" for a key of one interface.
std::optional<std::string> InterfaceFolder(const SysctlKey& key);

/// The keys a pattern stands for here; the plain key itself where it is no glob.
std::vector<SysctlKey> Expand(const KeyPattern& pattern, const Snapshot& snapshot);

std::string PathOf(const KeyPattern& pattern);

/// Keys that the kernel changes along with `key`, without itself.
std::vector<SysctlKey> CoupledKeys(const SysctlKey& key, const Snapshot& snapshot);

}  // namespace tunewire
