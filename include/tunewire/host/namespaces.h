// Entering another network namespace.
#pragma once

#include <string>

#include "tunewire/base/result.h"

namespace tunewire {

/// Moves this process into the network namespace that `target` names: an `ip netns` name, a process
/// id, or a path to a namespace file. Call before any tree is opened. Errors: kNotFound
/// "no_such_namespace", kNotPermitted.
Status EnterNetworkNamespace(const std::string& target);

}  // namespace tunewire
