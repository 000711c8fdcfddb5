// Facts of a snapshot as reports list them.
#pragma once

#include <map>
#include <string>

#include "tunewire/check/snapshot.h"

namespace tunewire {

/// What could not be read, by name, and why.
std::map<std::string, std::string> UnknownFacts(const HostSnapshot& snapshot);

/// "net.core.somaxconn": a tunable by the name that people know it by.
std::string ShownFact(const std::string& name);

}  // namespace tunewire
