#include "report/chart_axis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "base/format.h"
#include "report/latency_text.h"

namespace tunewire {
namespace {

constexpr std::array<double, 3> kSteps{1, 2, 5};

double RoundedDown(double ns) {
  const double decade = std::pow(10, std::floor(std::log10(ns) + 1e-9));
  for (const double step : {5.0, 2.0}) {
    if (ns >= step * decade * (1 - 1e-9)) return step * decade;
  }
  return decade;
}

double RoundedUp(double ns) {
  const double decade = std::pow(10, std::floor(std::log10(ns) + 1e-9));
  for (const double step : kSteps) {
    if (ns <= step * decade * (1 + 1e-9)) return step * decade;
  }
  return 10 * decade;
}

/// Stretches of rows that are taken already.
class Rows {
 public:
  /// The lowest row from `lowest` on with room for [from, to).
  int Place(double from, double to) {
    int row = 0;
    while (!Free(row, from, to)) ++row;
    Take(row, from, to);
    return row;
  }

  void Take(int row, double from, double to) {
    if (taken_.size() <= static_cast<std::size_t>(row))
      taken_.resize(static_cast<std::size_t>(row) + 1);
    taken_[static_cast<std::size_t>(row)].push_back({from, to});
  }

  /// A text crosses this place; beside another flag's line, narrow as it is, there is room.
  [[nodiscard]] bool Holds(int row, double x) const {
    return std::ranges::any_of(taken_[static_cast<std::size_t>(row)], [x](const Stretch& taken) {
      return taken.from + 3 < x && x < taken.to - 3;
    });
  }

  [[nodiscard]] int size() const { return static_cast<int>(taken_.size()); }

 private:
  [[nodiscard]] bool Free(int row, double from, double to) const {
    if (taken_.size() <= static_cast<std::size_t>(row)) return true;
    return std::ranges::none_of(taken_[static_cast<std::size_t>(row)], [&](const Stretch& other) {
      return other.from < to && from < other.to;
    });
  }

  struct Stretch {
    double from, to;
  };
  std::vector<std::vector<Stretch>> taken_;
};

constexpr double kPlotRight = 26;  // half of the last tick's name
constexpr double kFlagGap = 5;     // between the line and its text

bool OnAxis(const Band& band, const LogAxis& axis) {
  return static_cast<double>(band.from_ns)<axis.to_ns&& static_cast<double>(band.to_ns)> axis
      .from_ns;
}

double FlagWidth(const Flag& flag) { return kFlagGap + TextWidth(flag.text) + 2; }

/// Those to the left first, from the left, then those to the right, from the right: so a line to a
/// higher row passes beside the texts of its own side.
std::vector<Flag*> PlacingOrder(std::vector<Flag>& flags) {
  std::vector<Flag*> order;
  for (Flag& flag : flags) order.push_back(&flag);
  const auto key = [](const Flag* flag) {
    const bool left = flag->anchor == Anchor::kEnd;
    return std::pair(left ? 0 : 1, left ? flag->at : -flag->at);
  };
  std::ranges::stable_sort(order, [&](auto* a, auto* b) { return key(a) < key(b); });
  return order;
}

/// How many rows they take; none where a line would have to cross a text.
std::optional<int> FlagRows(std::vector<Flag>& flags, const Plot& plot) {
  Rows rows;
  for (Flag* flag : PlacingOrder(flags)) {
    const double x = plot.X(flag->at);
    const double width = FlagWidth(*flag) + 4;
    const bool left = flag->anchor == Anchor::kEnd;
    flag->row = left ? rows.Place(x - width, x + 2) : rows.Place(x - 2, x + width);
    for (int below = 0; below < flag->row; ++below) {
      if (rows.Holds(below, x)) return std::nullopt;
      rows.Take(below, x - 2, x + 2);
    }
  }
  return rows.size();
}

struct BandName {
  double from = 0, to = 0;  // of the band, on the drawing
  std::string text;
  Anchor anchor = Anchor::kEnd;
  int row = 0;
};

std::vector<BandName> NamesOf(const Plot& plot, const LogAxis& axis, std::span<const Band> bands) {
  std::vector<BandName> names;
  for (const Band& band : bands) {
    if (band.kind == StallKind::kLongDelayedAck || !OnAxis(band, axis)) continue;
    names.push_back({plot.X(axis.At(static_cast<double>(band.from_ns))),
                     plot.X(axis.At(static_cast<double>(band.to_ns))),
                     Format("{}, {}", TimerWords(band.kind), AxisTime(band.from_ns)), Anchor::kEnd,
                     0});
  }
  return names;
}

/// All names stand left of their bands' ends where there is room, else all right of their begins.
/// Each row further down belongs to a band further out, so that no band runs through a name.
int PlaceNames(std::vector<BandName>& names) {
  const bool left = std::ranges::all_of(
      names, [](const BandName& name) { return name.to >= TextWidth(name.text); });
  if (!left) std::ranges::reverse(names);
  Rows rows;
  for (BandName& name : names) {
    name.anchor = left ? Anchor::kEnd : Anchor::kStart;
    const double width = TextWidth(name.text) + 8;
    name.row =
        left ? rows.Place(name.to - width, name.to) : rows.Place(name.from, name.from + width);
    for (int above = 0; above < name.row; ++above) rows.Take(above, name.from, name.to);
  }
  return rows.size();
}

}  // namespace

double LogAxis::At(double ns) const {
  const double held = std::clamp(ns, from_ns, to_ns);
  return std::log(held / from_ns) / std::log(to_ns / from_ns);
}

LogAxis TimeAxis(std::int64_t smallest_ns, std::int64_t largest_ns) {
  const double low = static_cast<double>(std::max<std::int64_t>(smallest_ns, 1));
  const double high = std::max(static_cast<double>(largest_ns), low);
  LogAxis axis{RoundedDown(low), RoundedUp(high * 1.02)};
  for (int side = 0; axis.to_ns < 10 * axis.from_ns; ++side) {
    if (side % 2 == 0) {
      axis.to_ns = RoundedUp(axis.to_ns * 1.5);
    } else {
      axis.from_ns = RoundedDown(axis.from_ns / 1.5);
    }
  }
  return axis;
}

std::vector<Tick> TimeTicks(const LogAxis& axis) {
  const bool all = axis.to_ns / axis.from_ns < 1500;
  std::vector<Tick> ticks;
  for (double decade = std::pow(10, std::floor(std::log10(axis.from_ns) + 1e-9));
       decade <= axis.to_ns * 1.001; decade *= 10) {
    for (const double step : kSteps) {
      const double ns = step * decade;
      if (ns < axis.from_ns * 0.999 || ns > axis.to_ns * 1.001) continue;
      const bool labelled = all || step == 1;
      ticks.push_back({axis.At(ns), labelled ? AxisTime(std::llround(ns)) : std::string()});
    }
  }
  return ticks;
}

std::string AxisTime(std::int64_t ns) {
  if (ns < 1000) return Format("{} ns", ns);
  std::string text = ShownTime(ns);
  const std::size_t point = text.find('.');
  const std::size_t unit = text.find(' ');
  if (point == std::string::npos || unit == std::string::npos) return text;
  const std::size_t last = text.find_last_not_of('0', unit - 1);
  const std::size_t keep = last == point ? point : last + 1;
  return text.erase(keep, unit - keep);
}

std::string_view TimerWords(StallKind kind) {
  switch (kind) {
    case StallKind::kDelayedAck:
      return "delayed ACK";
    case StallKind::kTwoDelayedAcks:
      return "two delayed ACKs";
    case StallKind::kMinimumRto:
      return "minimum RTO";
    case StallKind::kLongDelayedAck:
      return "long delayed ACK";
    case StallKind::kOther:
      break;
  }
  return "no timer's";
}

int PlaceFlags(std::vector<Flag>& flags, Plot& plot) {
  plot.width = kChartWidth - plot.left - kPlotRight;
  for (Flag& flag : flags) {
    flag.anchor = plot.X(flag.at) + FlagWidth(flag) > kChartWidth ? Anchor::kEnd : Anchor::kStart;
  }
  if (const std::optional<int> rows = FlagRows(flags, plot)) return *rows;
  // Too crowded for both sides: all to the right, and a narrower plot makes room for them.
  for (Flag& flag : flags) {
    flag.anchor = Anchor::kStart;
    const double room = kChartWidth - plot.left - FlagWidth(flag);
    if (flag.at * plot.width > room) plot.width = room / flag.at;
  }
  return FlagRows(flags, plot).value_or(0);
}

void DrawFlags(Drawing& drawing, const Plot& plot, std::span<const Flag> flags) {
  for (const Flag& flag : flags) {
    const double x = plot.X(flag.at);
    const double y = plot.top - 6 - kRowHeight * flag.row;
    drawing.Line(x, plot.top, x, y - 9, "leader " + flag.classes);
    drawing.Text(flag.anchor == Anchor::kStart ? x + kFlagGap : x - kFlagGap, y, flag.anchor,
                 flag.text, "name " + flag.classes);
  }
}

double DrawBands(Drawing& drawing, const Plot& plot, const LogAxis& axis,
                 std::span<const Band> bands) {
  std::vector<BandName> names = NamesOf(plot, axis, bands);
  const int rows = PlaceNames(names);
  for (const BandName& name : names) {
    const double bottom = plot.bottom() + kTimeAxisHeight + kRowHeight * (name.row + 1) - 12;
    drawing.Rect(name.from, plot.top, std::max(name.to - name.from, 3.0), bottom - plot.top,
                 "band");
  }
  for (const BandName& name : names) {
    const double y = plot.bottom() + kTimeAxisHeight + kRowHeight * (name.row + 1);
    drawing.Text(name.anchor == Anchor::kEnd ? name.to : name.from, y, name.anchor, name.text,
                 "name bandname");
  }
  return kRowHeight * rows;
}

void DrawTimeAxis(Drawing& drawing, const Plot& plot, const LogAxis& axis) {
  for (const Tick& tick : TimeTicks(axis)) {
    const double x = plot.X(tick.at);
    drawing.Line(x, plot.top, x, plot.bottom() + (tick.label.empty() ? 0 : 4),
                 tick.label.empty() ? "grid faint" : "grid");
    if (!tick.label.empty()) {
      drawing.Text(x, plot.bottom() + 17, Anchor::kMiddle, tick.label, "tick");
    }
  }
  drawing.Line(plot.left, plot.bottom(), plot.right(), plot.bottom(), "axis");
}

void DrawNothing(Drawing& drawing, const Plot& plot) {
  drawing.Text(plot.X(0.5), plot.top + plot.height / 2 + 4, Anchor::kMiddle, "nothing was measured",
               "dim");
}

}  // namespace tunewire
