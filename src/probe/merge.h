// Blocks of one run, each over a connection of its own, made into one. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tunewire/probe/verdict.h"

namespace tunewire {

/// Adds a later block to `into`: histograms merged, exchanges and events appended (exchanges of
/// the events go on counting), counters added up, TCP_INFO the newest with the smallest min_rtt.
/// `early` stays the first block's.
void MergeEvidence(RunEvidence& into, RunEvidence block);

/// What was gathered for one run.
struct MergedBlocks {
  RunRole role = RunRole::kOther;
  std::string label;
  std::vector<RunBlock> blocks;               ///< in the order they ran; at least one
  std::optional<RunEvidence> plain, stamped;  ///< of the blocks without and with stamps
};

/// One report as RunReport wants it.
RunReport ReportBlocks(MergedBlocks merged, bool one_host);

}  // namespace tunewire
