// What differs between two hosts or two days: what can change a measurement first.
#include <algorithm>

#include "base/format.h"
#include "check/snapshot_names.h"
#include "report/layout.h"
#include "report/snapshot_report.h"
#include "report/snapshot_rows.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::size_t kShown = 24;         ///< differences of one section, unless -v
constexpr std::size_t kShownOneSided = 8;  ///< of what one side alone has
constexpr int kWidestName = 40;

using Rows = std::vector<const SnapshotDifference*>;

bool OneSided(const SnapshotDifference& one) { return one.before.empty() || one.after.empty(); }

/// When and on which kernel: behind the name where there is room, else below it.
std::string SideLine(std::string_view word, const std::string& name, const HostSnapshot& side,
                     int width, const Style& style) {
  const auto kernel = side.stable.find("kernel.release");
  std::string facts = TakenText(side.unix_seconds);
  facts[facts.find('T')] = ' ';
  if (kernel != side.stable.end()) facts += "  Linux " + kernel->second;
  const bool below = 12 + width + ShownWidth(facts) > style.columns;
  std::string line = Format("  {}  {}", word, PadRight(Printable(name), below ? 0 : width)) +
                     (below ? "\n          " : "  ") + facts + "\n";
  if (style.detail == Detail::kVerbose) line += Format("          hash {}\n", HashOf(side));
  return line;
}

/// What moves by itself: no difference between hosts.
std::vector<SnapshotDifference> Moved(const HostSnapshot& before, const HostSnapshot& after) {
  std::vector<SnapshotDifference> moved;
  std::map<std::string, std::string> all = before.fleeting;
  all.insert(after.fleeting.begin(), after.fleeting.end());
  for (const auto& [name, value] : all) {
    const auto was = before.fleeting.find(name), is = after.fleeting.find(name);
    SnapshotDifference one{.name = name, .bearing = Bearing::kNone};
    if (was != before.fleeting.end()) one.before = was->second;
    if (is != after.fleeting.end()) one.after = is->second;
    if (one.before != one.after && !name.starts_with(kUnknownFact)) moved.push_back(one);
  }
  return moved;
}

class Writer {
 public:
  Writer(const DiffView& view, const Style& style) : view_(view), style_(style) {
    for (const SnapshotDifference& one : view.differences) {
      Rows& rows = one.bearing == Bearing::kNone ? harmless_
                   : !one.unknown.empty()        ? unknown_
                   : OneSided(one)               ? one_sided_
                                                 : changed_;
      rows.push_back(&one);
    }
  }

  std::string Text() {
    text_ = Verdict();
    if (style_.detail == Detail::kQuiet) return std::move(text_);
    AddSides();
    AddChanged();
    AddOneSided("only in " + view_.before_name,
                [](const auto& one) { return one.unknown.empty() && one.after.empty(); });
    AddOneSided("only in " + view_.after_name,
                [](const auto& one) { return one.unknown.empty() && one.before.empty(); });
    AddUnknown();
    AddHarmless();
    if (verbose()) AddMoved();
    return std::move(text_);
  }

 private:
  [[nodiscard]] bool verbose() const { return style_.detail == Detail::kVerbose; }

  [[nodiscard]] std::string Verdict() const {
    const std::size_t all = view_.differences.size();
    const std::size_t bearing = all - harmless_.size();
    const std::string between =
        Printable(Format("{} {} {}", view_.before_name, MarksOf(style_).arrow, view_.after_name));
    if (bearing == 0)
      return VerdictLine(
          "ALIKE", Tone::kGood, between,
          all == 0 ? "no difference"
                   : Format("none of {} can change a measurement",
                            Count(static_cast<long long>(all), "difference", "differences")),
          style_);
    return VerdictLine("DIFFERENT", Tone::kBad, between,
                       Format("{} of {} can change a measurement", bearing,
                              Count(static_cast<long long>(all), "difference", "differences")),
                       style_);
  }

  void AddSides() {
    const int width =
        std::max(ShownWidth(Printable(view_.before_name)), ShownWidth(Printable(view_.after_name)));
    text_ += "\n" + SideLine("before", view_.before_name, view_.before, width, style_) +
             SideLine("after ", view_.after_name, view_.after, width, style_);
  }

  void AddHead(std::string_view words) { text_ += Format("\n{}\n", words); }

  [[nodiscard]] std::size_t ShownOf(const Rows& rows, std::size_t most) const {
    return verbose() || rows.size() <= most ? rows.size() : most;
  }

  void AddRest(const Rows& rows, std::size_t shown) {
    if (shown < rows.size()) text_ += Format("  ... {} more (-v)\n", rows.size() - shown);
  }

  /// Both values on the line of the name where they fit, below it where they do not; cut unless -v.
  void AddRow(const SnapshotDifference& one, int width, std::string_view why) {
    const auto value = [&](const std::string& text) { return text.empty() ? "-" : text; };
    const std::string name = PadRight(ShownFact(one.name), width);
    const std::string values =
        Format("{}  {}  {}", value(one.before), MarksOf(style_).arrow, value(one.after));
    if (4 + ShownWidth(name) + ShownWidth(values) <= style_.columns) {
      text_ += Format("  {}  {}\n", name, values);
    } else {
      text_ += Format("  {}\n", ShownFact(one.name));
      AddLong("before", value(one.before));
      AddLong("after ", value(one.after));
    }
    if (!why.empty()) text_ += Indented(why, 4, style_);
  }

  void AddLong(std::string_view word, const std::string& value) {
    const int room = style_.columns - 12;
    text_ += Format("    {}  {}\n", word, verbose() ? value : Cut(value, room, style_));
  }

  static int NameWidth(const Rows& rows, std::size_t shown) {
    std::vector<int> widths;
    for (std::size_t i = 0; i < shown; ++i) widths.push_back(ShownWidth(ShownFact(rows[i]->name)));
    return CommonWidth(std::move(widths), kWidestName);
  }

  void AddRows(const Rows& rows, std::size_t shown) {
    const int width = NameWidth(rows, shown);
    std::string_view last;
    for (std::size_t i = 0; i < shown; ++i) {
      // Forty mitigations have one reason.
      const bool again = rows[i]->why == last;
      last = rows[i]->why;
      AddRow(*rows[i], width, again ? std::string_view() : last);
    }
    AddRest(rows, shown);
  }

  void AddChanged() {
    if (changed_.empty()) return;
    AddHead("can change a measurement");
    AddRows(changed_, ShownOf(changed_, kShown));
  }

  template <class Where>
  void AddOneSided(const std::string& words, Where where) {
    Rows rows;
    for (const SnapshotDifference* one : one_sided_) {
      if (where(*one)) rows.push_back(one);
    }
    if (rows.empty()) return;
    AddHead(Format("can change a measurement, and is {}", Printable(words)));
    const std::size_t shown = ShownOf(rows, kShownOneSided);
    const int width = NameWidth(rows, shown);
    for (std::size_t i = 0; i < shown; ++i) {
      const std::string& value = rows[i]->before.empty() ? rows[i]->after : rows[i]->before;
      const int room = style_.columns - 4 - width;
      text_ += Format("  {}  {}\n", PadRight(ShownFact(rows[i]->name), width),
                      verbose() ? value : Cut(value, room, style_));
    }
    AddRest(rows, shown);
  }

  /// By reason: what cannot be compared is told, not listed value by value.
  void AddUnknown() {
    if (unknown_.empty()) return;
    AddHead("not known on one side, so it cannot be told");
    std::map<std::pair<std::string, std::string>, std::vector<std::string>> by_reason;
    for (const SnapshotDifference* one : unknown_) {
      const std::string& where = one->before.empty() ? view_.before_name : view_.after_name;
      by_reason[{where, one->unknown}].push_back(ShownFact(one->name));
    }
    for (const auto& [reason, names] : by_reason) {
      const std::size_t most = verbose() ? names.size() : std::min<std::size_t>(names.size(), 6);
      const std::vector<std::string> first(names.begin(),
                                           names.begin() + static_cast<std::ptrdiff_t>(most));
      const std::string rest =
          most < names.size() ? Format(", {} more (-v)", names.size() - most) : "";
      text_ += Indented(Join(first, ", ") + rest, 2, style_);
      text_ += Indented(Printable(Format("{}: {}", reason.first, reason.second)), 4, style_);
    }
  }

  void AddHarmless() {
    if (harmless_.empty()) return;
    if (!verbose()) {
      AddHead(Format("{} cannot (-v lists {})",
                     Count(static_cast<long long>(harmless_.size()), "other", "others"),
                     harmless_.size() == 1 ? "it" : "them"));
      return;
    }
    AddHead("cannot change a measurement");
    AddRows(harmless_, harmless_.size());
  }

  void AddMoved() {
    const std::vector<SnapshotDifference> moved = Moved(view_.before, view_.after);
    if (moved.empty()) return;
    AddHead("moves by itself");
    Rows rows;
    for (const SnapshotDifference& one : moved) rows.push_back(&one);
    AddRows(rows, rows.size());
  }

  const DiffView& view_;
  const Style& style_;
  Rows changed_, one_sided_, unknown_, harmless_;
  std::string text_;
};

}  // namespace

std::string DiffText(const DiffView& view, const Style& style) {
  return Writer(view, style).Text();
}

}  // namespace tunewire
