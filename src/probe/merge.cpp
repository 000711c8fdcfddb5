#include "probe/merge.h"

#include <algorithm>
#include <utility>

namespace tunewire {
namespace {

void MergeCounters(CounterChanges& into, const CounterChanges& block) {
  for (const auto& [name, change] : block) {
    const auto found = std::ranges::find(
        into, name, [](const auto& entry) -> const auto& { return entry.first; });
    if (found == into.end()) {
      into.emplace_back(name, change);
    } else {
      found->second += change;
    }
  }
}

void MergeTcp(TcpSnapshot& into, TcpSnapshot block) {
  if (into.min_rtt_ns) {
    block.min_rtt_ns = std::min(*into.min_rtt_ns, block.min_rtt_ns.value_or(*into.min_rtt_ns));
  }
  into = std::move(block);
}

void MergeEnd(EndEvidence& into, EndEvidence block, std::uint32_t exchanges_before) {
  for (Event& event : block.events) {
    event.exchange += exchanges_before;
    into.events.push_back(event);
  }
  MergeCounters(into.counters, block.counters);
  MergeTcp(into.tcp, std::move(block.tcp));
}

void MergeServer(std::optional<EndEvidence>& into, std::optional<EndEvidence> block,
                 std::uint32_t exchanges_before) {
  if (!block) return;
  if (!into) {
    into = EndEvidence{.facts = block->facts};
  }
  MergeEnd(*into, std::move(*block), exchanges_before);
}

/// Latencies and what goes with them: those that stamps did not slow down.
void TakeLatencies(RunReport& report, RunReport plain) {
  report.stalls = std::move(plain.stalls);
  RunEvidence& into = report.evidence;
  RunEvidence& from = plain.evidence;
  from.client.events = std::move(into.client.events);
  if (from.server && into.server) from.server->events = std::move(into.server->events);
  into = std::move(from);
}

}  // namespace

void MergeEvidence(RunEvidence& into, RunEvidence block) {
  const auto before = static_cast<std::uint32_t>(into.exchanges.size());
  into.exchanges.insert(into.exchanges.end(), block.exchanges.begin(), block.exchanges.end());
  into.latency.Merge(block.latency);
  into.corrected.Merge(block.corrected);
  into.elapsed_ns += block.elapsed_ns;
  into.interrupted = into.interrupted || block.interrupted;
  MergeEnd(into.client, std::move(block.client), before);
  MergeServer(into.server, std::move(block.server), before);
}

RunReport ReportBlocks(MergedBlocks merged, bool one_host) {
  const std::uint32_t first = merged.blocks.front().place;
  RunReport report;
  if (merged.stamped) {
    report = ReportRun(merged.role, merged.label, first, std::move(*merged.stamped), one_host);
  }
  if (merged.plain) {
    RunReport plain =
        ReportRun(merged.role, merged.label, first, std::move(*merged.plain), one_host);
    if (merged.stamped) {
      TakeLatencies(report, std::move(plain));
    } else {
      report = std::move(plain);
    }
  }
  report.blocks = std::move(merged.blocks);
  return report;
}

}  // namespace tunewire
