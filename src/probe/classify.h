// What one run by itself says about its stalls: the cause, whose doing, and on what evidence. Pure.
#pragma once

#include <string>
#include <vector>

#include "tunewire/probe/attribution.h"
#include "tunewire/probe/verdict.h"

namespace tunewire {

/// The finding of a single run; comparing runs (A/B) is Judge's.
struct RunFinding {
  Cause cause = Cause::kNone;  ///< of most of the stalled exchanges
  Side side = Side::kNone;     ///< whose write was held, or whose program took its time
  /// A kernel stamp or a look at the send queue showed it: for Nagle and cork, bytes held back;
  /// for pacing and loss, when they left and came. Never without Stamping::kOn.
  bool proven_by_hold = false;
  std::vector<std::string> reasons;  ///< sentences with figures, most telling first

  bool operator==(const RunFinding&) const = default;
};

/// Takes the best evidence there is: time lines of both ends, the client's alone (echo peer), or
/// latencies and counters. Without a hold the cause is at most likely, and the reasons say why.
/// kApplication without a stall: the scripts' own pauses are long enough to look like one.
RunFinding ClassifyRun(const RunReport& run);

}  // namespace tunewire
