#include "probe/run_facts.h"

#include <algorithm>

#include "probe/scripted.h"
#include "probe/track.h"

namespace tunewire {
namespace {

std::int64_t ShortestDelay(const RunEvidence& run, std::int64_t usual) {
  const Traffic& traffic = run.spec.traffic;
  for (const EndOptions* options : {&traffic.client_options, &traffic.server_options}) {
    if (!options->delack_max) continue;
    usual = std::min<std::int64_t>(usual, std::chrono::nanoseconds(*options->delack_max).count());
  }
  return usual;
}

/// Option and cork state through one pass of a script; `carried` is what a pass leaves behind.
struct Switches {
  bool nodelay = false, corked = false, waiting = false;

  void Apply(const Step& step) {
    if (step.kind == StepKind::kNoDelay) nodelay = true;
    if (step.kind == StepKind::kNagle) nodelay = false;
    if (step.kind == StepKind::kCork) corked = true;
    if (step.kind == StepKind::kUncork) corked = false;
  }
};

}  // namespace

TimerFacts TimerFactsOf(const RunEvidence& run) {
  TimerFacts facts;
  if (run.client.facts.hz > 0) {
    facts.hz = run.client.facts.hz;
  } else if (run.server && run.server->facts.hz > 0) {
    facts.hz = run.server->facts.hz;
  }
  facts.delack_min_ns = ShortestDelay(run, facts.delack_min_ns);
  facts.min_rtt_ns =
      run.client.tcp.min_rtt_ns.value_or(run.latency.count() > 0 ? run.latency.smallest() : 0);
  return facts;
}

bool IsPaced(const EndEvidence& end, const EndOptions& options) {
  const std::string& name = end.tcp.congestion           ? *end.tcp.congestion
                            : options.congestion.empty() ? end.facts.congestion
                                                         : options.congestion;
  return name.starts_with("bbr");
}

StalledAndRest SplitTimelines(const RunReport& run) {
  const RunSpec& spec = run.evidence.spec;
  const TimerFacts timers = TimerFactsOf(run.evidence);
  const std::int64_t expected = LengthOfScripts(spec.traffic, spec.think).ns;
  StalledAndRest parts;
  for (const Timeline& timeline : run.timelines) {
    const std::int64_t length = timeline.span.end_ns - timeline.span.begin_ns;
    const bool stalled = IsStall(length, expected, run.stalls.fast_median_ns, timers);
    (stalled ? parts.stalled : parts.rest).push_back(&timeline);
  }
  return parts;
}

bool NagleCanHold(const Script& script, const EndOptions& options) {
  Switches state;
  state.nodelay = options.nagle == Nagle::kOff;
  bool wrote = false;
  for (int pass = 0; pass < 2; ++pass) {
    for (const Step& step : script) {
      state.Apply(step);
      if (step.kind == StepKind::kRead || step.kind == StepKind::kAwaitAck) wrote = false;
      if (!IsWrite(step.kind)) continue;
      if (wrote && !state.nodelay) return true;
      wrote = true;
    }
  }
  return false;
}

bool LeavesCorked(const Script& script) {
  Switches state;
  for (int pass = 0; pass < 2; ++pass) {
    for (const Step& step : script) {
      state.Apply(step);
      if (IsWrite(step.kind)) state.waiting = state.corked || step.kind == StepKind::kMore;
      if (step.kind == StepKind::kUncork || step.kind == StepKind::kNoDelay) state.waiting = false;
      if (state.waiting && step.kind == StepKind::kRead) return true;
    }
  }
  return state.waiting;
}

}  // namespace tunewire
