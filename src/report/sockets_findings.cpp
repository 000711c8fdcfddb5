// Findings as blocks of text.
#include <algorithm>

#include "base/format.h"
#include "report/layout.h"
#include "report/sockets_parts.h"
#include "report/sockets_words.h"
#include "tunewire/base/quantity.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

/// The same trouble of processes of one program.
struct Group {
  const Finding* worst = nullptr;
  std::size_t processes = 0;      ///< that are known
  std::uint64_t connections = 0;  ///< of all of them
};

bool SameTrouble(const Finding& a, const Finding& b) {
  return a.rule == b.rule && a.severity == b.severity && a.confidence == b.confidence &&
         a.process && b.process && a.process->command == b.process->command &&
         a.process->unit == b.process->unit && a.state == b.state;
}

std::vector<Group> GroupsOf(const std::vector<Finding>& findings) {
  std::vector<Group> groups;
  for (const Finding& finding : findings) {
    auto group = std::find_if(groups.begin(), groups.end(), [&finding](const Group& one) {
      return SameTrouble(*one.worst, finding);
    });
    if (group == groups.end()) group = groups.insert(group, Group{&finding});
    group->processes += finding.process ? 1 : 0;
    group->connections += finding.connections;
  }
  return groups;
}

std::string MarkOf(Severity severity, const Style& style) {
  const Marks& marks = MarksOf(style);
  switch (severity) {
    case Severity::kBad:
      return Paint(style, Tone::kBad, marks.bad);
    case Severity::kWarning:
      return Paint(style, Tone::kWarn, marks.warn);
    case Severity::kInfo:
      return "-";
  }
  return "-";
}

std::string WhoseLine(const Group& group) {
  const Finding& finding = *group.worst;
  if (!finding.process)
    return finding.connections == 0 ? "this namespace"
           : finding.inode == 0     ? "no process (closed)"
                                    : "a process not seen";
  std::string who = ShownProcess(*finding.process);
  if (group.processes > 1) who += Format(" and {} more", group.processes - 1);
  return who;
}

std::string WhereLine(const Group& group, const Style& style) {
  const Finding& finding = *group.worst;
  if (finding.connections == 0 || (finding.local.port == 0 && finding.remote.port == 0)) return "";
  std::string line = ShownEnds(finding.local, finding.remote, style);
  if (finding.state != TcpState::kUnknown && finding.state != TcpState::kEstablished)
    line += Format("  {}", NameOf(finding.state));
  if (group.connections > 1) line += Format(", and {} more like it", group.connections - 1);
  return line;
}

/// Since when, how often, and what it costs.
std::string TimesLine(const Finding& finding) {
  std::string line;
  if (finding.until_ns > finding.since_ns)
    line = Format("seen from {} to {}", ShownSpan(finding.since_ns), ShownSpan(finding.until_ns));
  const bool said = finding.summary.find(" looks") != std::string::npos;
  if (finding.share > 0 && !said)
    line += Format("{}in {:.0f} % of its looks", line.empty() ? "seen " : ", ",
                   std::max(100 * finding.share, 1.0));
  if (finding.cost_us > 0)
    line += Format("{}about {} each time", line.empty() ? "costs " : "; costs ",
                   FormatDuration(std::chrono::microseconds(finding.cost_us)));
  return line;
}

std::string ValueText(const EvidenceItem& item) {
  const auto* const number = std::get_if<std::int64_t>(&item.value);
  return number != nullptr ? Format("{}", *number) : Printable(std::get<std::string>(item.value));
}

const Rule* RuleOf(const Finding& finding) {
  const std::span<const Rule> rules = AllRules();
  const auto found = std::find_if(rules.begin(), rules.end(),
                                  [&finding](const Rule& rule) { return rule.id == finding.rule; });
  return found == rules.end() ? nullptr : &*found;
}

std::string VerboseLines(const Finding& finding, const Style& style) {
  std::string items;
  for (const EvidenceItem& item : finding.evidence)
    items += (items.empty() ? "" : ", ") + item.name + " " + ValueText(item);
  std::string text;
  if (!items.empty()) text += Hanging("    evidence: ", items, style);
  const Rule* rule = RuleOf(finding);
  if (rule == nullptr) return text;
  text += Hanging("    means: ", rule->sentence, style);
  return text + Hanging("    reads: ", rule->fields, style);
}

/// Who is never cut: where both do not fit, the rule stands below.
std::string HeadLine(const Group& group, const Style& style) {
  const Finding& finding = *group.worst;
  const std::string rule = Format("{}, {}", finding.rule, NameOf(finding.confidence));
  const std::string mark = MarkOf(finding.severity, style) + " ";
  const int indent = ShownWidth(mark);
  const int room = style.columns - indent - ShownWidth(rule) - 2;
  const std::string who = WhoseLine(group);
  if (ShownWidth(who) <= room)
    return mark + PadRight(Paint(style, Tone::kStrong, who), room) + "  " + rule + "\n";
  std::string text;
  for (const std::string& line : Wrap(who, style.columns - indent))
    text += (text.empty() ? mark : std::string(static_cast<std::size_t>(indent), ' ')) +
            Paint(style, Tone::kStrong, line) + "\n";
  return text + "    " + rule + "\n";
}

std::string Block(const Group& group, const Style& style) {
  const Finding& finding = *group.worst;
  std::string text = HeadLine(group, style);
  if (style.detail == Detail::kQuiet) return text;
  text += Indented(WhereLine(group, style), 4, style) + Indented(finding.summary, 4, style);
  for (const std::string& line : Wrap(TimesLine(finding), style.columns - 4))
    text += "    " + Paint(style, Tone::kDim, line) + "\n";
  if (!finding.advice.empty()) text += Hanging("    do: ", finding.advice, style);
  if (style.detail == Detail::kVerbose) text += VerboseLines(finding, style);
  return text;
}

/// One line for what is nobody's fault.
std::string InfoLine(const Group& group, const Style& style) {
  const std::string text =
      Format("{}: {} ({})", WhoseLine(group), group.worst->summary, group.worst->rule);
  return Hanging("- ", text, style);
}

constexpr std::size_t kMostBlocks = 6;
constexpr std::size_t kMostInfos = 3;

std::size_t Shown(std::size_t all, std::size_t most, const Style& style) {
  return style.detail == Detail::kVerbose ? all : std::min(all, most);
}

std::string Rest(std::size_t all, std::size_t shown, const Style& style) {
  if (all == shown) return "";
  return Format("{} {} more (-v)\n", MarksOf(style).ellipsis, all - shown);
}

}  // namespace

std::string FindingBlocks(const SocketsView& view, const Style& style) {
  std::vector<Group> groups = GroupsOf(view.findings);
  const auto infos = std::stable_partition(
      groups.begin(), groups.end(), [](const Group& group) { return IsTrouble(*group.worst); });
  const auto troubles = static_cast<std::size_t>(infos - groups.begin());
  const std::size_t shown = Shown(troubles, kMostBlocks, style);
  std::string text;
  const bool quiet = style.detail == Detail::kQuiet;
  for (std::size_t i = 0; i < shown; ++i) text += (quiet ? "" : "\n") + Block(groups[i], style);
  text += Rest(troubles, shown, style);
  if (quiet || troubles == groups.size()) return text;
  const std::size_t all = groups.size() - troubles;
  const std::size_t few = Shown(all, kMostInfos, style);
  text += "\n";
  for (std::size_t i = 0; i < few; ++i) {
    const Group& group = groups[troubles + i];
    text += style.detail == Detail::kVerbose ? Block(group, style) : InfoLine(group, style);
  }
  return text + Rest(all, few, style);
}

}  // namespace tunewire
