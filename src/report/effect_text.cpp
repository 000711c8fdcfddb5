#include "report/effect_text.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/format.h"
#include "report/layout.h"
#include "report/outcome_lines.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

std::string Some(const std::vector<std::string>& all, int most) {
  const auto shown = std::min<std::ptrdiff_t>(std::ssize(all), most);
  const std::vector<std::string> first(all.begin(), all.begin() + shown);
  const std::string text = Printable(Join(first, ", "));
  const auto rest = std::ssize(all) - shown;
  return rest == 0 ? text : Format("{} and {} more", text, rest);
}

template <class T>
void AddOnce(std::vector<T>& all, const T& one) {
  if (std::ranges::find(all, one) == all.end()) all.push_back(one);
}

std::string Everywhere(const EffectGroup& group, const Style& style) {
  constexpr int kFew = 3;
  const bool all = style.detail == Detail::kVerbose;
  return group.Where(all ? static_cast<int>(group.sockets.size() + group.pids.size()) : kFew);
}

std::string GroupText(const EffectGroup& group, Tone tone, const Style& style) {
  const NotInEffect& first = *group.first;
  const std::string title = Format("{} {}", first.key, group.Who());
  std::string text = OutcomeLine(title, {{"want", first.want}, {"is", first.is}}, tone, style);
  const std::string where = Everywhere(group, style);
  return text +
         Indented(where.empty() ? first.action : Format("{}: {}", where, first.action), 6, style);
}

}  // namespace

std::string EffectGroup::Who() const {
  if (!first->unit.empty()) return Printable(first->unit);
  if (!first->command.empty()) return Printable(Format("{} (pid {})", first->command, first->pid));
  return sockets.empty() ? "" : Printable(sockets.front());
}

std::string EffectGroup::Where(int most) const {
  std::string text;
  if (!first->unit.empty() && !pids.empty()) {
    text = pids.size() == 1 ? Format("{} (pid {})", Printable(first->command), pids.front())
                            : Format("{} processes from pid {}", pids.size(), pids.front());
  }
  const bool named = first->unit.empty() && first->command.empty();
  if (named && sockets.size() < 2) return text;
  const std::string at = Some(sockets, most);
  if (at.empty()) return text;
  return text.empty() ? "at " + at : text + " at " + at;
}

std::vector<EffectGroup> GroupEffects(const std::vector<NotInEffect>& findings,
                                      NotInEffect::Kind kind) {
  using Same = std::tuple<std::string, std::string, std::string, std::string, std::string, int>;
  std::map<Same, std::size_t> known;
  std::vector<EffectGroup> groups;
  for (const NotInEffect& finding : findings) {
    if (finding.kind != kind) continue;
    // Workers of one unit are one thing to restart; without a unit each process is.
    const std::string who = finding.unit.empty() ? finding.command : finding.unit;
    // Nobody's sockets share their advice; each interface has its own.
    const Same same{finding.key, finding.want,   finding.is,
                    who,         finding.action, finding.unit.empty() ? finding.pid : 0};
    const auto [at, fresh] = known.try_emplace(same, groups.size());
    if (fresh) groups.push_back({.first = &finding, .pids = {}, .sockets = {}});
    EffectGroup& group = groups[at->second];
    if (finding.pid != 0) AddOnce(group.pids, finding.pid);
    if (!finding.socket.empty()) AddOnce(group.sockets, finding.socket);
  }
  return groups;
}

std::string StaleText(const std::vector<NotInEffect>& findings, const Style& style) {
  std::string text;
  for (const EffectGroup& group : GroupEffects(findings, NotInEffect::Kind::kStale))
    text += GroupText(group, Tone::kBad, style);
  return text;
}

std::string OwnChoiceText(const std::vector<NotInEffect>& findings, const Style& style) {
  constexpr std::ptrdiff_t kMostLines = 5;
  const auto groups = GroupEffects(findings, NotInEffect::Kind::kOwnChoice);
  std::string text;
  if (style.detail == Detail::kVerbose) {
    for (const EffectGroup& group : groups) text += GroupText(group, Tone::kWarn, style);
    return text;
  }
  std::vector<std::pair<const NotInEffect*, std::vector<std::string>>> by_key;
  for (const EffectGroup& group : groups) {
    const auto at = std::ranges::find_if(
        by_key, [&](const auto& one) { return one.first->key == group.first->key; });
    auto& names =
        (at == by_key.end() ? by_key.emplace_back(group.first, std::vector<std::string>()) : *at)
            .second;
    names.push_back(Format("{} {}", group.Who(), Printable(group.first->is)));
  }
  const bool all = std::ssize(by_key) <= kMostLines;
  const auto shown = all ? std::ssize(by_key) : kMostLines - 1;
  for (std::ptrdiff_t i = 0; i < shown; ++i) {
    const auto& [first, names] = by_key[static_cast<std::size_t>(i)];
    const std::string line = Format("{} want {}, by own choice: {}", Printable(first->key),
                                    Printable(first->want), Join(names, ", "));
    text += Format("  {} {}\n", Paint(style, Tone::kWarn, MarksOf(style).warn),
                   Cut(line, style.columns - 4, style));
  }
  if (!all)
    text += Format("  {} {} more keys by own choice (-v lists them)\n", MarksOf(style).warn,
                   std::ssize(by_key) - shown);
  return text;
}

}  // namespace tunewire
