#include <algorithm>
#include <cmath>

#include "base/format.h"
#include "report/chart.h"
#include "report/chart_axis.h"

namespace tunewire {
namespace {

constexpr double kPanelHeight = 84;
constexpr double kHeadHeight = 26;  // the unit, above each panel
constexpr double kFootHeight = 24;  // the seconds, below the last one
constexpr std::size_t kMostPanels = 6;
constexpr std::size_t kMostSeries = 6;
constexpr std::size_t kMostPoints = 300;

using Points = std::vector<std::pair<double, double>>;

bool Usable(const std::pair<double, double>& point) {
  return std::isfinite(point.first) && std::isfinite(point.second);
}

/// Neighbours' means, where there are more points than a line shows.
Points Thinned(const Points& points) {
  const std::size_t stride = (points.size() + kMostPoints - 1) / kMostPoints;
  Points thinned;
  for (std::size_t i = 0; i < points.size(); i += stride) {
    double x = 0;
    double y = 0;
    const std::size_t n = std::min(stride, points.size() - i);
    for (std::size_t k = i; k < i + n; ++k) {
      x += Usable(points[k]) ? points[k].first : 0;
      y += Usable(points[k]) ? points[k].second : 0;
    }
    thinned.emplace_back(x / static_cast<double>(n), y / static_cast<double>(n));
  }
  return thinned;
}

/// The next round number.
double RoundedUp(double value) {
  if (!(value > 0)) return 1;
  const double decade = std::pow(10, std::floor(std::log10(value) + 1e-9));
  for (const double step : {1.0, 1.2, 1.6, 2.0, 2.4, 3.0, 4.0, 5.0, 6.0, 8.0}) {
    if (value <= step * decade * (1 + 1e-9)) return step * decade;
  }
  return 10 * decade;
}

/// Seconds between two marks: the next 1, 2 or 5.
double RoundStep(double seconds) {
  for (double decade = 1; decade < 1e7; decade *= 10) {
    for (const double step : {1.0, 2.0, 5.0}) {
      if (seconds <= step * decade) return step * decade;
    }
  }
  return 1e7;
}

std::string ShortNumber(double value) {
  if (value >= 1e6) return Format("{:g} M", value / 1e6);
  return value >= 1e4 ? Format("{:g} k", value / 1e3) : Format("{:g}", value);
}

struct Panel {
  std::string unit;
  std::vector<TimeSeries> series;
  double largest = 0;
};

Panel Prepared(const TimePanel& panel) {
  Panel prepared{Shortened(panel.unit, 40), {}, 0};
  for (const TimeSeries& series : panel.series) {
    if (prepared.series.size() == kMostSeries || series.points.empty()) continue;
    prepared.series.push_back({Shortened(series.label, 24), Thinned(series.points)});
    for (const auto& [seconds, value] : prepared.series.back().points) {
      prepared.largest = std::max(prepared.largest, value);
    }
  }
  return prepared;
}

struct Seconds {
  double last = 0;

  [[nodiscard]] double Step() const { return std::max(RoundStep(last / 8), last / 20); }
  [[nodiscard]] double At(double seconds) const {
    return last > 0 ? std::clamp(seconds / last, 0.0, 1.0) : 0;
  }
};

/// How far each label must move so that all stand apart.
std::vector<double> Spread(std::vector<double> ys) {
  std::vector<std::size_t> order(ys.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, [&](auto a, auto b) { return ys[a] > ys[b]; });
  for (std::size_t i = 1; i < order.size(); ++i) {
    ys[order[i]] = std::min(ys[order[i]], ys[order[i - 1]] - 14);
  }
  return ys;
}

void DrawGrid(Drawing& drawing, const Plot& plot, const Panel& panel, const Seconds& seconds) {
  const double end = RoundedUp(panel.largest);
  for (const double share : {0.0, 0.5, 1.0}) {
    const double y = plot.bottom() - share * plot.height;
    drawing.Line(plot.left, y, plot.right(), y, share == 0 ? "axis" : "grid");
    drawing.Text(plot.left - 7, y + 4, Anchor::kEnd, ShortNumber(share * end), "tick");
  }
  for (double at = 0; at <= seconds.last * 1.001; at += seconds.Step()) {
    const double x = plot.X(seconds.At(at));
    drawing.Line(x, plot.top, x, plot.bottom(), "grid faint");
  }
  drawing.Text(plot.left, plot.top - 9, Anchor::kStart, panel.unit, "name plain");
}

void DrawSeries(Drawing& drawing, const Plot& plot, const Panel& panel, const Seconds& seconds) {
  const double end = RoundedUp(panel.largest);
  std::vector<double> ends;
  for (std::size_t i = 0; i < panel.series.size(); ++i) {
    std::string path;
    double y = plot.bottom();
    for (const auto& [second, value] : panel.series[i].points) {
      y = plot.bottom() - std::clamp(value / end, 0.0, 1.0) * plot.height;
      Extend(path, plot.X(seconds.At(second)), y);
    }
    drawing.Path(path, Format("curve c{}", i));
    ends.push_back(y + 4);
  }
  const std::vector<double> spread = Spread(ends);
  for (std::size_t i = 0; i < panel.series.size(); ++i) {
    const auto& series = panel.series[i];
    drawing.Text(plot.X(seconds.At(series.points.back().first)) + 7, spread[i], Anchor::kStart,
                 series.label, Format("name c{}", i));
  }
}

void DrawSeconds(Drawing& drawing, const Plot& plot, const Seconds& seconds) {
  for (double at = 0; at <= seconds.last * 1.001; at += seconds.Step()) {
    drawing.Text(plot.X(seconds.At(at)), plot.bottom() + 17, Anchor::kMiddle,
                 Format("{} s", ShortNumber(at)), "tick");
  }
}

double LabelRoom(std::span<const Panel> panels) {
  double widest = 0;
  for (const Panel& panel : panels) {
    for (const TimeSeries& series : panel.series)
      widest = std::max(widest, TextWidth(series.label));
  }
  return widest + 14;
}

}  // namespace

Svg TimeChart(std::string_view label, std::span<const TimePanel> panels) {
  std::vector<Panel> prepared;
  Seconds seconds;
  for (const TimePanel& panel : panels.first(std::min(panels.size(), kMostPanels))) {
    prepared.push_back(Prepared(panel));
    for (const TimeSeries& series : prepared.back().series) {
      seconds.last = std::max(seconds.last, series.points.back().first);
    }
  }
  Drawing drawing(kChartWidth);
  Plot plot;
  plot.width = kChartWidth - plot.left - LabelRoom(prepared);
  plot.height = kPanelHeight;
  for (const Panel& panel : prepared) {
    plot.top += kHeadHeight;
    DrawGrid(drawing, plot, panel, seconds);
    DrawSeries(drawing, plot, panel, seconds);
    plot.top += kPanelHeight;
  }
  if (prepared.empty()) {
    plot.height = kPanelHeight;
    DrawNothing(drawing, plot);
    return drawing.Finish(kPanelHeight, label);
  }
  plot.height = 0;
  DrawSeconds(drawing, plot, seconds);
  return drawing.Finish(plot.top + kFootHeight, label);
}

}  // namespace tunewire
