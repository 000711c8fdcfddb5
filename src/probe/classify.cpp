#include "probe/classify.h"

#include "base/format.h"
#include "probe/finding_parts.h"
#include "probe/run_facts.h"
#include "probe/scripted.h"

namespace tunewire {
namespace {

/// No exchange stalled: either nothing is slow, or the scripts themselves are.
RunFinding Unstalled(const RunReport& run) {
  const RunSpec& spec = run.evidence.spec;
  const ScriptedLength script = LengthOfScripts(spec.traffic, spec.think);
  RunFinding finding;
  if (script.ns < TimerFactsOf(run.evidence).delack_min_ns / 2) {
    finding.reasons.push_back(Format("none of {} exchanges stalled", run.stalls.n));
    return finding;
  }
  finding.cause = Cause::kApplication;
  finding.side = SideOf(script.client_ns, script.server_ns);
  finding.reasons.push_back(
      Format("the programs' own pauses make {} of an exchange", FormatSpan(script.ns)));
  finding.reasons.emplace_back("nothing beyond them stalled");
  return finding;
}

std::vector<const Timeline*> OnlyStalled(const RunReport& run) {
  const StalledAndRest parts = SplitTimelines(run);
  return parts.stalled;
}

}  // namespace

RunFinding ClassifyRun(const RunReport& run) {
  if (run.stalls.count == 0) return Unstalled(run);
  const std::vector<const Timeline*> stalled = OnlyStalled(run);
  if (stalled.empty()) {
    RunFinding finding = FindFromCounters(run);
    finding.reasons.emplace_back(run.timelines.empty()
                                     ? "no time stamps were taken: this rests on counters alone"
                                     : "no stalled exchange has a time line");
    return finding;
  }
  return FindFromTimelines(run, stalled);
}

}  // namespace tunewire
