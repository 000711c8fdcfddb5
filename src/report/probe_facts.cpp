#include "report/probe_facts.h"

#include <algorithm>

#include "base/format.h"
#include "probe/run_facts.h"
#include "probe/schedule.h"
#include "probe/scripted.h"
#include "probe/variations.h"
#include "report/probe_report.h"

namespace tunewire {
namespace {

const Timeline* TimelineAt(const RunReport& run, const std::optional<std::size_t>& index) {
  return index && *index < run.timelines.size() ? &run.timelines[*index] : nullptr;
}

}  // namespace

const RunReport* AskedRun(const ProbeResult& result) {
  const auto asked = std::ranges::find(result.runs, RunRole::kAsked, &RunReport::role);
  return asked == result.runs.end() ? nullptr : &*asked;
}

const Timeline* StalledTimeline(const RunReport& run) {
  return TimelineAt(run, run.stalled_example);
}

const Timeline* CleanTimeline(const RunReport& run) { return TimelineAt(run, run.clean_example); }

std::vector<Band> BandsOf(const RunReport& run) { return StallBands(TimerFactsOf(run.evidence)); }

std::string_view NameOf(Writer writer) {
  return writer == Writer::kBoth ? "both" : writer == Writer::kServer ? "server" : "client";
}

std::string_view NameOf(QuickAck quickack) {
  return quickack == QuickAck::kAlways ? "always" : quickack == QuickAck::kOnce ? "once" : "off";
}

bool Sends(StepKind kind) {
  return kind == StepKind::kWrite || kind == StepKind::kMore || kind == StepKind::kWritev;
}

const EndOptions& WriterOptions(const Traffic& traffic) {
  return WritingEnds(traffic).client ? traffic.client_options : traffic.server_options;
}

const EndOptions& ReaderOptions(const Traffic& traffic) {
  return ReadingEnds(traffic).client ? traffic.client_options : traffic.server_options;
}

std::vector<std::uint32_t> WriteSizes(const Traffic& traffic) {
  std::vector<std::uint32_t> sizes;
  const Script& script = WritingEnds(traffic).client ? traffic.client : traffic.server;
  for (const Step& step : script) {
    if (Sends(step.kind)) sizes.insert(sizes.end(), step.sizes.begin(), step.sizes.end());
  }
  return sizes;
}

std::string TrafficWordsOf(const Traffic& traffic) {
  return Format("client '{}', server '{}'", FormatScript(traffic.client),
                FormatScript(traffic.server));
}

std::uint32_t MssOf(const RunEvidence& run) {
  if (run.spec.traffic.mss != 0) return run.spec.traffic.mss;
  return run.client.tcp.send_mss.value_or(0);
}

std::string MssWords(const RunEvidence& run) {
  if (run.spec.traffic.mss != 0) return Format("MSS {}", run.spec.traffic.mss);
  return run.client.tcp.send_mss.value_or(0) >= kLoopbackMss ? "loopback's MSS" : "";
}

bool IsStalled(const RunReport& run, const Exchange& exchange) {
  const RunSpec& spec = run.evidence.spec;
  return IsStall(exchange.end_ns - exchange.begin_ns, LengthOfScripts(spec.traffic, spec.think).ns,
                 run.stalls.fast_median_ns, TimerFactsOf(run.evidence));
}

double RateOf(const RunEvidence& run) {
  if (run.elapsed_ns <= 0) return 0;
  return static_cast<double>(run.latency.count()) * 1e9 / static_cast<double>(run.elapsed_ns);
}

}  // namespace tunewire
