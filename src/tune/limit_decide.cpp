// What a profile's limits would change, as values.
#include <algorithm>

#include "base/format.h"
#include "tune/limit_files.h"
#include "tune/limit_name.h"
#include "tunewire/base/text.h"
#include "tunewire/tune/limits.h"

namespace tunewire {
namespace {

class LimitDecider {
 public:
  LimitDecider(Plan& plan, const LimitFacts& facts, const InForce& in_force)
      : plan_(plan), facts_(facts), in_force_(in_force), nr_open_(NrOpenAfter()) {}

  void Run() {
    for (const LimitSetting& setting : plan_.limits) {
      switch (setting.target) {
        case LimitTarget::kLogins:
          Add(setting, FindNow(facts_.logins, setting), "next login");
          break;
        case LimitTarget::kServices:
          AddService(setting);
          break;
        case LimitTarget::kRunning:
          AddRunning(setting);
          break;
      }
    }
    GiveBack();
  }

 private:
  // A plan that raises fs.nr_open does so before it sets a limit.
  std::uint64_t NrOpenAfter() const {
    for (const Change& change : plan_.changes)
      if (change.key.path() == "fs/nr_open" && !change.after.empty())
        return static_cast<std::uint64_t>(ParseDecimal(change.after.front()).value_or(0));
    return facts_.nr_open;
  }

  static LimitNow FindNow(const std::map<std::string, LimitNow>& all, const LimitSetting& setting) {
    const auto now = all.find(Format("{} {}", setting.item, setting.subject));
    return now == all.end() ? LimitNow() : now->second;
  }

  LimitChange Judge(const LimitSetting& setting, const LimitNow& now) const {
    LimitChange change{
        .setting = setting, .soft = now.soft, .hard = now.hard, .source = now.source};
    if (setting.item == "nofile" && nr_open_ != 0 && setting.hard > nr_open_) {
      change.status = ChangeStatus::kInvalid;
      change.reason = Format("nofile {} is above fs.nr_open ({}): nobody could log in with it",
                             LimitText(setting.hard), nr_open_);
      change.hint = Format("set fs.nr_open to at least {} in the same profile", setting.hard);
    } else if (now.soft != setting.soft || now.hard != setting.hard) {
      change.status = ChangeStatus::kSet;
    }
    return change;
  }

  void Add(const LimitSetting& setting, const LimitNow& now, std::string takes_effect) {
    LimitChange change = Judge(setting, now);
    change.takes_effect = std::move(takes_effect);
    plan_.limit_changes.push_back(std::move(change));
  }

  void AddService(const LimitSetting& setting) {
    const auto known = facts_.units.find(setting.subject);
    if (known != facts_.units.end() && known->second) {
      Add(setting, FindNow(facts_.services, setting), Format("restart {}", setting.subject));
      return;
    }
    LimitChange change{.setting = setting, .status = ChangeStatus::kMissing};
    change.reason = "no such unit on this host";
    change.hint = "install it first, then apply again";
    plan_.limit_changes.push_back(std::move(change));
  }

  bool Concerns(const RunningLimit& running, const LimitSetting& setting) const {
    if (running.item != setting.item) return false;
    const Process& process = running.process;
    return setting.subject == process.command || setting.subject == process.executable ||
           setting.subject == process.unit || setting.subject == Format("{}", process.id.pid);
  }

  void AddRunning(const LimitSetting& setting) {
    bool found = false;
    for (const RunningLimit& running : facts_.running) {
      if (!Concerns(running, setting)) continue;
      found = true;
      LimitChange change = Judge(setting, {.soft = running.limits.soft,
                                           .hard = running.limits.hard,
                                           .source = Format("pid {}", running.process.id.pid)});
      change.process = running.process;
      change.takes_effect = "at once";
      change.original_raw = OriginalOf(running);
      plan_.limit_changes.push_back(std::move(change));
    }
    if (found) return;
    LimitChange change{.setting = setting, .status = ChangeStatus::kMissing};
    change.reason = "no such process runs";
    plan_.limit_changes.push_back(std::move(change));
  }

  std::string OriginalOf(const RunningLimit& running) const {
    const std::string now = LimitsText(running.limits);
    const auto held = in_force_.limits.find(LimitItemName(running.item, running.process));
    return held != in_force_.limits.end() && held->second.stored_raw == now
               ? held->second.original_raw
               : now;
  }

  // Processes that the profile in force had set and this one does not name.
  void GiveBack() {
    for (const RunningLimit& running : facts_.running) {
      const auto held = in_force_.limits.find(LimitItemName(running.item, running.process));
      if (held == in_force_.limits.end() || IsDecided(running)) continue;
      const auto original = ParseLimits(held->second.original_raw);
      const std::string now = LimitsText(running.limits);
      if (!original || now == held->second.original_raw || now != held->second.stored_raw) continue;
      LimitChange change{.status = ChangeStatus::kSet, .process = running.process};
      change.setting = {.item = running.item,
                        .target = LimitTarget::kRunning,
                        .subject = running.process.command,
                        .soft = original->soft,
                        .hard = original->hard};
      change.soft = running.limits.soft;
      change.hard = running.limits.hard;
      change.source = Format("pid {}", running.process.id.pid);
      change.original_raw = held->second.original_raw;
      change.reason = Format("given back: {} set it", in_force_.profile);
      change.takes_effect = "at once";
      change.released = true;
      plan_.limit_changes.push_back(std::move(change));
    }
  }

  bool IsDecided(const RunningLimit& running) const {
    return std::ranges::any_of(plan_.limit_changes, [&](const LimitChange& change) {
      return change.process && change.process->id == running.process.id &&
             change.setting.item == running.item;
    });
  }

  Plan& plan_;
  const LimitFacts& facts_;
  const InForce& in_force_;
  std::uint64_t nr_open_;
};

}  // namespace

void DecideLimits(Plan& plan, const LimitFacts& facts, const InForce& in_force,
                  const FilePlace& place) {
  LimitDecider(plan, facts, in_force).Run();
  DecideFiles(plan, facts, in_force, place);
}

}  // namespace tunewire
