#include "report/check_list.h"

#include <algorithm>

#include "base/format.h"
#include "report/check_words.h"
#include "report/layout.h"
#include "report/outcome_lines.h"
#include "report/sockets_words.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

/// So many reasons why something is not known are told.
constexpr std::size_t kMostReasons = 6;
/// So many warnings are told in full.
constexpr std::size_t kFewWarnings = 3;

using Checks = std::vector<const CheckResult*>;

Checks InState(const CheckView& view, CheckState state) {
  Checks found;
  for (const CheckResult& check : view.verdict.checks) {
    if (check.state == state) found.push_back(&check);
  }
  return found;
}

int WidestTitle(const Checks& checks) {
  int width = 0;
  for (const CheckResult* check : checks) width = std::max(width, ShownWidth(TitleOfCheck(*check)));
  return width;
}

/// Title, have and want of one check; `width` is that of its list's titles.
std::string HeadOf(const CheckResult& check, int width, Tone tone, const Style& style) {
  NamedValues values{{"", check.have}};
  if (!check.want.empty()) values.emplace_back("want", check.want);
  return AlignedOutcomeLine(TitleOfCheck(check), width, values, tone, style);
}

std::string Block(const CheckResult& check, int width, Tone tone, const Style& style) {
  std::string text = HeadOf(check, width, tone, style) + Indented(Printable(check.why), 6, style);
  if (!check.fix.empty()) text += Hanging("      fix: ", Printable(check.fix), style);
  return text;
}

/// "limits 5, sockets 12".
std::string BySections(const Checks& checks) {
  std::vector<std::pair<std::string_view, int>> sections;
  for (const CheckResult* check : checks) {
    const std::string_view section = SectionOfCheck(*check);
    if (sections.empty() || sections.back().first != section) sections.emplace_back(section, 0);
    ++sections.back().second;
  }
  std::vector<std::string> words;
  for (const auto& [section, number] : sections) words.push_back(Format("{} {}", section, number));
  return Join(words, ", ");
}

struct Reason {
  std::string why;
  std::vector<std::string> titles;
};

std::vector<Reason> ReasonsOf(const Checks& unknown) {
  std::vector<Reason> reasons;
  for (const CheckResult* check : unknown) {
    auto at = std::ranges::find(reasons, check->why, &Reason::why);
    if (at == reasons.end()) at = reasons.insert(at, {check->why, {}});
    at->titles.emplace_back(TitleOfCheck(*check));
  }
  return reasons;
}

std::string UnknownLines(const Checks& unknown, const Style& style) {
  const std::vector<Reason> reasons = ReasonsOf(unknown);
  std::string text;
  std::size_t shown = 0, left = 0;
  for (const Reason& reason : reasons) {
    if (shown == kMostReasons) {
      left += reason.titles.size();
      continue;
    }
    ++shown;
    text += Hanging("  " + Paint(style, Tone::kWarn, "?") + " ",
                    Join(reason.titles, ", ") + ": " + Printable(reason.why), style);
  }
  if (left > 0) text += Format("    and {} more that are not known (-v)\n", left);
  return text;
}

std::string Line(const CheckResult& check, int width, const Style& style) {
  switch (check.state) {
    case CheckState::kOk:
      return HeadOf(check, width, Tone::kGood, style);
    case CheckState::kWarn:
      return Block(check, width, Tone::kWarn, style);
    case CheckState::kBad:
      return Block(check, width, Tone::kBad, style);
    case CheckState::kUnknown:
      break;
  }
  return Hanging("  " + Paint(style, Tone::kWarn, "?") + " ",
                 std::string(TitleOfCheck(check)) + ": " + Printable(check.why), style);
}

/// Beside what makes a host not ready, and where there are many, warnings are a line each.
std::string Warnings(const CheckView& view, const Checks& warnings, int width, const Style& style) {
  const bool few =
      warnings.size() <= kFewWarnings && view.verdict.readiness != Readiness::kNotReady;
  std::string text;
  for (const CheckResult* check : warnings)
    text +=
        few ? Block(*check, width, Tone::kWarn, style) : HeadOf(*check, width, Tone::kWarn, style);
  if (!few && !warnings.empty())
    text += Paint(style, Tone::kDim, "    why they matter, and how to mend them: -v") + "\n";
  return text;
}

}  // namespace

std::string TroubleBlocks(const CheckView& view, const Style& style) {
  const Checks bad = InState(view, CheckState::kBad), warnings = InState(view, CheckState::kWarn);
  const int width = std::max(WidestTitle(bad), WidestTitle(warnings));
  std::string text;
  for (const CheckResult* check : bad) text += Block(*check, width, Tone::kBad, style);
  return text + Warnings(view, warnings, width, style);
}

std::string RestLines(const CheckView& view, const Style& style) {
  std::string text;
  const Checks fine = InState(view, CheckState::kOk);
  if (!fine.empty())
    text += Hanging("  " + Paint(style, Tone::kGood, MarksOf(style).good) + " ",
                    Format("{}: {}", fine.size(), BySections(fine)), style);
  return text + UnknownLines(InState(view, CheckState::kUnknown), style);
}

std::string AllCheckLines(const CheckView& view, const Style& style) {
  std::string text;
  std::string_view section;
  int width = 0;
  for (const CheckResult& check : view.verdict.checks)
    width = std::max(width, ShownWidth(TitleOfCheck(check)));
  for (const CheckResult& check : view.verdict.checks) {
    if (SectionOfCheck(check) != section) {
      section = SectionOfCheck(check);
      text += Paint(style, Tone::kStrong, section) + "\n";
    }
    text += Line(check, width, style);
    if (!check.evidence.empty()) text += Hanging("      seen: ", Printable(check.evidence), style);
  }
  return text;
}

}  // namespace tunewire
