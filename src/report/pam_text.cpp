#include "report/pam_text.h"

#include <algorithm>

#include "base/format.h"
#include "report/layout.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

std::string PlaceText(const PamPlace& place) {
  return Printable(place.line == 0 ? place.file : Format("{}:{}", place.file, place.line));
}

std::string Remark(std::string_view text, const Style& style) {
  const std::vector<std::string> lines = Wrap(text, style.columns - 4);
  std::string block;
  for (const std::string& line : lines) {
    const bool first = block.empty();
    block += first ? "  " + Paint(style, Tone::kWarn, MarksOf(style).warn) + " " : "    ";
    block += line + "\n";
  }
  return block;
}

bool NeedsTheSame(const PamFinding& a, const PamFinding& b) {
  return a.state == PamState::kMissing && b.state == PamState::kMissing &&
         a.add_line == b.add_line && a.subject.kind == b.subject.kind;
}

/// Everybody who lacks pam_limits.so for want of the same line.
std::string MissingText(const std::vector<PamFinding>& findings, const PamFinding& first,
                        const Style& style) {
  std::vector<std::string> names, files;
  std::string copies;
  for (const PamFinding& finding : findings) {
    if (!NeedsTheSame(first, finding)) continue;
    names.push_back(finding.subject.name);
    if (std::ranges::find(files, finding.add_to) != files.end()) continue;
    files.push_back(finding.add_to);
    if (!finding.copy_from.empty())
      copies += Indented(
          Format("copy {} to {} first", Printable(finding.copy_from), Printable(finding.add_to)), 6,
          style);
  }
  // The line stands alone, so that it can be copied whole.
  return Remark(
             Format("limits do not reach logins by {}: pam_limits.so is not in the session stack",
                    Printable(Join(names, ", "))),
             style) +
         copies + Indented(Format("add to {}:", Printable(Join(files, " and "))), 6, style) +
         "        " + Printable(first.add_line) + "\n";
}

std::string OtherText(const PamFinding& finding, const Style& style) {
  const std::string name = Printable(finding.subject.name);
  switch (finding.state) {
    case PamState::kSkippable:
      return Remark(Format("limits may not reach logins by {}: {} can end the stack before "
                           "pam_limits.so ({})",
                           name, PlaceText(finding.skipper), PlaceText(finding.place)),
                    style);
    case PamState::kElsewhere:
      return Remark(Format("limits do not reach logins by {}: pam_limits.so reads {} only ({})",
                           name, Printable(finding.conf), PlaceText(finding.place)),
                    style);
    case PamState::kUnreadable:
      return Remark(Format("whether limits reach logins by {} is not known: {}", name,
                           finding.problems.empty() ? "its PAM files cannot be read"
                                                    : Printable(finding.problems.front().message)),
                    style);
    case PamState::kApplied:
    case PamState::kMissing:
    case PamState::kAbsent:
      break;
  }
  return "";
}

}  // namespace

std::string PamText(const std::vector<PamFinding>& findings, const Style& style) {
  std::string text;
  for (const PamFinding& finding : findings) {
    const bool shared = finding.subject.kind == PamSubject::Kind::kIncluded;
    if (shared && style.detail != Detail::kVerbose) continue;
    if (finding.state != PamState::kMissing) {
      text += OtherText(finding, style);
      continue;
    }
    const auto first = std::ranges::find_if(
        findings, [&](const PamFinding& one) { return NeedsTheSame(finding, one); });
    if (&*first == &finding) text += MissingText(findings, finding, style);
  }
  return text;
}

std::string_view PamStateSlug(PamState state) {
  switch (state) {
    case PamState::kApplied:
      return "applied";
    case PamState::kSkippable:
      return "skippable";
    case PamState::kElsewhere:
      return "elsewhere";
    case PamState::kMissing:
      return "missing";
    case PamState::kAbsent:
      return "absent";
    case PamState::kUnreadable:
      return "unreadable";
  }
  return "unreadable";
}

}  // namespace tunewire
