// tunewire probe sweep for people: the region in words, and drawn along each axis.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "base/format.h"
#include "report/layout.h"
#include "report/probe_report.h"
#include "tunewire/base/quantity.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

bool InBytes(const SweepEdge& edge) { return edge.axis.ends_with("write"); }

std::string_view WordsOf(const SweepEdge& edge) {
  if (edge.axis == "second_write") return "second write";
  if (edge.axis == "first_write") return "first write";
  return edge.axis == "think" ? "think time" : "gap";
}

std::string Shown(const SweepEdge& edge, std::int64_t value) {
  return InBytes(edge) ? Format("{}", value) : FormatDuration(std::chrono::microseconds(value));
}

std::int64_t ValueOf(const SweepPoint& point, const SweepEdge& edge) {
  if (edge.axis == "second_write") return point.second_write;
  if (edge.axis == "first_write") return point.first_write;
  return edge.axis == "think" ? point.think.count() : point.gap.count();
}

/// The points along an axis are those that share everything else with the most others.
using Others = std::array<std::int64_t, 3>;

Others OthersOf(const SweepPoint& point, const SweepEdge& edge) {
  const std::array<std::pair<std::string_view, std::int64_t>, 4> all{
      {{"second_write", point.second_write},
       {"first_write", point.first_write},
       {"gap", point.gap.count()},
       {"think", point.think.count()}}};
  Others others{};
  std::size_t used = 0;
  for (const auto& [axis, value] : all) {
    if (axis != edge.axis) others[used++] = value;
  }
  return others;
}

std::vector<SweepPoint> Along(const SweepResult& result, const SweepEdge& edge) {
  std::map<Others, std::vector<SweepPoint>> lines;
  for (const SweepPoint& point : result.points) {
    if (point.mss == edge.mss) lines[OthersOf(point, edge)].push_back(point);
  }
  const auto longest =
      std::ranges::max_element(lines, {}, [](const auto& line) { return line.second.size(); });
  if (longest == lines.end()) return {};
  std::vector<SweepPoint> points = longest->second;
  std::ranges::stable_sort(points, {}, [&edge](const SweepPoint& p) { return ValueOf(p, edge); });
  return points;
}

/// Where a value stands on the axis: logarithmic for bytes, straight for times.
double PlaceOf(const SweepEdge& edge, std::int64_t value, std::int64_t largest) {
  if (largest <= 0) return 0;
  const auto at = static_cast<double>(value), end = static_cast<double>(largest);
  return InBytes(edge) ? std::log2(1 + at) / std::log2(1 + end) : at / end;
}

bool Stalls(const SweepEdge& edge, std::int64_t value) {
  return edge.stalls_up_to && value >= edge.stalls_from.value_or(0) && value <= *edge.stalls_up_to;
}

class SweepWriter {
 public:
  SweepWriter(const SweepView& view, const Target& target, const Style& style)
      : result_(view.result), target_(target), style_(style) {}

  std::string Text() {
    const bool stalls = !result_.edges.empty();
    const std::string numbers =
        Format("{} runs{}", result_.points.size(), result_.partial ? ", partial" : "");
    text_ = VerdictLine(stalls ? "STALLS" : "FINE", stalls ? Tone::kBad : Tone::kGood,
                        Printable(result_.peer), numbers, style_);
    for (const std::string& sentence : result_.sentences) text_ += Indented(sentence, 2, style_);
    if (style_.detail == Detail::kQuiet) return std::move(text_);
    std::optional<std::uint32_t> mss;
    for (const SweepEdge& edge : result_.edges) {
      if (mss != edge.mss) AddHead(edge.mss);
      mss = edge.mss;
      AddAxis(edge);
    }
    text_ += "\n" + NextLine(result_.partial ? "partial: more time knows the edges better." : "",
                             CommandFor(target_, "probe --html stalls.html"), style_);
    return std::move(text_);
  }

 private:
  void AddHead(std::uint32_t mss) {
    text_ += Format("\n{}:  {} stalls, {} does not, blank was not tried\n",
                    mss == 0 ? std::string("the path's own MSS") : Format("MSS {}", mss),
                    MarksOf(style_).bar_done, MarksOf(style_).bar_rest);
  }

  /// "  second write |####.....|" and a scale below it.
  void AddAxis(const SweepEdge& edge) {
    constexpr int kName = 14;
    const std::vector<SweepPoint> points = Along(result_, edge);
    if (points.empty()) return;
    const int width = style_.columns - kName - 6;
    const std::int64_t largest = ValueOf(points.back(), edge);
    const auto column = [&](std::int64_t value) {
      return static_cast<int>(std::lround(PlaceOf(edge, value, largest) * (width - 1)));
    };
    text_ += "  " + PadRight(std::string(WordsOf(edge)), kName) + " |" +
             Marked(edge, points, width, column) + "|\n";
    text_ += std::string(kName + 4, ' ') + Scale(edge, points, width, column) + "\n";
  }

  /// From mark to mark of the same kind all is of that kind: the edges say so.
  template <class Column>
  std::string Marked(const SweepEdge& edge, const std::vector<SweepPoint>& points, int width,
                     const Column& column) const {
    std::vector<int> cells(static_cast<std::size_t>(width), 0);
    for (std::size_t i = 0; i < points.size(); ++i) {
      const bool stalls = Stalls(edge, ValueOf(points[i], edge));
      const int from = column(ValueOf(points[i], edge));
      const bool alike =
          i + 1 < points.size() && Stalls(edge, ValueOf(points[i + 1], edge)) == stalls;
      const int to = alike ? column(ValueOf(points[i + 1], edge)) : from;
      for (int at = from; at <= to; ++at) cells[static_cast<std::size_t>(at)] = stalls ? 1 : 2;
    }
    std::string text;
    for (const int cell : cells) {
      text += cell == 0   ? std::string(" ")
              : cell == 1 ? Paint(style_, Tone::kBad, MarksOf(style_).bar_done)
                          : std::string(MarksOf(style_).bar_rest);
    }
    return text;
  }

  /// The ends of the axis and the edges, each under its place, where there is room.
  template <class Column>
  std::string Scale(const SweepEdge& edge, const std::vector<SweepPoint>& points, int width,
                    const Column& column) const {
    std::vector<std::int64_t> values;
    if (edge.stalls_up_to) values.push_back(*edge.stalls_up_to);
    if (edge.stalls_from) values.push_back(*edge.stalls_from);
    values.push_back(ValueOf(points.front(), edge));
    values.push_back(ValueOf(points.back(), edge));
    std::string line(static_cast<std::size_t>(width), ' ');
    for (const std::int64_t value : values) {
      const std::string label = Shown(edge, value);
      const int length = ShownWidth(label);
      const int at = std::clamp(column(value) - (column(value) > width / 2 ? length - 1 : 0), 0,
                                std::max(width - length, 0));
      const auto begin = static_cast<std::size_t>(std::max(at - 1, 0));
      const auto room = static_cast<std::size_t>(length + (at > 0 ? 2 : 1));
      if (line.substr(begin, room).find_first_not_of(' ') != std::string::npos) continue;
      line.replace(static_cast<std::size_t>(at), label.size(), label);
    }
    while (line.ends_with(' ')) line.pop_back();
    return line;
  }

  const SweepResult& result_;
  const Target& target_;
  const Style& style_;
  std::string text_;
};

}  // namespace

std::string SweepText(const SweepView& view, const Target& target, const Style& style) {
  return SweepWriter(view, target, style).Text();
}

}  // namespace tunewire
