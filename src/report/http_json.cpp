// The `result` object of http.
#include <cmath>
#include <nlohmann/json.hpp>

#include "report/http_report.h"

namespace tunewire {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t Micros(std::int64_t ns) { return (ns + 500) / 1000; }

Json TimesJson(const Histogram& times) {
  if (times.count() == 0) return nullptr;
  return {{"average_us", Micros(static_cast<std::int64_t>(times.mean()))},
          {"fastest_us", Micros(times.smallest())},
          {"slowest_us", Micros(times.largest())}};
}

Json HistogramJson(const Histogram& histogram) {
  Json buckets = Json::array();
  for (const Histogram::Bucket& bucket : histogram.Buckets()) {
    buckets.push_back(
        {{"from_ns", bucket.from_ns}, {"to_ns", bucket.to_ns}, {"count", bucket.count}});
  }
  return buckets;
}

Json ErrorsJson(const LoadResult& load) {
  Json errors = Json::object();
  for (std::size_t i = 1; i < load.errors.size(); ++i) {
    if (load.errors[i] > 0) errors[std::string(NameOf(static_cast<HttpError>(i)))] = load.errors[i];
  }
  return errors;
}

Json StatusesJson(const LoadResult& load) {
  Json statuses = Json::object();
  for (std::size_t code = 0; code < load.statuses.size(); ++code) {
    if (load.statuses[code] > 0) statuses[std::to_string(code)] = load.statuses[code];
  }
  return statuses;
}

Json StallsJson(const StallSummary& stalls) {
  Json json = {{"count", stalls.count},
               {"fraction", stalls.fraction},
               {"fraction_low", stalls.interval.low},
               {"fraction_high", stalls.interval.high}};
  if (stalls.count == 0) return json;
  json["median_us"] = Micros(stalls.median_ns);
  json["kind"] = NameOf(stalls.kind);
  if (stalls.first) json["first"] = *stalls.first;
  if (stalls.period) json["period"] = *stalls.period;
  return json;
}

double RateOf(const LoadResult& load) {
  if (load.elapsed_ns <= 0) return 0;
  const double rate = static_cast<double>(load.ok) / (static_cast<double>(load.elapsed_ns) / 1e9);
  return std::round(rate * 10) / 10;
}

void AddPercentiles(Json& json, const Histogram& latency) {
  if (latency.count() == 0) return;
  json["p50_us"] = Micros(latency.At(0.5));
  json["p90_us"] = Micros(latency.At(0.9));
  json["p99_us"] = Micros(latency.At(0.99));
  json["p999_us"] = Micros(latency.At(0.999));
  json["max_us"] = Micros(latency.largest());
}

void AddPhase(Json& json, const char* name, const Histogram& times) {
  if (times.count() > 0) json[name] = TimesJson(times);
}

Json ConnectionsJson(const LoadResult& load) {
  Json connections = Json::array();
  for (std::size_t i = 0; i < load.connections.size(); ++i) {
    const ConnectionTally& tally = load.connections[i];
    if (tally.slow > 0)
      connections.push_back(
          {{"connection", i}, {"requests", tally.requests}, {"slow", tally.slow}});
  }
  return connections;
}

Json RunJson(const HttpRun& run) {
  const LoadResult& load = run.load;
  Json json = {{"mode", NameOf(run.mode)},
               {"change", NameOf(run.change)},
               {"think_us", run.think_us},
               {"blocks", run.blocks.size()},
               {"requests", load.requests},
               {"ok", load.ok},
               {"errors", ErrorsJson(load)},
               {"statuses", StatusesJson(load)},
               {"rps", RateOf(load)},
               {"elapsed_us", Micros(load.elapsed_ns)},
               {"bytes_received", load.bytes_received},
               {"bytes_sent", load.bytes_sent},
               {"connects", load.connects},
               {"reconnects", load.reconnects}};
  AddPercentiles(json, load.latency);
  if (load.first_byte.count() > 0) json["first_byte_p50_us"] = Micros(load.first_byte.At(0.5));
  if (load.transfer.count() > 0) json["transfer_p50_us"] = Micros(load.transfer.At(0.5));
  AddPhase(json, "connect", load.connect);
  AddPhase(json, "first_byte", load.first_byte);
  AddPhase(json, "transfer", load.transfer);
  json["stalls"] = StallsJson(run.stalls);
  const Json connections = ConnectionsJson(load);
  if (!connections.empty()) json["connections"] = connections;
  if (load.min_rtt_ns) json["min_rtt_us"] = Micros(*load.min_rtt_ns);
  if (load.send_mss) json["send_mss"] = *load.send_mss;
  json["histogram"] = HistogramJson(load.latency);
  if (run.change == HttpChange::kAsked) {
    Json corrected = Json::object();
    AddPercentiles(corrected, load.corrected);
    corrected["histogram"] = HistogramJson(load.corrected);
    json["corrected"] = corrected;
  }
  return json;
}

Json VerdictJson(const HttpVerdict& verdict) {
  Json json = {
      {"stall", verdict.stall},         {"side", verdict.side},
      {"cause", NameOf(verdict.cause)}, {"confidence", verdict.confirmed ? "confirmed" : "likely"},
      {"sentence", verdict.sentence},   {"reasons", verdict.reasons},
      {"warnings", verdict.warnings},   {"fixes", Json::array()}};
  for (const HttpFix& fix : verdict.fixes)
    json["fixes"].push_back({{"side", fix.side}, {"id", fix.id}, {"text", fix.text}});
  if (verdict.effect) {
    json["effect"] = {{"fraction_before", verdict.effect->before},
                      {"fraction_after", verdict.effect->after},
                      {"change_low", verdict.effect->interval.low},
                      {"change_high", verdict.effect->interval.high}};
  }
  return json;
}

Json ServerJson(const std::vector<ServerSample>& samples) {
  Json list = Json::array();
  for (const ServerSample& sample : samples) {
    list.push_back({{"at_ms", sample.at_ms},
                    {"cpu_percent", std::round(sample.cpu_percent * 10) / 10},
                    {"rss_bytes", sample.rss_bytes},
                    {"processes", sample.processes},
                    {"rps", std::round(sample.requests_per_second * 10) / 10}});
  }
  return {{"samples", list}};
}

}  // namespace

std::string HttpJson(const HttpView& view) {
  std::uint64_t peak = 0;
  for (const HttpRun& run : view.result.runs) peak = std::max(peak, run.load.client_peak_rss_bytes);
  Json json = {{"url", view.url},
               {"modes", Json::array()},
               {"verdict", VerdictJson(view.result.verdict)},
               {"client",
                {{"cpu_percent", std::round(ClientCpuPercent(view.result) * 10) / 10},
                 {"max_rss_bytes", peak}}},
               {"server", ServerJson(view.server)},
               {"forecast", view.forecast},
               {"partial", view.result.partial},
               {"refused", view.refused == HttpView::Refused::kYes}};
  if (!view.address.empty()) json["address"] = view.address;
  if (!view.host_hash.empty()) json["host_hash"] = view.host_hash;
  if (view.result.lookup_ns > 0) json["lookup_us"] = Micros(view.result.lookup_ns);
  for (const HttpRun& run : view.result.runs) json["modes"].push_back(RunJson(run));
  // What a server said may stand in a field name; broken UTF-8 must not break the document.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tunewire
