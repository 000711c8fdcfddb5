// A whole run made ready for attribution: both ends' tracks on one clock, and what is usual. Pure.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "probe/clock_offset.h"
#include "probe/critical_path.h"
#include "tunewire/probe/attribution.h"

namespace tunewire {

struct RunTracks {
  Track client;
  std::optional<Track> server;               ///< none where it tells nothing, or on no known clock
  std::vector<std::int64_t> clock_error_ns;  ///< by exchange; empty with one clock
};

/// Server events whose clock cannot be compared are left out.
RunTracks TracksOf(const RunEvidence& run, const PathFacts& facts);

/// `tracks` must outlive the view.
PathView ViewOf(const RunTracks& tracks, const RunEvidence& run, const PathFacts& facts);

}  // namespace tunewire
