// The `result` objects of probe, probe serve and probe sweep.
#include <cmath>
#include <nlohmann/json.hpp>

#include "report/probe_facts.h"
#include "report/probe_report.h"

namespace tunewire {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

/// Exact: the nanoseconds are the decimals.
double Micros(std::int64_t ns) { return static_cast<double>(ns) / 1e3; }

/// Six digits behind the point: more than any fraction here is worth.
double Rounded(double value) { return std::round(value * 1e6) / 1e6; }

template <class Value>
void AddIf(Json& json, const char* name, const std::optional<Value>& value) {
  if (value) json[name] = *value;
}

void AddMicrosIf(Json& json, const char* name, const std::optional<std::int64_t>& ns) {
  if (ns) json[name] = Micros(*ns);
}

void AddPercentiles(Json& json, const Histogram& latency) {
  if (latency.count() == 0) return;
  json["p50_us"] = Micros(latency.At(0.5));
  json["p90_us"] = Micros(latency.At(0.9));
  json["p99_us"] = Micros(latency.At(0.99));
  json["p999_us"] = Micros(latency.At(0.999));
  json["max_us"] = Micros(latency.largest());
}

Json LatencyJson(const Histogram& latency) {
  Json json = {{"n", latency.count()}};
  AddPercentiles(json, latency);
  return json;
}

Json HistogramJson(const Histogram& histogram) {
  Json buckets = Json::array();
  for (const Histogram::Bucket& bucket : histogram.Buckets())
    buckets.push_back({{"from_us", Micros(bucket.from_ns)},
                       {"to_us", Micros(bucket.to_ns)},
                       {"count", bucket.count}});
  return buckets;
}

Json StallsJson(const StallSummary& stalls) {
  Json json = {{"count", stalls.count},
               {"fraction", Rounded(stalls.fraction)},
               {"fraction_low", Rounded(stalls.interval.low)},
               {"fraction_high", Rounded(stalls.interval.high)},
               {"n", stalls.n}};
  if (stalls.count == 0) return json;
  AddIf(json, "first", stalls.first);
  AddIf(json, "period", stalls.period);
  json["median_us"] = Micros(stalls.median_ns);
  json["kind"] = NameOf(stalls.kind);
  if (stalls.fast_median_ns > 0) json["fast_median_us"] = Micros(stalls.fast_median_ns);
  if (stalls.band)
    json["band"] = {{"from_us", Micros(stalls.band->from_ns)},
                    {"to_us", Micros(stalls.band->to_ns)}};
  return json;
}

Json AttributionJson(const Attribution& parts) {
  return {
      {"nagle_us", Micros(parts.nagle_ns)},     {"delayed_ack_us", Micros(parts.delayed_ack_ns)},
      {"cork_us", Micros(parts.cork_ns)},       {"retransmit_us", Micros(parts.retransmit_ns)},
      {"pacing_us", Micros(parts.pacing_ns)},   {"window_us", Micros(parts.window_ns)},
      {"network_us", Micros(parts.network_ns)}, {"application_us", Micros(parts.application_ns)}};
}

Json CountersJson(const RunEvidence& run) {
  Json json = Json::object();
  const auto add = [&json](const char* end, const CounterChanges& changes) {
    Json counters = Json::object();
    for (const auto& [name, change] : changes) {
      if (change != 0) counters[name] = change;
    }
    json[end] = std::move(counters);
  };
  add("client", run.client.counters);
  if (run.server) add("server", run.server->counters);
  return json;
}

Json TcpJson(const TcpSnapshot& tcp) {
  Json json = Json::object();
  AddMicrosIf(json, "rtt_us", tcp.rtt_ns);
  AddMicrosIf(json, "min_rtt_us", tcp.min_rtt_ns);
  AddMicrosIf(json, "ato_us", tcp.ato_ns);
  AddMicrosIf(json, "rto_us", tcp.rto_ns);
  AddIf(json, "send_mss_bytes", tcp.send_mss);
  AddIf(json, "receive_mss_bytes", tcp.receive_mss);
  AddIf(json, "retransmitted_segments", tcp.retransmitted_segments);
  AddIf(json, "unacked_segments", tcp.unacked_segments);
  AddIf(json, "notsent_bytes", tcp.notsent_bytes);
  AddIf(json, "congestion_window_segments", tcp.congestion_window);
  AddMicrosIf(json, "window_limited_us", tcp.window_limited_ns);
  AddMicrosIf(json, "buffer_limited_us", tcp.buffer_limited_ns);
  AddIf(json, "congestion", tcp.congestion);
  return json;
}

Json BlocksJson(const RunReport& run) {
  Json blocks = Json::array();
  for (const RunBlock& block : run.blocks)
    blocks.push_back({{"place", block.place},
                      {"stamped", block.stamping == Stamping::kOn},
                      {"n", block.n},
                      {"stalled", block.stalled}});
  return blocks;
}

std::string_view NameOfStep(StepKind kind) {
  switch (kind) {
    case StepKind::kWrite:
      return "write";
    case StepKind::kMore:
      return "send_more";
    case StepKind::kWritev:
      return "writev";
    case StepKind::kRead:
      return "read";
    case StepKind::kSleep:
      return "sleep";
    case StepKind::kCork:
      return "cork";
    case StepKind::kUncork:
      return "uncork";
    case StepKind::kNoDelay:
      return "nodelay";
    case StepKind::kNagle:
      return "nagle";
    case StepKind::kAwaitAck:
      break;
  }
  return "await_ack";
}

/// Times from the exchange's begin, on the client's clock.
Json EventsJson(const std::vector<Event>& events, std::int64_t zero) {
  Json list = Json::array();
  for (const Event& event : events) {
    Json json = {{"call", NameOfStep(event.kind)},
                 {"bytes", event.bytes},
                 {"begin_us", Micros(event.begin_ns - zero)},
                 {"end_us", Micros(event.end_ns - zero)}};
    const auto add = [&](const char* name, const std::optional<std::int64_t>& ns) {
      if (ns) json[name] = Micros(*ns - zero);
    };
    add("left_tcp_us", event.sched_ns);
    add("left_host_us", event.sent_ns);
    add("acknowledged_us", event.acked_ns);
    add("arrived_us", event.arrived_ns);
    AddIf(json, "unacked_segments", event.unacked_segments);
    AddIf(json, "notsent_bytes", event.notsent_bytes);
    list.push_back(std::move(json));
  }
  return list;
}

Json TimelineJson(const Timeline& timeline) {
  const std::int64_t zero = timeline.span.begin_ns;
  return {{"exchange", timeline.exchange + 1},
          {"latency_us", Micros(timeline.span.end_ns - zero)},
          {"client", EventsJson(timeline.client, zero)},
          {"server", EventsJson(timeline.server, zero)},
          {"attribution", AttributionJson(timeline.attribution)}};
}

Json RunJson(const RunReport& run) {
  const RunEvidence& evidence = run.evidence;
  const Traffic& traffic = evidence.spec.traffic;
  Json json = {{"role", NameOf(run.role)},
               {"label", run.label},
               {"pattern", traffic.pattern},
               {"writer", NameOf(traffic.writer)},
               {"nodelay", WriterOptions(traffic).nagle == Nagle::kOff},
               {"quickack", NameOf(ReaderOptions(traffic).quickack)},
               {"mss", MssOf(evidence)},
               {"write_bytes", WriteSizes(traffic)},
               {"client_script", FormatScript(traffic.client)},
               {"server_script", FormatScript(traffic.server)}};
  if (const auto& most = ReaderOptions(traffic).delack_max) json["delack_max_us"] = most->count();
  json["n"] = evidence.latency.count();
  AddPercentiles(json, evidence.latency);
  json["exchanges_per_second"] = Rounded(RateOf(evidence));
  json["stalls"] = StallsJson(run.stalls);
  json["attribution"] = AttributionJson(run.attribution);
  json["counters"] = CountersJson(evidence);
  json["histogram"] = HistogramJson(evidence.latency);
  if (evidence.spec.interval.count() > 0) json["corrected"] = LatencyJson(evidence.corrected);
  json["early"] = LatencyJson(evidence.early);
  json["blocks"] = BlocksJson(run);
  json["tcp"] = {{"client", TcpJson(evidence.client.tcp)}};
  if (evidence.server) json["tcp"]["server"] = TcpJson(evidence.server->tcp);
  if (const Timeline* stalled = StalledTimeline(run))
    json["stalled_exchange"] = TimelineJson(*stalled);
  if (const Timeline* clean = CleanTimeline(run)) json["clean_exchange"] = TimelineJson(*clean);
  return json;
}

Json NoiseJson(const Noise& noise) {
  return {{"clock_resolution_ns", noise.clock_resolution_ns},
          {"clock_call_ns", noise.clock_call_ns},
          {"largest_gap_us", Micros(noise.largest_gap_ns)},
          {"wakeup_p50_us", Micros(noise.wakeup_p50_ns)},
          {"wakeup_max_us", Micros(noise.wakeup_max_ns)}};
}

Json HostJson(const EndFacts& facts) {
  Json json = Json::object();
  if (facts.hz > 0) json["hz"] = facts.hz;
  AddIf(json, "tcp_pingpong_thresh", facts.pingpong_thresh);
  if (!facts.congestion.empty()) json["congestion"] = facts.congestion;
  if (!facts.kernel.empty()) json["kernel"] = facts.kernel;
  return json;
}

/// `scale` turns the effect's unit into the name's.
Json EffectJson(const Effect& effect, double scale) {
  const auto value = [scale](double number) { return Rounded(number * scale); };
  return {{"before", value(effect.before)},
          {"after", value(effect.after)},
          {"change", value(effect.change)},
          {"low", value(effect.interval.low)},
          {"high", value(effect.interval.high)}};
}

Json FixJson(const Fix& fix) {
  Json json = {{"side", NameOf(fix.side)}, {"id", fix.id}, {"text", fix.text}};
  if (fix.tried) json["tried"] = NameOf(*fix.tried);
  if (fix.effect) json["median_us"] = EffectJson(*fix.effect, 1e-3);
  if (fix.stalls) json["stall_fraction"] = EffectJson(*fix.stalls, 1);
  return json;
}

Json VerdictJson(const Verdict& verdict) {
  Json json = {{"stall", verdict.stall},       {"cause", NameOf(verdict.cause)},
               {"side", NameOf(verdict.side)}, {"confidence", NameOf(verdict.confidence)},
               {"fixes", Json::array()},       {"reasons", verdict.reasons},
               {"warnings", verdict.warnings}};
  for (const Fix& fix : verdict.fixes) json["fixes"].push_back(FixJson(fix));
  if (verdict.effect) json["effect"] = EffectJson(*verdict.effect, 1);
  return json;
}

Json AssertionJson(const AssertionOutcome& outcome) {
  return {{"assertion", outcome.assertion.text},
          {"figure", SlugOf(outcome.assertion.figure)},
          {"actual", Rounded(outcome.actual)},
          {"holds", outcome.holds}};
}

Json PointJson(const SweepPoint& point) {
  return {{"mss", point.mss},
          {"first_write_bytes", point.first_write},
          {"second_write_bytes", point.second_write},
          {"gap_us", point.gap.count()},
          {"think_us", point.think.count()},
          {"n", point.exchanges},
          {"stalled", point.stalled}};
}

Json EdgeJson(const SweepEdge& edge) {
  const bool bytes = edge.axis.ends_with("write");
  Json json = {{"axis", edge.axis}, {"mss", edge.mss}, {"unit", bytes ? "bytes" : "us"}};
  AddIf(json, "stalls_from", edge.stalls_from);
  AddIf(json, "stalls_up_to", edge.stalls_up_to);
  AddIf(json, "clean_from", edge.clean_from);
  return json;
}

}  // namespace

std::string ProbeJson(const ProbeView& view) {
  Json json = Json::object();
  const ProbeResult& result = view.result;
  if (!result.peer.empty()) json["peer"] = result.peer;
  json["runs"] = Json::array();
  if (view.refused == ProbeView::Refused::kYes) return Dump(json);
  json["partial"] = result.partial;
  json["one_host"] = result.one_host;
  for (const RunReport& run : result.runs) json["runs"].push_back(RunJson(run));
  json["noise"] = NoiseJson(result.noise);
  if (const RunReport* asked = AskedRun(result)) {
    json["host"] = HostJson(asked->evidence.client.facts);
    if (asked->evidence.server) json["peer_host"] = HostJson(asked->evidence.server->facts);
  }
  if (!view.host_hash.empty()) json["host_hash"] = view.host_hash;
  json["verdict"] = VerdictJson(result.verdict);
  if (!view.assertions.empty()) json["assertions"] = Json::array();
  for (const AssertionOutcome& outcome : view.assertions)
    json["assertions"].push_back(AssertionJson(outcome));
  if (!view.written.empty()) json["written"] = view.written;
  return Dump(json);
}

std::string ServeJson(const ServeView& view) {
  Json json = {{"address", view.address}, {"port", view.port}, {"sessions", Json::array()}};
  for (const std::string& note : view.notes) json["sessions"].push_back(note);
  return Dump(json);
}

std::string SweepJson(const SweepView& view) {
  Json json = Json::object();
  const SweepResult& result = view.result;
  if (!result.peer.empty()) json["peer"] = result.peer;
  json["points"] = Json::array();
  json["edges"] = Json::array();
  json["sentences"] = result.sentences;
  if (view.refused == SweepView::Refused::kYes) return Dump(json);
  json["partial"] = result.partial;
  if (!view.host_hash.empty()) json["host_hash"] = view.host_hash;
  for (const SweepPoint& point : result.points) json["points"].push_back(PointJson(point));
  for (const SweepEdge& edge : result.edges) json["edges"].push_back(EdgeJson(edge));
  return Dump(json);
}

}  // namespace tunewire
