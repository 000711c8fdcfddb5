#include "report/check_walls.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/format.h"
#include "report/check_words.h"
#include "report/layout.h"
#include "report/sockets_words.h"
#include "tunewire/base/quantity.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

/// From so many times the need on a wall is one line among others.
constexpr double kPlenty = 4;
/// So many unknown walls stand by themselves, more of them by their reasons.
constexpr std::size_t kFewUnknown = 3;

bool IsKnown(const Wall& wall) { return wall.unknown.empty(); }

/// Enough, though less than is needed: what is above is met another way.
bool IsEased(const Wall& wall) { return IsKnown(wall) && wall.enough && wall.need > wall.have; }

bool HasPlenty(const Wall& wall) {
  return IsKnown(wall) && wall.enough && wall.have >= wall.need * kPlenty;
}

std::string_view PlaceWord(const Wall& wall, std::size_t place, bool narrow) {
  if (wall.error.empty()) return narrow ? "slow" : "gets slow";
  if (place == 0) return narrow ? "first" : "first wall";
  constexpr std::array<std::string_view, 3> kPlaces{"", "second", "third"};
  return place < kPlaces.size() ? kPlaces[place] : "later";
}

class Table {
 public:
  Table(const CheckView& view, const Style& style) : walls_(view.verdict.walls), style_(style) {
    for (const Wall& wall : walls_) {
      if (!IsRow(wall)) continue;
      title_ = std::max(title_, ShownWidth(wall.title));
      amount_ = std::max({amount_, ShownWidth(ShownAmount(wall.need, wall.unit)),
                          ShownWidth(ShownAmount(wall.have, wall.unit))});
    }
    // What a row needs beside its title, its bar and the words behind the mark.
    const int room = style.columns - 2 - 2 * (amount_ + 2) - 2 - 3;
    bar_ = std::min(24, room - title_ - 5 - 10);
    narrow_ = bar_ < 6;
    title_ = std::min(title_, room - (narrow_ ? 6 : 10));
  }

  std::string Text() {
    if (title_ > 0) AddHead();
    std::size_t place = 0;
    for (const Wall& wall : walls_) {
      if (IsRow(wall)) AddRow(wall, Breaks(wall) ? place++ : 0);
    }
    AddPlenty();
    AddUnknown();
    return std::move(text_);
  }

 private:
  [[nodiscard]] bool Verbose() const { return style_.detail == Detail::kVerbose; }
  [[nodiscard]] bool IsRow(const Wall& wall) const {
    return IsKnown(wall) && (Verbose() || !HasPlenty(wall));
  }

  void AddHead() {
    text_ += Paint(style_, Tone::kDim,
                   "  " + PadRight("", title_) + PadLeft("need", amount_ + 2) +
                       PadLeft("have", amount_ + 2)) +
             "\n";
  }

  /// Of a broken wall how much of the need there is, else how much of what there is gets used.
  [[nodiscard]] std::string Bar(const Wall& wall) const {
    if (narrow_) return "";
    const double whole = std::max(wall.need, wall.have);
    const double share = whole > 0 ? std::min(wall.need, wall.have) / whole : 0;
    int full = std::clamp(static_cast<int>(std::lround(share * bar_)), 0, bar_);
    // Neither a drop nor the last bit is rounded away.
    if (share > 0 && full == 0) full = 1;
    if (share < 1 && full == bar_) full = bar_ - 1;
    std::string bar = "   |";
    for (int cell = 0; cell < bar_; ++cell)
      bar += cell < full ? MarksOf(style_).bar_done : MarksOf(style_).bar_rest;
    return bar + "|";
  }

  [[nodiscard]] std::string Mark(const Wall& wall, std::size_t place) const {
    const Marks& marks = MarksOf(style_);
    if (Breaks(wall))
      return Paint(style_, Tone::kBad, PadRight(std::string(marks.bad), 2) + " ") +
             std::string(PlaceWord(wall, place, narrow_));
    if (IsEased(wall))
      return Paint(style_, Tone::kWarn, marks.warn) + (narrow_ ? "  below" : "  see below");
    const std::string headroom = ShownHeadroom(wall);
    if (headroom.empty()) return Paint(style_, Tone::kGood, marks.good);
    return Paint(style_, Tone::kGood, PadRight(std::string(marks.good), 2) + " ") + headroom;
  }

  void AddRow(const Wall& wall, std::size_t place) {
    text_ += "  " + PadRight(Cut(wall.title, title_, style_), title_) +
             PadLeft(ShownAmount(wall.need, wall.unit), amount_ + 2) +
             PadLeft(ShownAmount(wall.have, wall.unit), amount_ + 2) + Bar(wall) + "  " +
             Mark(wall, place) + "\n";
    if (IsEased(wall)) text_ += Indented(Printable(wall.what_happens), 6, style_);
    if (Verbose()) text_ += Indented(Printable(wall.formula), 6, style_);
  }

  void AddPlenty() {
    std::vector<std::string> names;
    for (const Wall& wall : walls_) {
      if (HasPlenty(wall) && !Verbose() && wall.need > 0)
        names.push_back(wall.title + " " + ShownHeadroom(wall));
    }
    if (names.empty()) return;
    text_ += Hanging("  " + Paint(style_, Tone::kGood, MarksOf(style_).good) + " ",
                     "plenty of " + Join(names, ", "), style_);
  }

  void AddUnknown() {
    std::vector<std::pair<std::string, std::vector<std::string>>> reasons;
    const auto unknown =
        static_cast<std::size_t>(std::ranges::count_if(walls_, std::not_fn(IsKnown)));
    for (const Wall& wall : walls_) {
      if (IsKnown(wall)) continue;
      const bool apart = Verbose() || unknown <= kFewUnknown;
      auto at = std::ranges::find(reasons, wall.unknown, &decltype(reasons)::value_type::first);
      if (apart || at == reasons.end()) at = reasons.insert(reasons.end(), {wall.unknown, {}});
      at->second.push_back(wall.title);
    }
    for (const auto& [why, titles] : reasons)
      text_ += Hanging("  " + Paint(style_, Tone::kWarn, "?") + "  ",
                       Join(titles, ", ") + ": " + Printable(why), style_);
  }

  const std::vector<Wall>& walls_;
  const Style& style_;
  int title_ = 0, amount_ = 8, bar_ = 0;
  bool narrow_ = false;  ///< no room for bars
  std::string text_;
};

/// "after 28232 connections, 565 ms in", as far as it is known.
std::string Moment(const Wall& wall) {
  if (!wall.at_connections) return "";
  if (*wall.at_connections == 0) return " at once";
  std::string text = Format(" after {}", Count(static_cast<long long>(*wall.at_connections),
                                               "connection", "connections"));
  if (!wall.at_seconds) return text;
  const auto time = std::chrono::milliseconds(std::llround(*wall.at_seconds * 1000));
  return text + ", " + FormatDuration(time) + " in";
}

std::string Failure(const Wall& wall) {
  if (wall.error.empty()) return "";
  const std::string condition = wall.only_while.empty() ? "" : "while " + wall.only_while + ", ";
  // These two reach a program otherwise than as the answer of the call that meets the wall.
  if (wall.error == "ETIMEDOUT")
    return Format("{}{}() gets no answer{}, and ETIMEDOUT in the end.", condition, wall.operation,
                  Moment(wall));
  if (wall.error == "ECONNRESET") return "peers get ECONNRESET.";
  // Where memory ends, a process may be killed before a call fails.
  const std::string_view fails = wall.error == "ENOMEM" ? "may fail" : "fails";
  return Format("{}{}() {} with {}{}.", condition, wall.operation, fails, wall.error, Moment(wall));
}

bool AnyBad(const CheckVerdict& verdict) {
  return std::ranges::count(verdict.checks, CheckState::kBad, &CheckResult::state) > 0;
}

/// Until the wall is met nothing of it is in the figures.
std::string StillValid(const Wall& wall, const CheckVerdict& verdict) {
  const bool some = wall.at_connections && *wall.at_connections > 0 && !wall.error.empty();
  return some && !AnyBad(verdict) ? " Results up to there would be valid." : "";
}

}  // namespace

std::string WallTable(const CheckView& view, const Style& style) {
  return Table(view, style).Text();
}

std::string AnywayText(const CheckView& view, const Style& style) {
  const std::vector<Wall>& walls = view.verdict.walls;
  const auto first = std::ranges::find_if(walls, Breaks);
  if (first == walls.end()) return "";
  std::string text = "if you start anyway: ";
  text += first->error.empty() ? first->what_happens + "."
                               : Failure(*first) + StillValid(*first, view.verdict) + " " +
                                     AsSentence(first->what_happens);
  const auto second = std::find_if(first + 1, walls.end(), Breaks);
  if (second != walls.end())
    text += Format(" The second wall, {}: {}", second->title,
                   second->error.empty() ? second->what_happens + "." : Failure(*second));
  return Indented(Printable(text), 0, style);
}

}  // namespace tunewire
