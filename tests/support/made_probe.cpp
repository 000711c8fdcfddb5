#include "support/made_probe.h"

namespace tunewire {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kBegin = 5'000 * kMs;

Traffic TwoWrites(Nagle nagle) {
  Traffic traffic;
  traffic.pattern = "two_writes";
  traffic.client = *ParseScript("w200 w1000 r100", "x");
  traffic.server = *ParseScript("r1200 w100", "x");
  traffic.client_options.nagle = nagle;
  return traffic;
}

EndEvidence End(const char* congestion) {
  EndEvidence end;
  end.facts = {250, 1, congestion, "6.18.44", 1};
  end.tcp.send_mss = 32768;
  end.tcp.min_rtt_ns = 12'000;
  end.tcp.congestion = congestion;
  return end;
}

/// `stalled` of 100 exchanges, the last ones, take 44 ms, the others 20 us.
RunReport Run(RunRole role, const char* label, Nagle nagle, int stalled) {
  RunEvidence run;
  run.spec.traffic = TwoWrites(nagle);
  run.client = End("cubic");
  run.server = End("cubic");
  run.client.counters = {{"DelayedACKs", stalled}};
  run.server->counters = {{"DelayedACKs", stalled}};
  std::int64_t at = kBegin;
  for (int i = 0; i < 100; ++i) {
    const std::int64_t length = i >= 100 - stalled ? 44 * kMs : 20'000;
    run.exchanges.push_back({at, at, at + length});
    run.latency.Record(length);
    run.corrected.Record(length);
    if (i < 20) run.early.Record(length);
    at += length + 1'000;
  }
  run.elapsed_ns = at - kBegin;
  RunReport report = ReportRun(role, label, 0, std::move(run), true);
  report.blocks = {{0, Stamping::kOff, 100, static_cast<std::uint64_t>(stalled)}};
  return report;
}

Event Call(StepKind kind, std::uint32_t bytes, std::int64_t begin, std::int64_t end) {
  Event event;
  event.kind = kind;
  event.bytes = bytes;
  event.begin_ns = kBegin + begin;
  event.end_ns = kBegin + end;
  return event;
}

Event Write(std::uint32_t bytes, std::int64_t begin, std::int64_t left, std::int64_t acked) {
  Event event = Call(StepKind::kWrite, bytes, begin, begin + 1'000);
  event.sched_ns = kBegin + left;
  event.sent_ns = kBegin + left + 500;
  event.acked_ns = kBegin + acked;
  return event;
}

}  // namespace

Timeline StalledExchange() {
  Timeline line;
  line.exchange = 7;
  line.span = {kBegin, kBegin, kBegin + 44 * kMs};
  Event read = Call(StepKind::kRead, 100, 10'000, 44 * kMs);
  read.arrived_ns = kBegin + 43'990'000;
  line.client = {Write(200, 0, 2'000, 43'900'000), Write(1000, 6'000, 43'910'000, 43'980'000),
                 read};
  line.server = {Call(StepKind::kRead, 1200, -5'000, 43'930'000),
                 Write(100, 43'940'000, 43'945'000, 44'100'000)};
  line.attribution.delayed_ack_ns = 43'900'000;
  line.attribution.application_ns = 90'000;
  line.attribution.network_ns = 10'000;
  line.client_share.delayed_ack_ns = 43'900'000;
  return line;
}

Timeline StalledByServer() {
  Timeline line;
  line.span = {kBegin, kBegin, kBegin + 44 * kMs};
  line.client = {Write(100, 0, 2'000, 50'000), Call(StepKind::kRead, 1200, 5'000, 44 * kMs)};
  line.server = {Call(StepKind::kRead, 100, -5'000, 20'000), Write(200, 25'000, 27'000, 43'900'000),
                 Write(1000, 30'000, 43'910'000, 44'010'000)};
  line.attribution.delayed_ack_ns = 43'880'000;
  line.attribution.application_ns = 120'000;
  line.server_share.delayed_ack_ns = 43'880'000;
  return line;
}

ProbeResult StallingProbe() {
  ProbeResult result;
  result.peer = "loopback";
  result.noise = {1, 20, 60'000, 55'000, 400'000};
  result.runs.push_back(Run(RunRole::kAsked, "as asked", Nagle::kOn, 99));
  result.runs.push_back(Run(RunRole::kNoDelay, "TCP_NODELAY", Nagle::kOff, 0));
  RunReport& asked = result.runs.front();
  asked.timelines = {StalledExchange()};
  asked.stalled_example = 0;
  asked.attribution = StalledExchange().attribution;
  Verdict& verdict = result.verdict;
  verdict.stall = true;
  verdict.cause = Cause::kNagleDelayedAck;
  verdict.side = Side::kClient;
  verdict.confidence = Confidence::kConfirmed;
  verdict.reasons = {"99 of 100 exchanges stall"};
  verdict.warnings = {"TCP_QUICKACK set once does not last"};
  Fix fix{Side::kClient,
          "nodelay",
          "set TCP_NODELAY on the client's socket",
          RunRole::kNoDelay,
          Effect{44e6, 20e3, -43.98e6, {-44e6, -43e6}},
          Effect{0.99, 0, -0.99, {-1, -0.9}}};
  verdict.fixes = {fix, {Side::kServer, "route_quickack", "`quickack 1` on the route", {}, {}, {}}};
  verdict.effect = fix.stalls;
  return result;
}

ProbeResult FineProbe() {
  ProbeResult result;
  result.peer = "10.0.0.9:7411";
  result.one_host = false;
  result.runs.push_back(Run(RunRole::kAsked, "as asked", Nagle::kOff, 0));
  return result;
}

}  // namespace tunewire
