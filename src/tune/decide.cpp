// What a profile would change on this host, as a value.
#include <algorithm>
#include <set>

#include "base/format.h"
#include "tune/compare.h"
#include "tune/expand.h"
#include "tunewire/base/text.h"
#include "tunewire/tune/plan.h"

namespace tunewire {
namespace {

class Decider {
 public:
  Decider(const ComposedProfile& profile, const Snapshot& snapshot, const InForce& in_force,
          const HostInfo& host)
      : profile_(profile), snapshot_(snapshot), in_force_(in_force), host_(host) {}

  Plan Run() {
    plan_.profile = profile_.name;
    plan_.references = profile_.references;
    plan_.limits = profile_.limits;
    DecideNamed();
    DecideGlobs();
    GiveBack();
    OrderForWriting();
    FindSideEffects();
    return std::move(plan_);
  }

 private:
  void DecideNamed() {
    for (const Setting& setting : profile_.settings)
      if (!setting.key.is_glob()) Add(DecideOne(setting, setting.key.key()));
  }

  // A key named in full beats a glob that covers it, as in sysctl.d(5).
  void DecideGlobs() {
    for (const Setting& setting : profile_.settings) {
      if (!setting.key.is_glob()) continue;
      const auto keys = Expand(setting.key, snapshot_);
      if (keys.empty()) AddUnmatched(setting);
      for (const SysctlKey& key : keys) {
        if (decided_.contains(key)) continue;
        Change change = DecideOne(setting, key);
        // A folder of the pattern's kind may lack this one key: nothing the profile got wrong.
        if (change.status == ChangeStatus::kMissing) change.setting->optional = true;
        change.notes.push_back(Format("matches {}", setting.key.name()));
        Add(std::move(change));
      }
    }
  }

  void AddUnmatched(const Setting& setting) {
    const auto key = SysctlKey::Parse(setting.key.name());
    if (!key) return;
    Change change{.key = *key, .status = ChangeStatus::kMissing, .want = setting.want};
    change.reason = "no interface matches";
    change.hint = "it will be looked for again at the next apply";
    change.setting = setting;
    change.setting->optional = true;
    Add(std::move(change));
  }

  void Add(Change change) {
    decided_.insert(change.key);
    plan_.changes.push_back(std::move(change));
  }

  Change DecideOne(const Setting& setting, const SysctlKey& key) {
    Change change{.key = key, .want = setting.want, .setting = setting};
    const Tunable* tunable = FindTunable(key);
    if (tunable != nullptr) change.takes_effect = TakesEffectName(tunable->takes_effect);
    const Snapshot::Entry& entry = snapshot_.keys.at(key);
    change.access = entry.state.access;
    if (change.access == KeyState::Access::kAbsent) return Missing(std::move(change));
    if (change.access == KeyState::Access::kWriteOnly)
      return Refused(std::move(change), ChangeStatus::kInvalid,
                     "write-only: its old value cannot be saved", "leave it out of the profile");
    if (entry.error)
      return Refused(std::move(change), ChangeStatus::kReadOnly, entry.error->message,
                     entry.error->hint);
    change.before_raw = entry.raw;
    change.before = CanonicalFields(tunable, entry.raw);
    change.original_raw = OriginalOf(key, entry.raw);
    return Judge(std::move(change), tunable);
  }

  Change Missing(Change change) const {
    Absence absence = ExplainAbsence(change.key, snapshot_);
    return Refused(std::move(change), ChangeStatus::kMissing, std::move(absence.reason),
                   std::move(absence.hint));
  }

  static Change Refused(Change change, ChangeStatus status, std::string reason, std::string hint) {
    change.status = status;
    change.reason = std::move(reason);
    change.hint = std::move(hint);
    return change;
  }

  // What leaving all profiles gives back. Where somebody else has changed the key since, that value
  // is the new ground.
  std::string OriginalOf(const SysctlKey& key, const std::string& raw) const {
    const auto held = in_force_.keys.find(key);
    if (held == in_force_.keys.end() || !SameValue(key, held->second.stored_raw, raw)) return raw;
    return held->second.original_raw;
  }

  Change Judge(Change change, const Tunable* tunable) const {
    const auto want = change.want.Resolve(tunable, host_.memory);
    if (!want)
      return Refused(std::move(change), ChangeStatus::kInvalid, want.error().message,
                     want.error().hint);
    change.want = *want;
    auto after = want->Apply(change.before);
    if (!after)
      return Refused(std::move(change), ChangeStatus::kInvalid, after.error().message,
                     after.error().hint);
    change.after = *std::move(after);
    if (KeptAs(tunable, change.after, change.before)) {
      change.status = ChangeStatus::kAlready;
      change.after = change.before;
      return change;
    }
    if (const auto problems = CheckValue(tunable, change.after); !problems.empty())
      return Refused(std::move(change), ChangeStatus::kInvalid, problems.front().message,
                     problems.front().hint);
    change.status = ChangeStatus::kSet;
    return JudgeAccess(std::move(change), tunable);
  }

  Change JudgeAccess(Change change, const Tunable* tunable) const {
    if (change.access == KeyState::Access::kReadOnlyMount)
      return Refused(std::move(change), ChangeStatus::kReadOnly, "/proc/sys is mounted read-only",
                     "containers often are: apply it on the host, or start this one with --sysctl");
    if (change.access != KeyState::Access::kReadOnly) return change;
    const bool host_wide = tunable != nullptr && tunable->scope == Scope::kHostShown;
    if (host_wide && !snapshot_.init_namespace)
      return Refused(std::move(change), ChangeStatus::kReadOnly,
                     "host-wide key, read-only in this namespace",
                     "apply it in the host's own network namespace");
    return Refused(std::move(change), ChangeStatus::kReadOnly, "read-only on this kernel",
                   "leave it out of the profile");
  }

  // Keys that the profile in force set and this one does not name. Along-changed keys go back too,
  // unless what changed them stays.
  void GiveBack() {
    for (const auto& [key, held] : in_force_.keys) {
      if (decided_.contains(key)) continue;
      const Snapshot::Entry& entry = snapshot_.keys.at(key);
      if (entry.state.access == KeyState::Access::kAbsent || entry.error) continue;
      if (SameValue(key, entry.raw, held.original_raw)) continue;
      if (held.side_effect && CauseStays(key)) continue;
      plan_.changes.push_back(GiveBackOne(key, held, entry));
    }
  }

  bool CauseStays(const SysctlKey& key) const {
    return std::ranges::any_of(decided_,
                               [&](const SysctlKey& cause) { return IsCoupled(cause, key); });
  }

  Change GiveBackOne(const SysctlKey& key, const InForce::Held& held,
                     const Snapshot::Entry& entry) const {
    const Tunable* tunable = FindTunable(key);
    Change change{.key = key, .status = ChangeStatus::kSet, .access = entry.state.access};
    change.before_raw = entry.raw;
    change.before = CanonicalFields(tunable, entry.raw);
    change.original_raw = held.original_raw;
    change.after = CanonicalFields(tunable, held.original_raw);
    if (tunable != nullptr) change.takes_effect = TakesEffectName(tunable->takes_effect);
    change.reason = Format("given back: {} set it", in_force_.profile);
    if (!SameValue(key, entry.raw, held.stored_raw)) {
      change.status = ChangeStatus::kAlready;
      change.after = change.before;
      change.reason =
          Format("left alone: {} set it, somebody else changed it since", in_force_.profile);
    }
    return change;
  }

  // What changes other keys along is written before them, so that their own write comes last.
  void OrderForWriting() {
    const auto rank = [&](const Change& change) -> std::ptrdiff_t {
      const Tunable* tunable = FindTunable(change.key);
      if (tunable == nullptr || tunable->coupled.empty()) return 0;
      return -std::ranges::count_if(
          plan_.changes, [&](const Change& other) { return IsCoupled(change.key, other.key); });
    };
    std::vector<std::pair<std::ptrdiff_t, std::size_t>> order;
    for (std::size_t i = 0; i < plan_.changes.size(); ++i)
      order.emplace_back(rank(plan_.changes[i]), i);
    std::ranges::stable_sort(order, {}, &std::pair<std::ptrdiff_t, std::size_t>::first);
    std::vector<Change> sorted;
    for (const auto& [ignored, index] : order) sorted.push_back(std::move(plan_.changes[index]));
    plan_.changes = std::move(sorted);
  }

  void FindSideEffects() {
    std::set<SysctlKey> seen;
    for (const Change& change : plan_.changes) seen.insert(change.key);
    for (const Change& change : plan_.changes) {
      const bool stays = change.status == ChangeStatus::kAlready && !change.released();
      if (change.status != ChangeStatus::kSet && !stays) continue;
      for (const SysctlKey& key : CoupledKeys(change.key, snapshot_)) {
        if (seen.contains(key)) continue;
        const auto held = in_force_.keys.find(key);
        // Of a cause that stays, only what it changed under the profile in force is carried on.
        if (stays && held == in_force_.keys.end()) continue;
        seen.insert(key);
        AddSideEffect(key, change.key);
      }
    }
  }

  void AddSideEffect(const SysctlKey& key, const SysctlKey& cause) {
    const auto entry = snapshot_.keys.find(key);
    if (entry == snapshot_.keys.end() || entry->second.raw.empty()) return;
    plan_.side_effects.push_back({.key = key,
                                  .cause = cause,
                                  .before_raw = entry->second.raw,
                                  .original_raw = OriginalOf(key, entry->second.raw)});
  }

  const ComposedProfile& profile_;
  const Snapshot& snapshot_;
  const InForce& in_force_;
  const HostInfo& host_;
  Plan plan_;
  std::set<SysctlKey> decided_;
};

}  // namespace

PlanSummary Plan::Summary() const {
  PlanSummary summary;
  for (const Change& change : changes) {
    switch (change.status) {
      case ChangeStatus::kSet:
        ++summary.set;
        break;
      case ChangeStatus::kAlready:
        ++summary.already;
        break;
      case ChangeStatus::kMissing:
        ++summary.missing;
        break;
      case ChangeStatus::kReadOnly:
        ++summary.read_only;
        break;
      case ChangeStatus::kInvalid:
        ++summary.invalid;
        break;
    }
  }
  return summary;
}

bool Plan::ChangesNothing() const {
  const auto is_set = [](const auto& change) { return change.status == ChangeStatus::kSet; };
  return std::ranges::none_of(changes, is_set) && std::ranges::none_of(files, is_set) &&
         std::ranges::none_of(limit_changes, [&](const LimitChange& change) {
           return is_set(change) && change.process;
         });
}

Plan Decide(const ComposedProfile& profile, const Snapshot& snapshot, const InForce& in_force,
            const HostInfo& host) {
  return Decider(profile, snapshot, in_force, host).Run();
}

}  // namespace tunewire
