#include <algorithm>
#include <cstdlib>

#include "probe/run_facts.h"
#include "probe/scripted.h"
#include "tunewire/probe/verdict.h"

namespace tunewire {
namespace {

std::int64_t LengthOf(const Exchange& exchange) { return exchange.end_ns - exchange.begin_ns; }

std::vector<std::int64_t> LatenciesOf(const RunEvidence& run) {
  std::vector<std::int64_t> latencies;
  latencies.reserve(run.exchanges.size());
  for (const Exchange& exchange : run.exchanges) latencies.push_back(LengthOf(exchange));
  return latencies;
}

Attribution MeanOf(const std::vector<const Timeline*>& timelines) {
  Attribution sum;
  for (const Timeline* timeline : timelines) sum += timeline->attribution;
  const auto count = static_cast<std::int64_t>(timelines.size());
  if (count == 0) return sum;
  for (std::int64_t* part :
       {&sum.nagle_ns, &sum.delayed_ack_ns, &sum.cork_ns, &sum.retransmit_ns, &sum.pacing_ns,
        &sum.window_ns, &sum.network_ns, &sum.application_ns}) {
    *part /= count;
  }
  return sum;
}

/// Index of the one of `some` whose length is nearest to `wanted`.
std::optional<std::size_t> Nearest(const RunReport& report,
                                   const std::vector<const Timeline*>& some, std::int64_t wanted) {
  const auto nearest = std::min_element(some.begin(), some.end(), [wanted](auto* one, auto* two) {
    return std::abs(LengthOf(one->span) - wanted) < std::abs(LengthOf(two->span) - wanted);
  });
  if (nearest == some.end()) return std::nullopt;
  return static_cast<std::size_t>(*nearest - report.timelines.data());
}

PathFacts PathFactsOf(const RunEvidence& run, const TimerFacts& timers, bool one_host) {
  PathFacts facts;
  facts.timers = timers;
  facts.one_clock = one_host;
  facts.client_paced = IsPaced(run.client, run.spec.traffic.client_options);
  facts.server_paced = run.server && IsPaced(*run.server, run.spec.traffic.server_options);
  return facts;
}

}  // namespace

RunReport ReportRun(RunRole role, std::string label, std::uint32_t block, RunEvidence evidence,
                    bool one_host) {
  RunReport report;
  report.role = role;
  report.label = std::move(label);
  report.block = block;
  report.evidence = std::move(evidence);
  const RunEvidence& run = report.evidence;
  const TimerFacts timers = TimerFactsOf(run);
  const std::int64_t expected = LengthOfScripts(run.spec.traffic, run.spec.think).ns;
  report.stalls = FindStalls(LatenciesOf(run), expected, timers);
  report.timelines = BuildTimelines(run, PathFactsOf(run, timers, one_host));
  const StalledAndRest parts = SplitTimelines(report);
  report.stalled_example = Nearest(report, parts.stalled, report.stalls.median_ns);
  report.clean_example = Nearest(report, parts.rest, report.stalls.fast_median_ns);
  report.attribution = MeanOf(parts.stalled.empty() ? parts.rest : parts.stalled);
  return report;
}

}  // namespace tunewire
