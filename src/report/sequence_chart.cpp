#include "report/sequence_chart.h"

#include <algorithm>
#include <cmath>

#include "base/format.h"
#include "report/sequence_rows.h"

namespace tunewire {
namespace {

constexpr double kWidth = 394;
constexpr double kTimeX = 72;
constexpr double kClientX = 172;
constexpr double kServerX = 308;
constexpr double kTop = 58;
constexpr double kRow = 29;
constexpr double kGapRow = 42;
constexpr double kSlope = 7;  // how much an arrow falls on its way
constexpr double kBarWidth = 9;

double XOf(End end) { return end == End::kClient ? kClientX : kServerX; }

/// The height at which a row, and any moment between rows, is drawn.
class Heights {
 public:
  explicit Heights(const std::vector<SequenceRow>& rows) : rows_(rows) {
    double y = kTop + 14;
    for (const SequenceRow& row : rows) {
      ys_.push_back(row.gap.empty() ? y : y - kRow / 2 + kGapRow / 2);
      y += row.gap.empty() ? kRow : kGapRow;
    }
    bottom_ = y - 4;
  }

  [[nodiscard]] double operator[](std::size_t row) const { return ys_[row]; }
  [[nodiscard]] double bottom() const { return bottom_; }

  [[nodiscard]] double At(std::int64_t ns) const {
    std::int64_t last_ns = 0;
    double last_y = kTop + 4;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (!rows_[i].gap.empty()) continue;
      if (rows_[i].ns >= ns) return Between(ns, last_ns, last_y, rows_[i].ns, ys_[i]);
      last_ns = rows_[i].ns;
      last_y = ys_[i];
    }
    return bottom_;
  }

 private:
  static double Between(std::int64_t ns, std::int64_t from_ns, double from_y, std::int64_t to_ns,
                        double to_y) {
    if (to_ns <= from_ns) return to_y;
    const double share = static_cast<double>(ns - from_ns) / static_cast<double>(to_ns - from_ns);
    return from_y + std::clamp(share, 0.0, 1.0) * (to_y - from_y);
  }

  const std::vector<SequenceRow>& rows_;
  std::vector<double> ys_;
  double bottom_ = 0;
};

void DrawLifelines(Drawing& drawing, const std::vector<SequenceRow>& rows, const Heights& heights) {
  for (const double x : {kClientX, kServerX}) {
    double from = kTop;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].gap.empty()) continue;
      drawing.Line(x, from, x, heights[i] - 15, "life");
      drawing.Line(x, heights[i] - 15, x, heights[i] + 15, "life silent");
      from = heights[i] + 15;
    }
    drawing.Line(x, from, x, heights.bottom(), "life");
  }
}

void DrawTip(Drawing& drawing, double x, double y, double direction, std::string_view classes) {
  const double back = x - 8 * direction;
  drawing.Path(Format("M{0} {1}L{2} {3}L{2} {4}Z", Coordinate(x), Coordinate(y), Coordinate(back),
                      Coordinate(y - 4.2), Coordinate(y + 3.6)),
               classes);
}

void DrawCross(Drawing& drawing, double x, double y) {
  drawing.Path(Format("M{} {}l8 8m0 -8l-8 8", Coordinate(x - 4), Coordinate(y - 4)), "segment");
}

void DrawSegment(Drawing& drawing, const SequenceRow& row, double y) {
  const bool outward = row.segment == Segment::kToServer || row.segment == Segment::kLostToServer;
  const bool lost = row.segment == Segment::kLostToServer || row.segment == Segment::kLostToClient;
  const double direction = outward ? 1 : -1;
  const double from = (outward ? kClientX : kServerX) + direction * kBarWidth / 2;
  const double to = (outward ? kServerX : kClientX) - direction * kBarWidth / 2;
  const double end = lost ? from + (to - from) * 0.55 : to;
  const double fall = lost ? kSlope * 0.55 : kSlope;
  const std::string_view kind = row.pure_ack ? "ack " : "";
  drawing.Line(from, y, end, y + fall, Format("{}segment", kind));
  if (lost) {
    DrawCross(drawing, end, y + fall);
  } else {
    DrawTip(drawing, end, y + fall, direction, Format("{}tip", kind));
  }
  drawing.Text((kClientX + kServerX) / 2, y - 3, Anchor::kMiddle, row.carries,
               row.pure_ack ? "ack" : "plain");
}

void DrawRow(Drawing& drawing, const SequenceRow& row, double y) {
  if (!row.gap.empty()) {
    drawing.Text((kClientX + kServerX) / 2, y + 4, Anchor::kMiddle, row.gap, "dim");
    return;
  }
  drawing.Text(kTimeX, y + 4, Anchor::kEnd, Moment(row.ns), "tick");
  drawing.Text(kClientX - 10, y + 4, Anchor::kEnd, Shortened(row.client, 12), "plain");
  drawing.Text(kServerX + 10, y + 4, Anchor::kStart, Shortened(row.server, 12), "plain");
  if (row.segment != Segment::kNone) DrawSegment(drawing, row, y);
}

std::string_view ClassOf(SequenceBar::Look look) {
  switch (look) {
    case SequenceBar::Look::kHold:
      return "hold";
    case SequenceBar::Look::kWait:
      return "wait";
    case SequenceBar::Look::kSleep:
      break;
  }
  return "sleep";
}

/// The height for a bar's words: beside a silence it spans, or its own middle.
double NameHeight(const std::vector<SequenceRow>& rows, const Heights& heights, double from,
                  double to) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].gap.empty() && heights[i] > from && heights[i] < to) return heights[i];
  }
  return (from + to) / 2;
}

void DrawBar(Drawing& drawing, const SequenceBar& bar, const std::vector<SequenceRow>& rows,
             const Heights& heights) {
  const double from = heights.At(bar.from_ns);
  const double to = std::max(heights.At(bar.to_ns), from + 4);
  const double x = XOf(bar.end);
  drawing.Rect(x - kBarWidth / 2, from, kBarWidth, to - from, ClassOf(bar.look));
  const double y = NameHeight(rows, heights, from, to);
  const bool client = bar.end == End::kClient;
  // Two lines: "held by" over "Nagle".
  const std::size_t space = bar.text.rfind(' ');
  const std::string_view text = bar.text;
  const Anchor anchor = client ? Anchor::kEnd : Anchor::kStart;
  const double text_x = client ? x - 10 : x + 10;
  if (space == std::string_view::npos) {
    drawing.Text(text_x, y + 4, anchor, text, ClassOf(bar.look));
    return;
  }
  drawing.Text(text_x, y - 3, anchor, text.substr(0, space), ClassOf(bar.look));
  drawing.Text(text_x, y + 11, anchor, text.substr(space + 1), ClassOf(bar.look));
}

/// The picture in words.
std::string LabelOf(std::string_view title, const SequenceRows& sequence) {
  std::string label(title);
  for (const SequenceRow& row : sequence.rows) {
    if (!row.gap.empty()) {
      label += "; " + row.gap;
      continue;
    }
    label += "; " + Moment(row.ns);
    if (!row.client.empty()) label += " client " + row.client;
    if (!row.server.empty()) label += " server " + row.server;
    if (row.segment == Segment::kNone) continue;
    const bool outward = row.segment == Segment::kToServer || row.segment == Segment::kLostToServer;
    label += Format(" {} to the {}", row.carries, outward ? "server" : "client");
  }
  for (const SequenceBar& bar : sequence.bars) {
    if (bar.text.empty()) continue;
    label += Format("; {} {} from {} to {}", bar.end == End::kClient ? "client" : "server",
                    bar.text, Moment(bar.from_ns), Moment(bar.to_ns));
  }
  return label;
}

}  // namespace

Svg SequenceChart(std::string_view title, const Timeline& timeline) {
  const SequenceRows sequence = RowsOf(timeline);
  const Heights heights(sequence.rows);
  Drawing drawing(kWidth);
  drawing.Text(0, 16, Anchor::kStart, Shortened(title, 56), "head");
  drawing.Text(kClientX, kTop - 10, Anchor::kMiddle, "client", "name");
  drawing.Text(kServerX, kTop - 10, Anchor::kMiddle, timeline.server.empty() ? "peer" : "server",
               "name");
  DrawLifelines(drawing, sequence.rows, heights);
  for (const SequenceBar& bar : sequence.bars) DrawBar(drawing, bar, sequence.rows, heights);
  for (std::size_t i = 0; i < sequence.rows.size(); ++i) {
    DrawRow(drawing, sequence.rows[i], heights[i]);
  }
  return drawing.Finish(heights.bottom() + 6, LabelOf(title, sequence));
}

}  // namespace tunewire
