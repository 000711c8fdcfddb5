// What a run's evidence says of its path and its ends, where several parts ask for it. Pure.
#pragma once

#include <vector>

#include "tunewire/latency/stalls.h"
#include "tunewire/probe/verdict.h"

namespace tunewire {

/// Ticks and delays as the ends have them; the path's shortest round trip, or, unknown, the
/// shortest exchange.
TimerFacts TimerFactsOf(const RunEvidence& run);

/// bbr in all its versions; others pace only where somebody asked for it.
bool IsPaced(const EndEvidence& end, const EndOptions& options);

/// Time lines of exchanges that stalled (by IsStall and the run's undisturbed median), and others.
struct StalledAndRest {
  std::vector<const Timeline*> stalled, rest;
};
StalledAndRest SplitTimelines(const RunReport& run);

/// Nagle could hold a write of this end: TCP_NODELAY is off when it makes a second write without
/// reading in between.
bool NagleCanHold(const Script& script, const EndOptions& options);

/// A cork or MSG_MORE of the script is still open when the end stops to read, or at its end.
bool LeavesCorked(const Script& script);

}  // namespace tunewire
