// The fingerprint of the host that a command was told to look at.
#pragma once

#include <string>

#include "cli/session.h"
#include "tunewire/check/snapshot.h"

namespace tunewire {

/// Of this host, its namespace of --netns, or the tree of --root. Errors: of entering and opening.
Result<HostSnapshot> SnapshotNow(Session& session);

/// Its hash, or nothing where there is none: a measurement does not fail for want of it. Takes a
/// few milliseconds, which must not be those of a measurement.
std::string HostHashNow(Session& session);

}  // namespace tunewire
