// Figures of tunewire probe for spreadsheets.
#include <algorithm>

#include "base/format.h"
#include "report/probe_facts.h"
#include "report/probe_report.h"
#include "tunewire/latency/compare.h"

namespace tunewire {
namespace {

std::string Micros(std::int64_t ns) { return Format("{:.3f}", static_cast<double>(ns) / 1e3); }

std::string HeadOf(const RunReport& run) {
  return Format("{},{},", NameOf(run.role), MssOf(run.evidence));
}

/// Exchanges of later blocks follow those of earlier ones; times count from the run's first.
void AddExchanges(std::string& text, const RunReport& run) {
  const std::vector<Exchange>& exchanges = run.evidence.exchanges;
  const std::string head = HeadOf(run);
  for (std::size_t i = 0; i < exchanges.size(); ++i) {
    const Exchange& one = exchanges[i];
    const std::int64_t zero = exchanges.front().begin_ns;
    text += head + Format("{},{},{},{},{}\n", i + 1, Micros(one.begin_ns - zero),
                          Micros(one.intended_ns - zero), Micros(one.end_ns - one.begin_ns),
                          IsStalled(run, one) ? 1 : 0);
  }
}

}  // namespace

std::string ProbeExchangesCsv(const ProbeResult& result) {
  std::string text = "run,mss,exchange,begin_us,intended_us,latency_us,stalled\n";
  for (const RunReport& run : result.runs) AddExchanges(text, run);
  return text;
}

std::string ProbeCdfCsv(const ProbeResult& result) {
  constexpr std::size_t kMostPoints = 1000;
  std::string text = "run,mss,latency_us,fraction\n";
  for (const RunReport& run : result.runs) {
    const std::string head = HeadOf(run);
    for (const CdfPoint& point : CumulativePoints(run.evidence.latency, kMostPoints))
      text += head + Format("{},{:.9g}\n", Micros(point.ns), point.fraction);
  }
  return text;
}

}  // namespace tunewire
