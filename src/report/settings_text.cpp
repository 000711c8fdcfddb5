#include <algorithm>

#include "base/format.h"
#include "report/layout.h"
#include "report/settings_report.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::size_t kShownNotCarried = 12;

Tone ToneOf(LintSeverity severity) {
  switch (severity) {
    case LintSeverity::kError:
      return Tone::kBad;
    case LintSeverity::kWarning:
      return Tone::kWarn;
    case LintSeverity::kNote:
      return Tone::kDim;
  }
  return Tone::kDim;
}

long long CountOf(const LintView& view, LintSeverity severity) {
  return std::ranges::count(view.findings, severity, &LintFinding::severity);
}

/// "2 errors, 1 note": what there is none of is left out.
std::string Numbers(const LintView& view) {
  std::vector<std::string> parts;
  for (const LintSeverity severity :
       {LintSeverity::kError, LintSeverity::kWarning, LintSeverity::kNote}) {
    const std::string one(LintSeverityName(severity));
    const long long number = CountOf(view, severity);
    if (number > 0) parts.push_back(Count(number, one, one + "s"));
  }
  return parts.empty() ? Format("{} rules, no finding", view.rules) : Join(parts, ", ");
}

std::string Subject(const LintView& view) {
  if (view.files.size() == 1) return Printable(view.files.front());
  return Count(static_cast<long long>(view.files.size()), "file", "files");
}

std::string PlaceOfFinding(const LintFinding& finding) {
  std::string place = Printable(finding.file);
  if (finding.line > 0) place += Format(":{}", finding.line);
  if (finding.column > 0) place += Format(":{}", finding.column);
  return place;
}

std::string FindingText(const LintFinding& finding, const Style& style) {
  const std::string severity(LintSeverityName(finding.severity));
  std::string text = Format("  {}  {}  {}\n", PlaceOfFinding(finding),
                            Paint(style, ToneOf(finding.severity), severity), finding.rule);
  if (style.detail == Detail::kQuiet) return text;
  text += Indented(Printable(finding.message), 6, style);
  return text +
         Indented(Format("{} {}", MarksOf(style).arrow, Printable(finding.advice)), 6, style);
}

}  // namespace

std::string LintText(const LintView& view, const Style& style) {
  const bool clean = view.findings.empty();
  std::string text = VerdictLine(clean ? "OK" : "LINT", clean ? Tone::kGood : Tone::kBad,
                                 Subject(view), Numbers(view), style);
  if (!clean) text += "\n";
  for (const LintFinding& finding : view.findings) text += FindingText(finding, style);
  return text;
}

std::string NotCarriedText(const std::vector<NotCarried>& not_carried, const Style& style) {
  if (not_carried.empty() || style.detail == Detail::kQuiet) return "";
  std::string text = Format("not carried over: {}\n", not_carried.size());
  const bool all = style.detail == Detail::kVerbose;
  const std::size_t shown =
      all ? not_carried.size() : std::min(not_carried.size(), kShownNotCarried);
  for (std::size_t i = 0; i < shown; ++i) {
    const NotCarried& one = not_carried[i];
    text += Format("  {}:{}  {}\n", Printable(one.at.file), one.at.line, Printable(one.what));
    text += Indented(Printable(one.why), 6, style);
  }
  if (shown < not_carried.size()) {
    text += Format("  ... {} more (-v)\n", not_carried.size() - shown);
  }
  return text;
}

std::string ImportText(const ImportView& view, const Target& target, const Style& style) {
  const Imported& imported = view.imported;
  std::vector<std::string> parts = {Count(imported.settings, "setting", "settings")};
  if (imported.limits > 0) parts.push_back(Count(imported.limits, "limit", "limits"));
  if (!imported.not_carried.empty()) {
    parts.push_back(Format("{} not carried over", imported.not_carried.size()));
  }
  std::string text =
      VerdictLine("IMPORTED", Tone::kGood, Printable(view.written), Join(parts, ", "), style);
  if (style.detail == Detail::kQuiet) return text;
  text += NotCarriedText(imported.not_carried, style);
  const bool path = view.written.find('/') != std::string::npos;
  const std::string word = ShellWord((path ? "" : "./") + view.written);
  return text + NextLine("", CommandFor(target, "plan " + Printable(word)), style);
}

}  // namespace tunewire
