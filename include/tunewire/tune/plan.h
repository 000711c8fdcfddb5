// Deciding: what a profile would change on this host, as a value. Nothing here writes.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/host/host_info.h"
#include "tunewire/host/listeners.h"
#include "tunewire/host/processes.h"
#include "tunewire/host/rehearsal.h"
#include "tunewire/host/sysctl_tree.h"
#include "tunewire/profile/profile.h"

namespace tunewire {

/// What the tree said, once, of every key a plan concerns.
struct Snapshot {
  struct Entry {
    KeyState state;
    std::string raw;             ///< as read, newline included; empty where it could not be read
    std::optional<Error> error;  ///< of a read that failed though the mode allows it
  };
  std::map<SysctlKey, Entry> keys;
  std::map<std::string, std::vector<std::string>>
      names;                   ///< folder -> names in it, for globs and missing interfaces
  bool init_namespace = true;  ///< host-wide network keys are there
};

enum class ChangeStatus { kSet, kAlready, kMissing, kReadOnly, kInvalid };

struct Change {
  SysctlKey key;
  ChangeStatus status = ChangeStatus::kAlready;
  KeyState::Access access = KeyState::Access::kAbsent;
  Requirement want;                 ///< resolved: no percentages
  std::vector<std::string> before;  ///< canonical fields now; empty where missing
  std::vector<std::string> after;   ///< canonical fields to write; empty unless kSet or kAlready
  std::string before_raw;           ///< exactly what was read
  std::string original_raw;  ///< before any profile in force touched it; what leaving all profiles
                             ///< gives back
  std::string reason;  ///< why missing, read-only or invalid; or "given back: ..." for kReleased
  std::string hint;
  std::optional<Setting>
      setting;  ///< absent where the key is given back because the profile in force had it
  std::string takes_effect;        ///< "at once", "next listen"
  std::vector<std::string> notes;  ///< what else an administrator should know: listeners, ports
  std::optional<RehearsedWrite> rehearsed;

  [[nodiscard]] bool released() const { return !setting.has_value(); }
  [[nodiscard]] bool optional_key() const { return setting && setting->optional; }
};

/// A key that the kernel changes by itself when another is written.
struct SideEffect {
  SysctlKey key;
  SysctlKey cause;
  std::string before_raw;
  std::string original_raw;  ///< before any profile in force touched it
};

/// One limit of one subject: a login domain, a unit, or one running process.
struct LimitChange {
  LimitSetting setting;  ///< of a limit given back: item, target, and the values to go back to
  ChangeStatus status = ChangeStatus::kAlready;
  std::optional<Process> process;           ///< of a running target
  std::optional<std::uint64_t> soft, hard;  ///< now; absent where nothing sets it
  std::string source;                       ///< what sets it now: "/etc/...:12", "pid 812"
  std::string original_raw;  ///< of a process: before any profile in force touched it
  std::string reason, hint;
  std::string takes_effect;  ///< "at once", "next login", "restart nginx.service"
  bool released = false;     ///< the profile in force set it, this one does not
};

/// A file to write, replace or remove, as one text (ParseFileState in the transaction's words):
/// "644 0 0\n" and the bytes, empty where there is none.
struct FileChange {
  std::string path;
  ChangeStatus status = ChangeStatus::kAlready;
  std::string before_raw, after_raw, original_raw;
  std::string purpose;       ///< "limits of logins", "keys at the next boot"
  std::string takes_effect;  ///< "next login", "next boot"
  std::string reason;        ///< why it is removed
  bool released = false;
};

struct PlanSummary {
  int set = 0, already = 0, missing = 0, read_only = 0, invalid = 0;
};

struct RehearsalSummary {
  bool held = false;
  int accepted = 0, refused = 0, not_possible = 0;
  std::string why_not;  ///< where it was not held
};

struct Plan {
  std::string profile;
  std::vector<std::string> references;
  std::vector<Change> changes;  ///< in the order of writing: what changes others comes first
  std::vector<SideEffect> side_effects;
  std::vector<LimitSetting> limits;  ///< as the profile asks for them
  std::vector<LimitChange> limit_changes;
  std::vector<FileChange> files;
  RehearsalSummary rehearsal;

  [[nodiscard]] PlanSummary Summary() const;  ///< of the keys
  /// No key, no limit and no file would change.
  [[nodiscard]] bool ChangesNothing() const;
};

/// The values a transaction in force found before it; empty where none is.
struct InForce {
  std::string tx;
  std::string profile;
  struct Held {
    std::string original_raw;
    std::string stored_raw;
    bool side_effect = false;  ///< the profile did not name it: the kernel changed it along
  };
  std::map<SysctlKey, Held> keys;
  std::map<std::string, Held> files;   ///< by path
  std::map<std::string, Held> limits;  ///< of running processes, by the name of their item
};

Snapshot TakeSnapshot(const ComposedProfile& profile, const InForce& in_force,
                      const SysctlTree& tree);

/// Pure. Every setting becomes one or more changes (a glob: one per interface), each with a status;
/// keys of the profile in force that this one does not name go back to their original value in the
/// same plan.
Plan Decide(const ComposedProfile& profile, const Snapshot& snapshot, const InForce& in_force,
            const HostInfo& host);

/// Tries the plan's writes in a scratch namespace and notes each verdict; a refused one becomes
/// kInvalid.
void Rehearse(Plan& plan, Rehearsal& rehearsal);

/// Notes listeners that keep a smaller backlog, and ports that a wider range would swallow.
void NoteListeners(Plan& plan, const std::vector<Listener>& listeners);

/// One reason why a key is not there, and what to do.
struct Absence {
  std::string reason;
  std::string hint;
};
Absence ExplainAbsence(const SysctlKey& key, const Snapshot& snapshot);

}  // namespace tunewire
