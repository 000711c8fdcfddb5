#include "tune/limit_files.h"

#include <algorithm>

#include "base/format.h"
#include "profile/limit_items.h"
#include "tune/boot_lines.h"
#include "tune/file_item.h"
#include "tune/unit_limits.h"

namespace tunewire {
namespace {

// limits.conf counts some items in KiB or minutes, and nice as the nice value.
std::string LoginAmount(const std::string& item, std::uint64_t amount) {
  if (amount == kUnlimited) return "unlimited";
  if (item == "nice") return Format("{}", 20 - static_cast<std::int64_t>(amount));
  const LimitItem* known = FindLimitItem(item);
  return Format("{}", known == nullptr ? amount : amount / known->login_step);
}

std::string UnitAmount(std::uint64_t amount) {
  return amount == kUnlimited ? "infinity" : Format("{}", amount);
}

std::string LoginText(const Plan& plan) {
  std::string text = FileHeader(plan.profile);
  for (const LimitChange& change : plan.limit_changes) {
    const LimitSetting& limit = change.setting;
    if (limit.target != LimitTarget::kLogins) continue;
    text +=
        Format("{} soft {} {}\n", limit.subject, limit.item, LoginAmount(limit.item, limit.soft));
    text +=
        Format("{} hard {} {}\n", limit.subject, limit.item, LoginAmount(limit.item, limit.hard));
  }
  return text;
}

std::string UnitText(const Plan& plan, const std::string& unit) {
  std::string text = Format("{}{}\n", FileHeader(plan.profile), UnitSection(unit));
  for (const LimitChange& change : plan.limit_changes) {
    const LimitSetting& limit = change.setting;
    if (limit.target != LimitTarget::kServices || limit.subject != unit) continue;
    text += Format("{}={}:{}\n", UnitLimitKey(limit.item), UnitAmount(limit.soft),
                   UnitAmount(limit.hard));
  }
  return text;
}

class FileDecider {
 public:
  FileDecider(Plan& plan, const LimitFacts& facts, const InForce& in_force, const FilePlace& place)
      : plan_(plan), facts_(facts), in_force_(in_force), place_(place) {}

  void Run() {
    if (Needs(LimitTarget::kLogins, "", LoginLimitsPath(place_, plan_.profile)))
      Want(LoginLimitsPath(place_, plan_.profile), LoginText(plan_), "limits of logins",
           "next login");
    for (const auto& [unit, known] : facts_.units) {
      const std::string path = UnitLimitsPath(place_, unit);
      if (known && Needs(LimitTarget::kServices, unit, path))
        Want(path, UnitText(plan_, unit), Format("limits of {}", unit), Format("restart {}", unit));
    }
    if (place_.persist == Persist::kYes) WantBootFiles();
    GiveBack();
  }

 private:
  // Where every limit is right without us, no file of ours is needed.
  bool Needs(LimitTarget target, const std::string& unit, const std::string& path) const {
    bool any = false;
    bool any_to_set = false;
    for (const LimitChange& change : plan_.limit_changes) {
      if (change.setting.target != target) continue;
      if (!unit.empty() && change.setting.subject != unit) continue;
      any = true;
      any_to_set |= change.status == ChangeStatus::kSet;
    }
    const auto now = facts_.files.find(path);
    return any && (any_to_set || (now != facts_.files.end() && IsFileState(now->second)));
  }

  void WantBootFiles() {
    const std::string keys = BootKeysText(plan_);
    if (!keys.empty())
      Want(BootKeysPath(place_, plan_.profile), keys, "keys at the next boot", "next boot");
    const std::string modules = BootModulesText(plan_);
    if (!modules.empty())
      Want(BootModulesPath(place_, plan_.profile), modules,
           "modules that must be loaded before their keys are set", "next boot");
  }

  void Want(const std::string& path, const std::string& text, std::string purpose,
            std::string takes_effect) {
    const auto now = facts_.files.find(path);
    if (now == facts_.files.end()) return;  // unreadable: said among the facts' errors
    FileChange change{.path = path, .before_raw = now->second};
    change.after_raw = FileState({.bytes = text, .mode = 0644});
    change.original_raw = OriginalOf(path, now->second);
    change.purpose = std::move(purpose);
    change.takes_effect = std::move(takes_effect);
    if (SameFileState(change.before_raw, change.after_raw))
      change.after_raw = change.before_raw;
    else
      change.status = ChangeStatus::kSet;
    plan_.files.push_back(std::move(change));
  }

  std::string OriginalOf(const std::string& path, const std::string& now) const {
    const auto held = in_force_.files.find(path);
    if (held == in_force_.files.end() || !SameFileState(held->second.stored_raw, now)) return now;
    return held->second.original_raw;
  }

  // Files of the profile in force. Those for the next boot stay where this apply is only for now:
  // the next boot then brings the persisted profile, and nothing in between.
  void GiveBack() {
    for (const auto& [name, held] : in_force_.files) {
      const std::string& path = name;  // clang 14 lets no lambda capture a structured binding
      const bool decided = std::ranges::any_of(
          plan_.files, [&](const FileChange& change) { return change.path == path; });
      const auto now = facts_.files.find(path);
      if (decided || now == facts_.files.end()) continue;
      FileChange change{.path = path, .before_raw = now->second, .after_raw = now->second};
      change.original_raw = OriginalOf(path, now->second);
      change.takes_effect = "next boot";
      if (!IsBootFile(path) || place_.persist == Persist::kYes) {
        if (SameFileState(now->second, held.original_raw)) continue;
        change.released = true;
        change.after_raw = change.original_raw;
        change.reason = Format("given back: {} wrote it", in_force_.profile);
        change.status = SameFileState(change.after_raw, now->second) ? ChangeStatus::kAlready
                                                                     : ChangeStatus::kSet;
      }
      plan_.files.push_back(std::move(change));
    }
  }

  static bool IsBootFile(const std::string& path) {
    return path.find("/etc/sysctl.d/") != std::string::npos ||
           path.find("/etc/modules-load.d/") != std::string::npos;
  }

  Plan& plan_;
  const LimitFacts& facts_;
  const InForce& in_force_;
  const FilePlace& place_;
};

}  // namespace

std::string LoginLimitsPath(const FilePlace& place, const std::string& profile) {
  return Format("{}/etc/security/limits.d/60-tunewire-{}.conf", place.root, profile);
}

std::string UnitLimitsPath(const FilePlace& place, const std::string& unit) {
  return Format("{}/etc/systemd/system/{}.d/60-tunewire.conf", place.root, unit);
}

void DecideFiles(Plan& plan, const LimitFacts& facts, const InForce& in_force,
                 const FilePlace& place) {
  FileDecider(plan, facts, in_force, place).Run();
}

}  // namespace tunewire
