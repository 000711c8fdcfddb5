// Pictures of latencies and of a run's course, as inline SVG. Pure functions over plain data; they
// need the style sheet of HtmlPage around them. Each is bounded in size however much it is given.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/markup.h"
#include "tunewire/latency/compare.h"
#include "tunewire/latency/histogram.h"
#include "tunewire/latency/stalls.h"

namespace tunewire {

/// At most so many curves are drawn, the first ones.
inline constexpr std::size_t kMostCurves = 10;

/// As many points as a curve is worth.
inline constexpr std::size_t kCurvePoints = 240;

struct CdfCurve {
  std::string label;             ///< "as asked", "with TCP_NODELAY": short
  std::vector<CdfPoint> points;  ///< CumulativePoints(histogram, kCurvePoints)

  bool operator==(const CdfCurve&) const = default;
};

/// Cumulative distributions over one another: log time axis, percentiles spaced as -log10(1 - p),
/// the timers' bands shaded and named, every curve named at its end. `label` says in words what is
/// to be seen.
Svg CdfChart(std::string_view label, std::span<const CdfCurve> curves, std::span<const Band> bands);

/// Bars over a log time axis; their height is logarithmic too, so that one exchange in a million
/// shows. Hills are named with their count and median.
Svg HistogramChart(std::string_view label, const Histogram& histogram,
                   std::span<const Cluster> clusters, std::span<const Band> bands);

struct TimeSeries {
  std::string label;                              ///< "server CPU", at the line's end
  std::vector<std::pair<double, double>> points;  ///< seconds, value; rising in seconds

  bool operator==(const TimeSeries&) const = default;
};

/// Lines that share a unit, and so an axis that begins at 0.
struct TimePanel {
  std::string unit;  ///< "requests/s", "% CPU", "MiB"
  std::vector<TimeSeries> series;

  bool operator==(const TimePanel&) const = default;
};

/// Panels below one another over the same seconds.
Svg TimeChart(std::string_view label, std::span<const TimePanel> panels);

}  // namespace tunewire
