// Watching a change that waits for its confirmation, on a terminal.
#pragma once

#include <string>

#include "cli/session.h"

namespace tunewire {

/// Shows the time left until the deadline of `tx` and waits: Enter keeps the change, Ctrl-C puts it
/// back, the deadline puts it back, and what another terminal does ends the wait. A terminal that
/// goes away leaves the change to its guard. Precondition: the caller holds no lock.
Answer WatchPending(Session& session, TuneHost& host, const std::string& tx,
                    std::chrono::seconds whole);

}  // namespace tunewire
