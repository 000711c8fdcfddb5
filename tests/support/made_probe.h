// Results of a probe made by hand, for tests of reports.
#pragma once

#include <string>

#include "tunewire/probe/experiment.h"

namespace tunewire {

/// Two writes on loopback: 100 exchanges, of which every one from the second on takes 44 ms; with
/// TCP_NODELAY none does. One stalled exchange has its time line.
ProbeResult StallingProbe();

/// The same without any stall, 20 microseconds each.
ProbeResult FineProbe();

/// The time line of StallingProbe, and the same with the writer at the other end.
Timeline StalledExchange();
Timeline StalledByServer();

}  // namespace tunewire
