// Capturing HostFacts from the running host.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tunewire/host/host_facts.h"
#include "tunewire/host/tcp.h"

namespace tunewire {

enum class TunablesWanted {
  kForChecks,  ///< the keys that checks and walls read
  kAll,        ///< every key of the catalog that is there
};

enum class FactsWanted {
  kAll,
  kSettled,  ///< not who listens and who is busy, which takes time to find; nothing is waited for
};

struct FactsWish {
  FactsWanted facts = FactsWanted::kAll;
  TunablesWanted tunables = TunablesWanted::kForChecks;
  std::optional<SocketAddress> destination;  ///< its route is asked for
  std::vector<std::string> sources;          ///< addresses: whether bind(2) takes them
  /// Between the two readings of counters; 0: about 20 ms, for busy processes alone.
  std::chrono::milliseconds window{0};
};

/// What cannot be read is unknown and says why; this never fails. `pause` sleeps through the
/// window.
HostFacts CaptureHostFacts(const FactsWish& wish,
                           const std::function<void(std::chrono::milliseconds)>& pause);

/// The same of a captured tree (ROOT/proc, ROOT/sys, ROOT/etc): one reading of counters, and what
/// only a running kernel answers is unknown.
HostFacts CaptureFrom(const std::string& root, TunablesWanted tunables);

}  // namespace tunewire
