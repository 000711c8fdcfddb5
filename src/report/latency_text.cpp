#include "report/latency_text.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/format.h"
#include "report/layout.h"

namespace tunewire {
namespace {

struct Row {
  std::int64_t from_ns = 0, to_ns = 0;
  std::uint64_t count = 0;
};

constexpr std::size_t kMostRows = 14;

/// Rows of equal width on a log scale, `per_octave` to a factor of two; only those that hold
/// something.
std::vector<Row> RowsOf(const std::vector<Histogram::Bucket>& buckets, int per_octave) {
  std::vector<Row> rows;
  const auto edge = [per_octave](int index) {
    return static_cast<std::int64_t>(
        std::llround(std::exp2(static_cast<double>(index) / per_octave)));
  };
  for (const Histogram::Bucket& bucket : buckets) {
    const double middle = std::max(1.0, static_cast<double>(bucket.from_ns + bucket.to_ns) / 2);
    const int index = static_cast<int>(std::floor(std::log2(middle) * per_octave));
    const std::int64_t from = edge(index);
    if (rows.empty() || rows.back().from_ns != from) rows.push_back({from, edge(index + 1), 0});
    rows.back().count += bucket.count;
  }
  return rows;
}

std::vector<Row> FittingRows(const Histogram& histogram) {
  const std::vector<Histogram::Bucket> buckets = histogram.Buckets();
  std::vector<Row> rows;
  for (const int per_octave : {4, 2, 1}) {
    rows = RowsOf(buckets, per_octave);
    if (rows.size() <= kMostRows) break;
  }
  return rows;
}

std::string_view WordsOf(StallKind kind) {
  switch (kind) {
    case StallKind::kDelayedAck:
      return "delayed-ACK timer (40 ms)";
    case StallKind::kTwoDelayedAcks:
      return "two delayed ACKs (80 ms)";
    case StallKind::kMinimumRto:
      return "minimum RTO (200 ms)";
    default:
      return "";
  }
}

/// The label of the timer whose band this row shows, "" for none.
std::string_view LabelOf(const Row& row, std::span<const Band> bands) {
  for (const Band& band : bands) {
    const std::string_view words = WordsOf(band.kind);
    if (!words.empty() && row.from_ns < band.to_ns && band.from_ns < row.to_ns) return words;
  }
  return "";
}

std::string Bar(std::uint64_t count, std::uint64_t most, int width, const Style& style) {
  const double share = static_cast<double>(count) / static_cast<double>(most);
  const int full = static_cast<int>(std::lround(share * width));
  std::string bar;
  for (int i = 0; i < full; ++i) bar += MarksOf(style).bar_done;
  if (full == 0) bar += '.';
  return PadRight(bar, width);
}

}  // namespace

std::string ShownTime(std::int64_t ns) {
  const double us = static_cast<double>(ns) / 1e3;
  if (ns == 0) return "0 us";
  if (us < 9.995) return Format("{:.2f} us", us);
  if (us < 99.95) return Format("{:.1f} us", us);
  if (us < 999.5) return Format("{:.0f} us", us);
  if (us < 9995) return Format("{:.2f} ms", us / 1e3);
  if (us < 999'500) return Format("{:.1f} ms", us / 1e3);
  return Format("{:.2f} s", us / 1e6);
}

std::string ShownRate(double per_second) {
  if (per_second < 9.95) return Format("{:.1f}", per_second);
  if (per_second < 10'000) return Format("{:.0f}", per_second);
  if (per_second < 1e6) return Format("{:.1f} k", per_second / 1e3);
  if (per_second < 999.995e6) return Format("{:.2f} M", per_second / 1e6);
  return Format("{:.2f} G", per_second / 1e9);
}

std::string ShownShare(double fraction) {
  const double percent = fraction * 100;
  if (percent <= 0) return "0 %";
  if (percent < 0.1) return Format("{:.2f} %", percent);
  return percent >= 99.95 ? "100 %" : Format("{:.1f} %", percent);
}

std::string HistogramText(const Histogram& histogram, std::span<const Band> bands,
                          const Style& style) {
  constexpr int kTime = 10;
  constexpr int kCount = 9;
  constexpr int kLabel = 30;
  const std::vector<Row> rows = FittingRows(histogram);
  if (rows.empty()) return "";
  const int width = std::max(10, std::min(40, style.columns - kTime - kCount - kLabel - 4));
  std::uint64_t most = 0;
  for (const Row& row : rows) most = std::max(most, row.count);
  std::string text;
  std::int64_t end = rows.front().from_ns;
  for (const Row& row : rows) {
    if (static_cast<double>(row.from_ns) > static_cast<double>(end) * 1.5) {
      text += Paint(style, Tone::kDim,
                    PadLeft(":", kTime) + "  nothing up to " + ShownTime(row.from_ns)) +
              "\n";
    }
    end = row.to_ns;
    const std::string_view label = LabelOf(row, bands);
    std::string line = PadLeft(ShownTime(row.from_ns), kTime) + " |" +
                       Bar(row.count, most, width, style) +
                       PadLeft(Format("{}", row.count), kCount);
    if (!label.empty()) {
      const int room = style.columns - ShownWidth(line) - 2;
      line += "  " + Paint(style, Tone::kWarn, Cut(Format("<- {}", label), room, style));
    }
    text += line + "\n";
  }
  return text;
}

std::string PercentileText(const Histogram& histogram, const Style& style) {
  std::string text, line;
  const auto put = [&](const std::string& figure) {
    const bool fits = ShownWidth(line) + 3 + ShownWidth(figure) + 2 <= style.columns;
    if (!fits) text += "  " + std::exchange(line, "") + "\n";
    line += (line.empty() ? "" : "   ") + figure;
  };
  const auto add = [&put](std::string_view name, std::int64_t ns) {
    put(Format("{} {}", name, ShownTime(ns)));
  };
  add("p50", histogram.At(0.5));
  add("p90", histogram.At(0.9));
  add("p99", histogram.At(0.99));
  add("p99.9", histogram.At(0.999));
  add("max", histogram.largest());
  put(Format("n {}", histogram.count()));
  return text + "  " + line + "\n";
}

}  // namespace tunewire
