#include "report/http_words.h"

#include <array>

#include "base/format.h"
#include "report/latency_text.h"

namespace tunewire {
namespace {

constexpr std::array kQuantiles{0.1, 0.5, 0.9, 0.99, 0.999};
constexpr std::size_t kMedian = 1;
constexpr std::uint64_t kSeed = 20;

std::string_view WordsOf(const HttpRun& run) {
  switch (run.change) {
    case HttpChange::kNothing:
    case HttpChange::kAsked:
      return run.mode == HttpMode::kNewConnection ? "new connection"
             : run.mode == HttpMode::kPipelined   ? "pipelined"
                                                  : "keep-alive";
    case HttpChange::kQuickAck:
      return "our ACKs at once";
    case HttpChange::kRequestInTwo:
      return "request in two writes";
    case HttpChange::kAtEthernetMss:
      return "Ethernet's MSS";
    case HttpChange::kAtEthernetMssQuickAck:
      return "Ethernet's MSS, ACKs";
    case HttpChange::kThink:
      return "rest";
  }
  return "";
}

}  // namespace

const HttpRun* MainRun(const HttpResult& result) {
  const HttpRun* found = nullptr;
  for (const HttpRun& run : result.runs) {
    if (run.change == HttpChange::kAsked) return &run;
    if (run.mode == HttpMode::kKeepAlive && run.change == HttpChange::kNothing) found = &run;
  }
  return found != nullptr || result.runs.empty() ? found : &result.runs.front();
}

double ClientCpuPercent(const HttpResult& result) {
  double cpu = 0, elapsed = 0;
  const HttpRun* main = MainRun(result);
  for (const HttpRun& run : result.runs) {
    if (main != nullptr && main->change == HttpChange::kAsked && &run != main) continue;
    cpu += static_cast<double>(run.load.client_cpu_ns);
    elapsed += static_cast<double>(run.load.elapsed_ns);
  }
  return elapsed <= 0 ? 0 : 100 * cpu / elapsed;
}

std::string RunLabel(const HttpRun& run) {
  std::string name(WordsOf(run));
  if (run.change == HttpChange::kThink)
    name += " of " + ShownTime(run.think_us * 1000) + " between";
  if (run.change == HttpChange::kAsked) name += ", as asked";
  return name;
}

double RequestsPerSecond(const LoadResult& load) {
  return load.elapsed_ns <= 0
             ? 0
             : static_cast<double>(load.ok) / (static_cast<double>(load.elapsed_ns) / 1e9);
}

const Histogram& ShownLatency(const HttpRun& run, const HttpRequest& request) {
  return run.change == HttpChange::kAsked && request.spec.rate > 0 ? run.load.corrected
                                                                   : run.load.latency;
}

std::string_view HttpWord(const HttpResult& result) {
  const HttpVerdict& verdict = result.verdict;
  if (verdict.stall) return "STALLS";
  if (verdict.cause == HttpCause::kSlowServer) return "SLOW";
  return verdict.cause == HttpCause::kUnknown ? "UNKNOWN" : "FINE";
}

Tone HttpTone(const HttpResult& result) {
  const HttpVerdict& verdict = result.verdict;
  return verdict.stall ? Tone::kBad : verdict.cause == HttpCause::kNone ? Tone::kGood : Tone::kWarn;
}

std::string HttpNumbers(const HttpResult& result) {
  const HttpVerdict& verdict = result.verdict;
  const std::string partial = result.partial ? "partial, " : "";
  if (verdict.stall)
    return partial +
           Format("{}, {}",
                  verdict.cause == HttpCause::kServerCork ? "cork left open" : "the server's Nagle",
                  verdict.confirmed ? "confirmed" : "likely");
  return result.partial ? "partial" : "";
}

std::vector<QuantileChange> ComparedQuantiles(const HttpSaved& before, const HttpSaved& after) {
  return CompareQuantiles(before.latency, after.latency, kQuantiles, kSeed);
}

std::string SignedTime(double ns) {
  return (ns < 0 ? "-" : "+") + ShownTime(static_cast<std::int64_t>(ns < 0 ? -ns : ns));
}

std::string_view CompareWord(const std::vector<QuantileChange>& changes) {
  const QuantileChange& median = changes[kMedian];
  if (!median.certain) return "SAME";
  return median.effect.change < 0 ? "FASTER" : "SLOWER";
}

std::string CompareFinding(const std::vector<QuantileChange>& changes) {
  const Effect& median = changes[kMedian].effect;
  const double ratio = median.before > 0 ? 100 * median.change / median.before : 0;
  return Format("median {} -> {} ({:+.1f} %)", ShownTime(static_cast<std::int64_t>(median.before)),
                ShownTime(static_cast<std::int64_t>(median.after)), ratio);
}

std::string CompareWarning(const HttpSaved& before, const HttpSaved& after) {
  const bool known = !before.host_hash.empty() && !after.host_hash.empty();
  if (!known || before.tool != after.tool || before.host_hash == after.host_hash) return "";
  return "taken on hosts or settings that differ, which may be what changed: `tunewire diff` of "
         "two snapshots tells in what";
}

}  // namespace tunewire
