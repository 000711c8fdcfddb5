#include <algorithm>
#include <cmath>
#include <map>

#include "base/format.h"
#include "report/chart.h"
#include "report/chart_axis.h"
#include "report/latency_text.h"

namespace tunewire {
namespace {

constexpr double kPlotHeight = 200;
constexpr double kBarWidth = 5;
constexpr std::size_t kMostFlags = 8;
constexpr double kBottom = 4;

/// The height of one sample is a third of a decade: a single one shows.
constexpr double kFoot = 1.0 / 3;

struct Bar {
  std::uint64_t count = 0;
  std::uint64_t stalled = 0;  // those in a timer's band
};

struct Bars {
  int slots = 1;
  std::map<int, Bar> bars;
  std::uint64_t highest = 1;

  /// Share of the plot's height.
  [[nodiscard]] double Height(double count) const {
    return (std::log10(count) + kFoot) / (std::log10(static_cast<double>(highest)) + kFoot) * 0.96;
  }
};

Bars BarsOf(const Histogram& histogram, const LogAxis& axis, const Plot& plot,
            std::span<const Band> bands) {
  Bars bars;
  bars.slots = std::max(1, static_cast<int>(plot.width / kBarWidth));
  for (const Histogram::Bucket& bucket : histogram.Buckets()) {
    const std::int64_t middle = bucket.from_ns + (bucket.to_ns - bucket.from_ns) / 2;
    const double share = axis.At(static_cast<double>(middle));
    Bar& bar = bars.bars[std::min(static_cast<int>(share * bars.slots), bars.slots - 1)];
    bar.count += bucket.count;
    if (KindOf(middle, bands) != StallKind::kOther) bar.stalled += bucket.count;
    bars.highest = std::max(bars.highest, bar.count);
  }
  return bars;
}

std::string ShortCount(double count) {
  if (count < 1e3) return Format("{:.0f}", count);
  return count < 1e6 ? Format("{:.0f} k", count / 1e3) : Format("{:.0f} M", count / 1e6);
}

void DrawCountAxis(Drawing& drawing, const Plot& plot, const Bars& bars) {
  for (double count = 1; count <= static_cast<double>(bars.highest); count *= 10) {
    const double y = plot.bottom() - bars.Height(count) * plot.height;
    drawing.Line(plot.left, y, plot.right(), y, "grid");
    drawing.Text(plot.left - 7, y + 4, Anchor::kEnd, ShortCount(count), "tick");
  }
}

void DrawBars(Drawing& drawing, const Plot& plot, const Bars& bars) {
  const double width = plot.width / bars.slots;
  for (const auto& [slot, bar] : bars.bars) {
    const double height = bars.Height(static_cast<double>(bar.count)) * plot.height;
    drawing.Rect(plot.left + slot * width, plot.bottom() - height, width - 0.8, height,
                 bar.stalled * 2 > bar.count ? "bar stalled" : "bar");
  }
}

/// The largest hills and those of a timer.
std::vector<Cluster> Named(std::span<const Cluster> clusters) {
  std::vector<Cluster> named(clusters.begin(), clusters.end());
  std::ranges::stable_sort(named, [](const Cluster& a, const Cluster& b) {
    return std::pair(a.kind.has_value(), a.count) > std::pair(b.kind.has_value(), b.count);
  });
  if (named.size() > kMostFlags) named.resize(kMostFlags);
  return named;
}

std::vector<Flag> FlagsOf(std::span<const Cluster> clusters, const LogAxis& axis) {
  std::vector<Flag> flags;
  for (const Cluster& cluster : clusters) {
    std::string text = Format("{} at {}", cluster.count, ShownTime(cluster.median_ns));
    if (cluster.kind) text += Format(": {}", TimerWords(*cluster.kind));
    flags.push_back({axis.At(static_cast<double>(cluster.median_ns)), std::move(text),
                     cluster.kind ? "stalled" : "plain"});
  }
  return flags;
}

/// The common timers always; two delayed ACKs where a hill stands there.
std::vector<Band> Shown(std::span<const Band> bands, std::span<const Cluster> clusters) {
  std::vector<Band> shown;
  std::ranges::copy_if(bands, std::back_inserter(shown), [&](const Band& band) {
    return band.kind != StallKind::kTwoDelayedAcks ||
           std::ranges::any_of(clusters,
                               [&](const Cluster& cluster) { return cluster.kind == band.kind; });
  });
  return shown;
}

/// From the first to the last of each named hill, at the plot's top.
void DrawBraces(Drawing& drawing, const Plot& plot, const LogAxis& axis,
                std::span<const Cluster> clusters) {
  for (const Cluster& cluster : clusters) {
    const double from = plot.X(axis.At(static_cast<double>(cluster.from_ns)));
    const double to = plot.X(axis.At(static_cast<double>(cluster.to_ns)));
    drawing.Line(from, plot.top, std::max(to, from + 3), plot.top,
                 cluster.kind ? "brace stalled" : "brace plain");
  }
}

}  // namespace

Svg HistogramChart(std::string_view label, const Histogram& histogram,
                   std::span<const Cluster> clusters, std::span<const Band> bands) {
  const LogAxis axis =
      histogram.count() == 0 ? LogAxis{} : TimeAxis(histogram.smallest(), histogram.largest());
  const std::vector<Cluster> named = Named(clusters);
  std::vector<Flag> flags = FlagsOf(named, axis);
  Plot plot;
  plot.top = kRowHeight * PlaceFlags(flags, plot) + 14;
  plot.height = kPlotHeight;
  const Bars bars = BarsOf(histogram, axis, plot, bands);
  Drawing drawing(kChartWidth);
  const double names = DrawBands(drawing, plot, axis, Shown(bands, clusters));
  DrawTimeAxis(drawing, plot, axis);
  DrawCountAxis(drawing, plot, bars);
  DrawBars(drawing, plot, bars);
  DrawBraces(drawing, plot, axis, named);
  if (histogram.count() == 0) DrawNothing(drawing, plot);
  DrawFlags(drawing, plot, flags);
  return drawing.Finish(plot.bottom() + kTimeAxisHeight + names + kBottom, label);
}

}  // namespace tunewire
