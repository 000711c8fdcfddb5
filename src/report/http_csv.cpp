// Figures of tunewire http for spreadsheets.
#include <array>

#include "base/format.h"
#include "report/http_report.h"

namespace tunewire {
namespace {

std::string Micros(std::int64_t ns) { return Format("{:.3f}", static_cast<double>(ns) / 1e3); }

constexpr std::array kPercentiles{0.0,  10.0, 20.0, 25.0, 30.0, 40.0, 50.0,  60.0,   70.0,
                                  75.0, 80.0, 90.0, 95.0, 99.0, 99.9, 99.99, 99.999, 100.0};

}  // namespace

std::string HttpPercentilesCsv(const HttpResult& result) {
  std::string text = "mode,change,think_us,percentile,latency_us\n";
  for (const HttpRun& run : result.runs) {
    if (run.load.latency.count() == 0) continue;
    for (const double percent : kPercentiles) {
      const std::int64_t ns =
          percent == 0 ? run.load.latency.smallest() : run.load.latency.At(percent / 100);
      text += Format("{},{},{},{:g},{}\n", NameOf(run.mode), NameOf(run.change), run.think_us,
                     percent, Micros(ns));
    }
  }
  return text;
}

std::string HttpSamplesCsv(const HttpResult& result) {
  std::string text =
      "mode,change,think_us,connection,turn,intended_us,begin_us,connected_us,first_byte_us,end_us,"
      "bytes,status,error\n";
  for (const HttpRun& run : result.runs) {
    const std::string head =
        Format("{},{},{},", NameOf(run.mode), NameOf(run.change), run.think_us);
    for (const HttpSample& sample : run.load.samples) {
      text += head + Format("{},{},{},{},{},{},{},{},{},{}\n", sample.connection, sample.turn,
                            Micros(sample.intended_ns), Micros(sample.begin_ns),
                            Micros(sample.connected_ns), Micros(sample.first_byte_ns),
                            Micros(sample.end_ns), sample.bytes, sample.status,
                            sample.error == HttpError::kNone ? "" : NameOf(sample.error));
    }
  }
  return text;
}

}  // namespace tunewire
