// Doing: a plan applied, confirmed, taken back or finished after a crash, with every old value on
// disk first.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/host/clock.h"
#include "tunewire/host/files.h"
#include "tunewire/host/host_info.h"
#include "tunewire/host/lock.h"
#include "tunewire/host/sysctl_tree.h"
#include "tunewire/tune/boot_check.h"
#include "tunewire/tune/effect.h"
#include "tunewire/tune/plan.h"

namespace tunewire {

enum class TxState {
  kPrepared,     ///< on disk, perhaps partly written: unfinished
  kPending,      ///< applied, waits for confirm until the deadline
  kCommitted,    ///< in force, or superseded by a later one
  kUndoing,      ///< being taken back: unfinished
  kRestored,     ///< failed, interrupted or not confirmed: everything put back
  kRolledBack,   ///< taken back on request
  kKeptForeign,  ///< taken back but for keys that somebody else had changed
  kNotRestored,  ///< some keys could not be put back
};

std::string_view TxStateName(TxState state);

/// What a transaction can change. Every kind goes through the same journal, the same compare and
/// the same undo.
enum class ItemKind {
  kSysctl,  ///< named by SysctlKey::name()
  kFile,    ///< named by its absolute path
  kLimit,   ///< a running process's limit: "nofile 812 1234567 nginx" (item, pid, start, command)
};
std::string_view ItemKindName(ItemKind kind);

/// What one transaction did to one item, from its journal. Raw values are bytes exactly as read.
struct TxItem {
  enum class Role {
    kWanted,      ///< the profile asks for it and it had to change
    kHeld,        ///< the profile asks for it and it was already right
    kReleased,    ///< the earlier profile set it; given back
    kSideEffect,  ///< the kernel changes it along with another
    kSkipped,     ///< missing or read-only, and passed over on request
  };
  ItemKind kind = ItemKind::kSysctl;
  std::string name;
  Role role = Role::kWanted;
  std::string original_raw;
  std::string before_raw;
  std::string wanted;                     ///< text written; empty for side effects and skipped keys
  std::string requirement;                ///< Requirement::ToText, empty without one
  std::string origin;                     ///< "http-server.json:14", empty without a setting
  bool begun = false;                     ///< a write of ours was at least about to happen
  std::optional<std::string> stored_raw;  ///< what was read back last after a write of ours
};

struct Tx {
  std::string id;  ///< six hexadecimal digits
  std::int64_t sequence = 0;
  std::string profile;
  std::vector<std::string> references;
  TxState state = TxState::kPrepared;
  std::int64_t unix_seconds = 0;
  std::string boot_id;
  std::uint64_t netns_inode = 0;
  std::optional<std::chrono::nanoseconds> deadline;  ///< CLOCK_BOOTTIME
  std::vector<TxItem> items;
  std::vector<LimitSetting> limits;  ///< what the profile asked for
  std::string note;                  ///< why it ended so, in words
};

/// The system as transactions see it.
struct TuneHost {
  SysctlTree& sysctl;
  Files& files;
  Clock& clock;
  ProcessTable& processes;
  HostInfo info;
  std::string state_dir;              ///< "/var/lib/tunewire"
  std::function<bool()> interrupted;  ///< asked between keys; true ends a transaction and restores
  /// Tells the service manager that unit files changed. A failure is a note, never an undo.
  std::function<Status()> reload_units;
};

/// Every transaction on disk, oldest first. A damaged journal is an entry in `damaged`, never an
/// error of the whole.
struct History {
  std::vector<Tx> transactions;
  std::vector<Error> damaged;

  /// The last one that is applied in this boot and namespace; nullptr where none is.
  [[nodiscard]] const Tx* InForceHere(const HostInfo& info) const;
  [[nodiscard]] const Tx* Unfinished(const HostInfo& info) const;
  /// By id or unambiguous prefix. Errors: kUsage "no_such_transaction" / "ambiguous_transaction".
  [[nodiscard]] Result<const Tx*> Find(std::string_view id) const;
};
Result<History> ReadHistory(const TuneHost& host);

InForce DescribeInForce(const Tx* tx);

/// What a transaction asked for, from its journal: for a verify that must not depend on profile
/// files that may have changed since.
ComposedProfile ProfileOf(const Tx& tx);

struct ApplyOptions {
  std::optional<std::chrono::seconds> confirm_within;
  bool skip_missing = false;
  /// Called once the journal is safe and before the first write, when confirm_within is set.
  std::function<Status(const std::string& tx)> arm_deadline;
  std::function<void(int done, int of)> progress;
};

struct ItemOutcome {
  ItemKind kind = ItemKind::kSysctl;
  std::string name;
  std::string before, wanted,
      stored;  ///< for people and JSON: canonical, fields joined by one space
};

struct ApplyReport {
  enum class Outcome {
    kApplied,
    kNothingToDo,
    kPendingConfirm,
    kRestored,
    kNotRestored,
    kInterruptedRestored
  };
  Outcome outcome = Outcome::kNothingToDo;
  std::string tx;
  std::string journal;  ///< path
  int saved = 0;        ///< old values on disk
  std::vector<ItemOutcome> changes;
  std::vector<ItemOutcome> side_effects;  ///< changed by the kernel along with ours
  std::vector<ItemOutcome> not_restored;  ///< `wanted` is the old value, `stored` what is there
  std::optional<Error> cause;             ///< why it was taken back
  std::vector<std::string> waiting;       ///< files that are written once it is confirmed
  std::vector<std::string> notes;         ///< what else happened: a reload that failed
};

/// Refuses, before it writes anything, what cannot succeed: keys missing or read-only without
/// skip_missing (kUnsupported), not permitted (kNotPermitted), invalid (kInvalid), another
/// transaction unfinished (kBusy).
Status CheckApplicable(const Plan& plan, const ApplyOptions& options);

/// Refuses (kBusy) while a transaction of this boot and namespace is unfinished or waits to be
/// confirmed: "unfinished_transaction", "awaits_confirm".
Status CheckNobodyWaits(const History& history, const HostInfo& info);

/// The transaction of design: journal, write, read back, verify, commit or undo. The lock is the
/// caller's proof that the plan was made under it. Errors: only where nothing was written;
/// everything later is in the report.
Result<ApplyReport> Apply(const HeldLock& lock, TuneHost& host, const Plan& plan,
                          const ApplyOptions& options);

struct UndoReport {
  enum class Outcome { kRestored, kNothingToDo, kKeptForeign, kNotRestored, kStillInForce };
  Outcome outcome = Outcome::kNothingToDo;
  std::string tx;
  std::vector<ItemOutcome> restored;  ///< `wanted` and `stored` are the old value
  std::vector<ItemOutcome>
      kept_foreign;  ///< `wanted` is what we had stored (expected), `stored` what was found
  std::vector<ItemOutcome> not_restored;
  std::string note;
};

enum class Force { kNo, kYes };

/// Takes back one transaction in force. Foreign changes are kept unless forced. Where a write is
/// refused the keys already put back are set again, so the host is as the profile says
/// (kStillInForce), unless forced.
Result<UndoReport> Rollback(const HeldLock& lock, TuneHost& host, const Tx& tx, Force force);

/// Finishes what a crash, a kill or a passed deadline left: everything unfinished goes back. Other
/// boot: nothing live to restore, only closed. Other namespace: left alone.
Result<std::vector<UndoReport>> Recover(const HeldLock& lock, TuneHost& host);

/// Errors: kUsage where nothing waits, kConflict "too_late" where the deadline has passed (it was
/// put back).
Result<Tx> Confirm(const HeldLock& lock, TuneHost& host, const std::string& id);

struct Drift {
  SysctlKey key;
  std::string want;  ///< "8192", ">= 8192"
  std::string is;    ///< empty where missing
  std::string reason;
  std::optional<Origin> origin;
};

struct FileDrift {
  std::string path;
  std::string reason;  ///< "missing", "changed since transaction 7f3a21"
};

struct VerifyReport {
  std::string profile;
  const Tx* tx = nullptr;  ///< the transaction in force, where it is this profile's
  int ok = 0;
  int skipped = 0;  ///< optional and missing, or passed over when applied
  std::vector<Drift> drift;
  std::vector<LimitChange> limits;  ///< of logins and services: what they get; of processes: have
  std::vector<FileDrift> files;     ///< of the transaction in force
  std::vector<NotInEffect> not_in_effect;
  std::optional<BootReport> boot;  ///< absent where it was not looked at

  /// Keys, limits and files are as asked, nothing certain runs with old settings, and what was
  /// persisted survives the boot. What a program chose itself is no fault of the host.
  [[nodiscard]] bool Clean() const;
};

/// Files of a transaction that are not as it wrote them.
std::vector<FileDrift> CheckFiles(const Tx& tx, const Files& files);

/// Pure: judges a plan made against the host now; not_in_effect, files and boot are the caller's to
/// fill in.
VerifyReport Verify(const Plan& plan, const Tx* in_force);

}  // namespace tunewire
