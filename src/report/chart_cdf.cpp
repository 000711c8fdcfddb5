#include <algorithm>
#include <array>
#include <cmath>

#include "base/format.h"
#include "report/chart.h"
#include "report/chart_axis.h"

namespace tunewire {
namespace {

constexpr double kDecadeHeight = 72;
constexpr double kMaxHeight = 30;  // from the last decade to the line of the largest
constexpr int kDeepest = 6;        // 99.9999 %
constexpr double kBottom = 4;

double DepthOf(double fraction) { return -std::log10(1 - std::clamp(fraction, 0.0, 1.0)); }

/// As many decades of 1 - p as the curves reach into.
int DecadesOf(std::span<const CdfCurve> curves) {
  double deepest = 1;
  for (const CdfCurve& curve : curves) {
    for (const CdfPoint& point : curve.points) {
      if (point.fraction < 1) deepest = std::max(deepest, DepthOf(point.fraction));
    }
  }
  return std::clamp(static_cast<int>(std::ceil(deepest - 1e-9)), 1, kDeepest);
}

LogAxis AxisOf(std::span<const CdfCurve> curves) {
  std::int64_t smallest = Histogram::kLongest;
  std::int64_t largest = 0;
  for (const CdfCurve& curve : curves) {
    if (curve.points.empty()) continue;
    smallest = std::min(smallest, curve.points.front().ns);
    largest = std::max(largest, curve.points.back().ns);
  }
  return smallest > largest ? LogAxis{} : TimeAxis(smallest, largest);
}

/// Where a percentile stands: 0 % at the bottom, the largest of all at the top.
class PercentileAxis {
 public:
  PercentileAxis(const Plot& plot, int decades) : plot_(plot), decades_(decades) {}

  [[nodiscard]] double Y(double fraction) const {
    if (fraction >= 1) return plot_.top;
    return plot_.bottom() - std::min(DepthOf(fraction), decades_ + 0.2) * kDecadeHeight;
  }

  void Draw(Drawing& drawing) const {
    Mark(drawing, 0, "0 %");
    Mark(drawing, 0.5, "50 %");
    for (int decade = 1; decade <= decades_; ++decade) {
      Mark(drawing, 1 - std::pow(10, -decade), Name(decade));
    }
    Mark(drawing, 1, "max");
  }

 private:
  static std::string Name(int decade) {
    return decade == 1
               ? "90 %"
               : "99" +
                     (decade > 2 ? "." + std::string(static_cast<std::size_t>(decade - 2), '9')
                                 : "") +
                     " %";
  }

  void Mark(Drawing& drawing, double fraction, std::string_view name) const {
    const double y = Y(fraction);
    drawing.Line(plot_.left, y, plot_.right(), y, "grid");
    drawing.Text(plot_.left - 7, y + 4, Anchor::kEnd, name, "tick");
  }

  Plot plot_;
  double decades_;
};

std::string PathOf(const CdfCurve& curve, const Plot& plot, const LogAxis& time,
                   const PercentileAxis& percentiles) {
  std::string path;
  double last_x = 0;
  double last_y = plot.bottom();
  const std::size_t stride = curve.points.size() / (2 * kCurvePoints) + 1;
  for (std::size_t i = 0; i < curve.points.size(); ++i) {
    const bool last = i + 1 == curve.points.size();
    if (i % stride != 0 && !last) continue;
    const double x = plot.X(time.At(static_cast<double>(curve.points[i].ns)));
    const double y = percentiles.Y(curve.points[i].fraction);
    // Nothing lies between two points far apart: the curve is level, then rises.
    if (path.empty() || x - last_x > 4) Extend(path, x, last_y);
    Extend(path, x, y);
    last_x = x;
    last_y = y;
  }
  return path;
}

std::vector<Flag> FlagsOf(std::span<const CdfCurve> curves, const LogAxis& axis) {
  std::vector<Flag> flags;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    if (curves[i].points.empty()) continue;
    flags.push_back({axis.At(static_cast<double>(curves[i].points.back().ns)),
                     Shortened(curves[i].label, 32), Format("c{}", i)});
  }
  return flags;
}

double ShareUpTo(const CdfCurve& curve, std::int64_t ns) {
  double share = 0;
  for (const CdfPoint& point : curve.points) {
    if (point.ns >= ns) break;
    share = point.fraction;
  }
  return share;
}

/// The common timers always; two delayed ACKs where one exchange in a thousand took so long.
std::vector<Band> Shown(std::span<const Band> bands, std::span<const CdfCurve> curves) {
  std::vector<Band> shown;
  std::ranges::copy_if(bands, std::back_inserter(shown), [&](const Band& band) {
    return band.kind != StallKind::kTwoDelayedAcks ||
           std::ranges::any_of(curves, [&](const CdfCurve& curve) {
             return ShareUpTo(curve, band.to_ns) - ShareUpTo(curve, band.from_ns) >= 0.001;
           });
  });
  return shown;
}

}  // namespace

Svg CdfChart(std::string_view label, std::span<const CdfCurve> curves,
             std::span<const Band> bands) {
  const std::span<const CdfCurve> drawn = curves.first(std::min(curves.size(), kMostCurves));
  const LogAxis axis = AxisOf(drawn);
  const int decades = DecadesOf(drawn);
  std::vector<Flag> flags = FlagsOf(drawn, axis);
  Plot plot;
  plot.top = kRowHeight * PlaceFlags(flags, plot) + 14;
  plot.height = decades * kDecadeHeight + kMaxHeight;
  Drawing drawing(kChartWidth);
  const double names = DrawBands(drawing, plot, axis, Shown(bands, drawn));
  DrawTimeAxis(drawing, plot, axis);
  const PercentileAxis percentiles(plot, decades);
  percentiles.Draw(drawing);
  // The first curve is what the others are compared to: it lies on top.
  for (std::size_t i = drawn.size(); i-- > 0;) {
    if (drawn[i].points.empty()) continue;
    drawing.Path(PathOf(drawn[i], plot, axis, percentiles), Format("curve c{}", i));
  }
  if (flags.empty()) DrawNothing(drawing, plot);
  DrawFlags(drawing, plot, flags);
  return drawing.Finish(plot.bottom() + kTimeAxisHeight + names + kBottom, label);
}

}  // namespace tunewire
