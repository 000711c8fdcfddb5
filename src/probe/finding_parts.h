// ClassifyRun's two ways: by time lines, and by counters. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "probe/classify.h"

namespace tunewire {

/// Both where the lesser has at least a quarter of the sum.
Side SideOf(std::int64_t client_ns, std::int64_t server_ns);

std::string FormatSpan(std::int64_t ns);  ///< "43.9 ms", "17 us"

/// Shorter holds are the kernel at work.
inline constexpr std::int64_t kLeastHold = 1'000'000;

/// `stalled` must not be empty. Falls back on counters where stamps are missing.
RunFinding FindFromTimelines(const RunReport& run, const std::vector<const Timeline*>& stalled);

/// Never proven.
RunFinding FindFromCounters(const RunReport& run);

/// What the counters say for or against a finding that rests on stamps.
void AddCrossChecks(const RunReport& run, RunFinding& finding);

}  // namespace tunewire
