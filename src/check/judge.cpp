// From checks and walls to one word and one sentence.
#include <algorithm>
#include <cmath>
#include <utility>

#include "base/format.h"
#include "check/check_parts.h"
#include "tunewire/base/text.h"
#include "tunewire/check/walls.h"

namespace tunewire {
namespace {

std::string TitleOf(const std::string& id) {
  const CheckEntry* entry = FindCheck(id);
  return entry == nullptr ? id : std::string(entry->title);
}

std::uint64_t CountOf(const std::vector<CheckResult>& checks, CheckState state) {
  return static_cast<std::uint64_t>(std::ranges::count(checks, state, &CheckResult::state));
}

/// Without these nothing can be promised; what else is unknown is said, and stops nobody.
bool IsEssential(const Wall& wall) {
  return wall.resource == "source_ports" || wall.resource == "descriptors" ||
         wall.resource == "accept_backlog";
}

const Wall* FirstUnknown(const std::vector<Wall>& walls) {
  for (const Wall& wall : walls) {
    if (!wall.unknown.empty() && IsEssential(wall)) return &wall;
  }
  return nullptr;
}

std::string WallSentence(const Wall& wall, const LoadWish& wish) {
  // A queue ends a load only where nobody empties it meanwhile.
  if (wall.resource == "accept_backlog" || wall.resource == "syn_backlog") {
    return Format("the {} here holds {:.0f} of {:.0f} connections that may arrive at once",
                  wall.title, wall.have, wall.need);
  }
  const bool opens = wall.at_connections && !wall.error.empty();
  if (opens && *wall.at_connections < wish.connections) {
    return Format("this host can {} {} of the {} connections you asked for",
                  wish.side == LoadSide::kClient ? "open" : "take", *wall.at_connections,
                  wish.connections);
  }
  if (opens) {
    return Format("{} end after {} connections in all", wall.title, *wall.at_connections);
  }
  if (wall.at_connections) {
    return Format("{} is enough for {} of the {} connections you asked for", wall.title,
                  *wall.at_connections, wish.connections);
  }
  const double times = ShareOf(wall.need, wall.have);
  return Format(
      "{}: the load needs {} what there is", wall.title,
      times < 2 ? Format("{:.0f} % of", std::ceil(times * 100)) : Format("{:.1f} times", times));
}

std::string BadSentence(const std::vector<CheckResult>& checks) {
  std::vector<std::string> titles;
  for (const CheckResult& check : checks) {
    if (check.state == CheckState::kBad) titles.push_back(TitleOf(check.id));
  }
  const std::size_t more = titles.size() > 3 ? titles.size() - 3 : 0;
  titles.resize(titles.size() - more);
  std::string text =
      Format("{} a measurement here: {}",
             titles.size() + more == 1 ? "one condition spoils"
                                       : Format("{} conditions spoil", titles.size() + more),
             Join(titles, ", "));
  return more > 0 ? text + Format(" and {} more", more) : text;
}

std::string ReadySentence(const std::vector<CheckResult>& checks,
                          const std::optional<LoadWish>& wish) {
  std::string text = "nothing known here spoils a measurement";
  if (wish) {
    text = wish->connections > 0 ? Format("this host carries the {} you asked for",
                                          Count(wish->connections, "connection", "connections"))
                                 : "this host carries the load you asked for";
  }
  const std::uint64_t warnings = CountOf(checks, CheckState::kWarn);
  return warnings == 0 ? text : Format("{}; {}", text, Count(warnings, "warning", "warnings"));
}

struct Judgement {
  Readiness readiness;
  std::string sentence;
};

Judgement Judge(const std::vector<CheckResult>& checks, const std::vector<Wall>& walls,
                const std::optional<LoadWish>& wish) {
  const auto broken = std::ranges::find_if(walls, Breaks);
  if (wish && broken != walls.end()) {
    return {Readiness::kNotReady, WallSentence(*broken, *wish)};
  }
  if (CountOf(checks, CheckState::kBad) > 0) return {Readiness::kNotReady, BadSentence(checks)};
  const Wall* dark = FirstUnknown(walls);
  if (dark != nullptr) {
    return {Readiness::kUnknown, Format("{}: {}", dark->title, dark->unknown)};
  }
  if (CountOf(checks, CheckState::kUnknown) == checks.size()) {
    return {Readiness::kUnknown, "nothing is known about this host"};
  }
  return {Readiness::kReady, ReadySentence(checks, wish)};
}

}  // namespace

std::string_view NameOf(Readiness readiness) {
  switch (readiness) {
    case Readiness::kReady:
      return "ready";
    case Readiness::kNotReady:
      return "not_ready";
    case Readiness::kUnknown:
      return "unknown";
  }
  return "";
}

CheckVerdict JudgeHost(std::vector<CheckResult> checks, std::vector<Wall> walls,
                       const std::optional<LoadWish>& wish) {
  Judgement judgement = Judge(checks, walls, wish);
  CheckVerdict verdict;
  verdict.readiness = judgement.readiness;
  verdict.sentence = std::move(judgement.sentence);
  verdict.checks = std::move(checks);
  verdict.walls = std::move(walls);
  return verdict;
}

}  // namespace tunewire
