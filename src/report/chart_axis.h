// Axes of the charts, and labels that keep out of each other's way.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/markup.h"
#include "tunewire/latency/stalls.h"

namespace tunewire {

inline constexpr double kChartWidth = 760;
inline constexpr double kPlotLeft = 68;
inline constexpr double kRowHeight = 16;

/// A share of the axis: 0 at its begin, 1 at its end.
struct LogAxis {
  double from_ns = 1e3;
  double to_ns = 1e6;

  /// Held within 0 and 1.
  [[nodiscard]] double At(double ns) const;
};

/// Ends at a 1, 2 or 5 of a decade around both, and spans a decade at least.
LogAxis TimeAxis(std::int64_t smallest_ns, std::int64_t largest_ns);

struct Tick {
  double at = 0;      ///< share of the axis
  std::string label;  ///< empty: a line without a label
};

/// Every 1, 2 and 5; all labelled on a short axis, the decades alone on a long one.
std::vector<Tick> TimeTicks(const LogAxis& axis);

/// "40 ms", "16.2 us": no ".0".
std::string AxisTime(std::int64_t ns);

std::string_view TimerWords(StallKind kind);

/// The part of the drawing that holds the data.
struct Plot {
  double left = kPlotLeft, top = 0, width = 0, height = 0;

  [[nodiscard]] double right() const { return left + width; }
  [[nodiscard]] double bottom() const { return top + height; }
  [[nodiscard]] double X(double share) const { return left + share * width; }
};

/// Labels beside their point in rows above the plot, each joined to it by a line that crosses no
/// other label.
struct Flag {
  double at = 0;  ///< share of the axis
  std::string text;
  std::string classes;
  int row = 0;                     ///< set by PlaceFlags, 0 next to the plot
  Anchor anchor = Anchor::kStart;  ///< set by PlaceFlags: kStart right of the line, kEnd left
};

/// Sets the plot's width so that all have room, their sides and rows; returns the number of rows.
int PlaceFlags(std::vector<Flag>& flags, Plot& plot);
void DrawFlags(Drawing& drawing, const Plot& plot, std::span<const Flag> flags);

/// Shades the bands that lie on the axis, all but the long delayed ACKs', and names them below.
/// Returns the height that the names take. Draw it first: it is the ground.
double DrawBands(Drawing& drawing, const Plot& plot, const LogAxis& axis,
                 std::span<const Band> bands);

void DrawTimeAxis(Drawing& drawing, const Plot& plot, const LogAxis& axis);

/// An empty picture says so.
void DrawNothing(Drawing& drawing, const Plot& plot);

inline constexpr double kTimeAxisHeight = 22;

}  // namespace tunewire
