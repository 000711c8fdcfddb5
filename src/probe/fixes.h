// What makes a stall go away, for each side that could do it. Pure.
#pragma once

#include <span>
#include <vector>

#include "probe/effects.h"
#include "tunewire/probe/verdict.h"

namespace tunewire {

/// Fixes of `cause` where `side` is whose write is held (or whose program is slow). What was tried
/// here and helped comes first; what was tried and did not help is left out.
std::vector<Fix> FixesFor(Cause cause, Side side, std::span<const AbTest> tests);

}  // namespace tunewire
