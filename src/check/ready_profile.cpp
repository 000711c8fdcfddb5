// The profile that would make a host ready, out of what walls and checks ask for.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "base/format.h"
#include "tunewire/base/text.h"
#include "tunewire/catalog/tunable.h"
#include "tunewire/check/walls.h"
#include "tunewire/profile/profile.h"

namespace tunewire {
namespace {

using Json = nlohmann::ordered_json;

struct Asked {
  Json value;
  std::string why;
};

bool IsFloor(const Json& value) {
  return value.is_object() && value.contains("at_least") && value["at_least"].is_number_integer();
}

bool IsList(const Json& value) { return value.is_array(); }

/// The one that satisfies both where each is a floor; else `first` stays.
Json MergedField(const Json& first, const Json& second) {
  if (first == "keep") return second;
  const bool floors = IsFloor(first) && IsFloor(second);
  if (!floors) return first;
  return first["at_least"].get<std::int64_t>() >= second["at_least"].get<std::int64_t>() ? first
                                                                                         : second;
}

Json Merged(const Json& first, const Json& second) {
  if (!IsList(first) || !IsList(second) || first.size() != second.size()) {
    return MergedField(first, second);
  }
  Json merged = Json::array();
  for (std::size_t field = 0; field < first.size(); ++field) {
    merged.push_back(MergedField(first[field], second[field]));
  }
  return merged;
}

class Collection {
 public:
  /// Walls are asked first: theirs are the numbers of the load itself.
  void Add(const std::vector<ProfileLine>& lines) {
    for (const ProfileLine& line : lines) AddLine(line);
  }

  [[nodiscard]] const std::map<std::string, Asked>& all() const { return all_; }

 private:
  void AddLine(const ProfileLine& line) {
    Json value = Json::parse(line.value, nullptr, false);
    if (value.is_discarded()) return;
    const auto [at, fresh] = all_.try_emplace(line.key, Asked{value, line.why});
    if (!fresh) at->second.value = Merged(at->second.value, value);
  }

  std::map<std::string, Asked> all_;
};

/// In a network namespace of its own the host's values cannot be set.
bool BelongsElsewhere(const std::string& key, const HostFacts& facts) {
  if (facts.kernel.initial_netns) return false;
  const auto parsed = SysctlKey::Parse(key);
  if (!parsed) return true;
  const Tunable* tunable = FindTunable(*parsed);
  return tunable != nullptr &&
         (tunable->scope == Scope::kHost || tunable->scope == Scope::kHostShown);
}

bool LowerTo(const Field& field, Json& value) {
  if (!IsFloor(value) || value["at_least"].get<std::int64_t>() <= field.max) return false;
  value["at_least"] = field.max;
  return true;
}

/// A load may want more than a key can hold: a profile that asks for that is refused as a whole.
Asked WithinRange(const std::string& key, Asked asked) {
  const auto parsed = SysctlKey::Parse(key);
  const Tunable* tunable = parsed ? FindTunable(*parsed) : nullptr;
  if (tunable == nullptr) return asked;
  const std::span<const Field> fields = tunable->fields;
  bool lowered = false;
  if (!IsList(asked.value)) {
    lowered = fields.size() == 1 && LowerTo(fields.front(), asked.value);
  } else if (asked.value.size() == fields.size()) {
    for (std::size_t i = 0; i < fields.size(); ++i) lowered |= LowerTo(fields[i], asked.value[i]);
  }
  if (lowered) asked.why += "; the load would take more than it can hold";
  return asked;
}

Json SettingOf(const std::string& key, const Asked& asked, const HostFacts& facts) {
  const auto [value, why] = WithinRange(key, asked);
  Json setting = Json::object();
  if (value.is_object()) {
    setting = value;
  } else {
    setting["value"] = value;
  }
  if (!facts.tunables.contains(key)) setting["optional"] = true;
  setting["why"] = why;
  return setting;
}

/// setrlimit(2) refuses what is above fs.nr_open.
std::int64_t NofileOf(const Asked& asked, const HostFacts& facts, bool raises_nr_open) {
  const std::int64_t wanted =
      IsFloor(asked.value) ? asked.value["at_least"].get<std::int64_t>() : 65536;
  const auto most = facts.files ? static_cast<std::int64_t>(facts.files->nr_open) : 0;
  return most > 0 && !raises_nr_open ? std::min(wanted, most) : wanted;
}

/// What is allowed now stays allowed: a limit for logins sets soft and hard alike.
Json AmountOf(std::int64_t wanted, const HostFacts& facts) {
  const std::uint64_t hard = facts.nofile.hard;
  if (hard == kUnlimited || hard <= static_cast<std::uint64_t>(wanted)) return wanted;
  return {{"soft", wanted}, {"hard", hard}};
}

Json LimitsOf(const Asked& asked, const HostFacts& facts, bool raises_nr_open) {
  const Json amount = AmountOf(NofileOf(asked, facts, raises_nr_open), facts);
  Json nofile = Json::object();
  nofile["why"] = asked.why;
  nofile["logins"] = {{"*", amount}, {"root", amount}};
  return {{"nofile", nofile}};
}

std::string Comments(const std::vector<std::string>& elsewhere) {
  if (elsewhere.empty()) return "";
  return Format("// This network namespace cannot set these, the host's own has to: {}\n",
                Join(elsewhere, ", "));
}

Collection LinesOf(const CheckVerdict& verdict) {
  Collection lines;
  for (const Wall& wall : verdict.walls) {
    if (Breaks(wall)) lines.Add(wall.profile);
  }
  for (const CheckResult& check : verdict.checks) lines.Add(check.profile);
  return lines;
}

}  // namespace

std::vector<std::string> HostKeys(const CheckVerdict& verdict, const HostFacts& facts) {
  const Collection lines = LinesOf(verdict);
  std::vector<std::string> keys;
  for (const auto& [key, asked] : lines.all()) {
    if (key != "nofile" && BelongsElsewhere(key, facts)) keys.push_back(key);
  }
  return keys;
}

std::string ReadyProfile(const CheckVerdict& verdict, const HostFacts& facts) {
  const Collection lines = LinesOf(verdict);
  Json sysctl = Json::object(), limits = Json::object();
  const bool raises = lines.all().contains("fs.nr_open");
  for (const auto& [key, asked] : lines.all()) {
    if (key == "nofile") {
      limits = LimitsOf(asked, facts, raises);
    } else if (!BelongsElsewhere(key, facts)) {
      sysctl[key] = SettingOf(key, asked, facts);
    }
  }
  if (sysctl.empty() && limits.empty()) return "";
  Json profile = {{"format", 1}, {"name", "ready"}};
  profile["summary"] = "what this host lacks for a network measurement";
  if (!sysctl.empty()) profile["sysctl"] = sysctl;
  if (!limits.empty()) profile["limits"] = limits;
  return Comments(HostKeys(verdict, facts)) + profile.dump(2) + "\n";
}

}  // namespace tunewire
