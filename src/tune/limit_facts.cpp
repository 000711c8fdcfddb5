// One look at everything that a profile's limits and files concern.
#include <algorithm>
#include <set>

#include "base/format.h"
#include "tune/file_item.h"
#include "tune/import_entries.h"
#include "tune/limit_name.h"
#include "tune/unit_limits.h"
#include "tunewire/base/text.h"
#include "tunewire/tune/limits.h"

namespace tunewire {
namespace {

constexpr std::size_t kMaxConfBytes = 1024 * 1024;
constexpr std::string_view kLimitsConf = "/etc/security/limits.conf";
constexpr std::string_view kLimitsFolder = "/etc/security/limits.d";

bool IsNamed(const Process& process, const std::string& subject) {
  if (subject == Format("{}", process.id.pid)) return true;
  if (!process.unit.empty() && subject == process.unit) return true;
  return subject == process.command ||
         (!process.executable.empty() && subject == process.executable);
}

class FactReader {
 public:
  FactReader(LimitFacts& facts, const FilePlace& place, const Files& files)
      : facts_(facts), place_(place), files_(files) {}

  void ReadLogins(const ComposedProfile& profile) {
    std::set<std::string> wanted;
    for (const LimitSetting& limit : profile.limits)
      if (limit.target == LimitTarget::kLogins)
        wanted.insert(Format("{} {}", limit.item, limit.subject));
    if (wanted.empty()) return;
    ReadLoginFile(place_.root + std::string(kLimitsConf), wanted);
    const std::string folder = place_.root + std::string(kLimitsFolder);
    const auto names = files_.List(folder);
    if (!names) return;
    for (const std::string& name : *names)
      if (name.ends_with(".conf")) ReadLoginFile(folder + "/" + name, wanted);
  }

  void ReadServices(const ComposedProfile& profile) {
    std::map<std::string, UnitFiles> units;
    for (const LimitSetting& limit : profile.limits) {
      if (limit.target != LimitTarget::kServices) continue;
      const auto [unit, fresh] = units.try_emplace(limit.subject);
      if (fresh) unit->second = FindUnitFiles(files_, place_.root, limit.subject);
      facts_.units[limit.subject] = unit->second.known;
      ReadUnit(limit, unit->second);
    }
  }

  void ReadRunning(const ComposedProfile& profile, const InForce& in_force,
                   const ProcessTable& processes) {
    const bool wanted = std::ranges::any_of(profile.limits, [](const LimitSetting& limit) {
      return limit.target == LimitTarget::kRunning;
    });
    if (!wanted && in_force.limits.empty()) return;
    const auto all = processes.Processes();
    if (!all) {
      facts_.errors.push_back(all.error());
      return;
    }
    for (const Process& process : *all) {
      for (const std::string& item : ItemsFor(process, profile, in_force)) {
        const auto limits = processes.GetLimits(process.id, item);
        if (limits)
          facts_.running.push_back({.process = process, .item = item, .limits = *limits});
        else if (limits.error().kind != ErrorKind::kNotFound)
          facts_.errors.push_back(limits.error());
      }
    }
  }

  void ReadFile(const std::string& path) {
    if (facts_.files.contains(path)) return;
    auto state = ReadFileItem(files_, path);
    if (state)
      facts_.files[path] = *std::move(state);
    else
      facts_.errors.push_back(state.error());
  }

 private:
  static std::set<std::string> ItemsFor(const Process& process, const ComposedProfile& profile,
                                        const InForce& in_force) {
    std::set<std::string> items;
    for (const LimitSetting& limit : profile.limits)
      if (limit.target == LimitTarget::kRunning && IsNamed(process, limit.subject))
        items.insert(limit.item);
    for (const auto& [name, held] : in_force.limits) {
      const auto parsed = ParseLimitItemName(name);
      if (parsed && parsed->id == process.id) items.insert(parsed->item);
    }
    return items;
  }

  // pam_limits takes lines in order; of one domain and item the last one wins.
  void ReadLoginFile(const std::string& path, const std::set<std::string>& wanted) {
    const auto content = files_.Read(path, kMaxConfBytes);
    if (!content) {
      if (content.error().kind != ErrorKind::kNotFound) facts_.errors.push_back(content.error());
      return;
    }
    for (const LimitLine& line : ParseLimitLines(path, content->bytes).lines) {
      const std::string name = Format("{} {}", line.item, line.domain);
      if (!wanted.contains(name)) continue;
      const auto amount = ReadLimitAmount(line.item, line.value).amount;
      if (!amount) continue;
      LimitNow& now = facts_.logins[name];
      if (line.type != "hard") now.soft = amount;
      if (line.type != "soft") now.hard = amount;
      now.source = Format("{}:{}", path, line.at.line);
    }
  }

  void ReadUnit(const LimitSetting& limit, const UnitFiles& unit) {
    LimitNow now;
    const std::string key = UnitLimitKey(limit.item);
    for (const std::string& path : unit.paths) {
      const auto content = files_.Read(path, kMaxConfBytes);
      if (!content) continue;
      for (const UnitLimitLine& line : ParseUnitLimits(content->bytes)) {
        if (line.key != key) continue;
        now.soft = line.soft;
        now.hard = line.hard;
        now.source = Format("{}:{}", path, line.line);
      }
    }
    facts_.services[Format("{} {}", limit.item, limit.subject)] = now;
  }

  LimitFacts& facts_;
  const FilePlace& place_;
  const Files& files_;
};

std::uint64_t ReadNrOpen(const SysctlTree& tree) {
  const auto key = SysctlKey::Parse("fs.nr_open");
  const auto raw = tree.Read(*key);
  const auto number = raw ? ParseDecimal(Trim(*raw)) : std::nullopt;
  return number && *number > 0 ? static_cast<std::uint64_t>(*number) : 0;
}

}  // namespace

LimitFacts ReadLimitFacts(const ComposedProfile& profile, const InForce& in_force,
                          const FilePlace& place, const SysctlTree& tree, const Files& files,
                          const ProcessTable& processes) {
  LimitFacts facts;
  FactReader reader(facts, place, files);
  if (!profile.limits.empty()) facts.nr_open = ReadNrOpen(tree);
  reader.ReadLogins(profile);
  reader.ReadServices(profile);
  reader.ReadRunning(profile, in_force, processes);
  reader.ReadFile(LoginLimitsPath(place, profile.name));
  for (const auto& [unit, known] : facts.units) reader.ReadFile(UnitLimitsPath(place, unit));
  if (place.persist == Persist::kYes) {
    reader.ReadFile(BootKeysPath(place, profile.name));
    reader.ReadFile(BootModulesPath(place, profile.name));
  }
  for (const auto& [path, held] : in_force.files) reader.ReadFile(path);
  return facts;
}

}  // namespace tunewire
