// Doing a plan: the transaction of a journal, single writes that are read back, and an undo.
#include <algorithm>

#include "base/format.h"
#include "tune/compare.h"
#include "tune/items.h"
#include "tune/journal.h"
#include "tune/undo.h"
#include "tunewire/base/text.h"
#include "tunewire/tune/transaction.h"

namespace tunewire {
namespace {

constexpr int kPasses = 3;

TxItem ItemOf(const Change& change, TxItem::Role role) {
  TxItem item{.name = change.key.name(),
              .role = role,
              .original_raw = change.original_raw,
              .before_raw = change.before_raw};
  if (role != TxItem::Role::kSkipped) item.wanted = Join(change.after, " ");
  // A key given back gets its very bytes, as an undo would write them.
  if (role == TxItem::Role::kReleased) item.wanted = change.original_raw;
  if (change.setting) {
    item.requirement = change.want.ToText();
    item.origin = Format("{}:{}", change.setting->origin.file, change.setting->origin.line);
  }
  return item;
}

std::optional<TxItem::Role> RoleOf(const Change& change) {
  switch (change.status) {
    case ChangeStatus::kSet:
      return change.released() ? TxItem::Role::kReleased : TxItem::Role::kWanted;
    case ChangeStatus::kAlready:
      if (change.released()) return std::nullopt;
      return TxItem::Role::kHeld;
    default:
      return TxItem::Role::kSkipped;
  }
}

std::vector<TxItem> ItemsOf(const Plan& plan) {
  std::vector<TxItem> items;
  for (const Change& change : plan.changes)
    if (const auto role = RoleOf(change)) items.push_back(ItemOf(change, *role));
  for (const SideEffect& effect : plan.side_effects)
    items.push_back({.name = effect.key.name(),
                     .role = TxItem::Role::kSideEffect,
                     .original_raw = effect.original_raw,
                     .before_raw = effect.before_raw});
  return items;
}

// Unpredictable enough to be unique on one host, short enough to type.
std::string NewId(const History& history, const TuneHost& host, std::int64_t sequence) {
  for (int attempt = 0;; ++attempt) {
    const std::string seed =
        Format("{} {} {} {} {}", host.info.boot_id, host.info.netns_inode, sequence,
               host.clock.UnixSeconds(), host.clock.SinceBoot().count() + attempt);
    std::string id = Crc32Hex(seed).substr(0, 6);
    if (std::ranges::none_of(history.transactions, [&](const Tx& tx) { return tx.id == id; }))
      return id;
  }
}

Tx NewTx(const Plan& plan, const History& history, const TuneHost& host,
         const ApplyOptions& options) {
  Tx tx;
  tx.sequence = history.transactions.empty() ? 1 : history.transactions.back().sequence + 1;
  tx.id = NewId(history, host, tx.sequence);
  tx.profile = plan.profile;
  tx.references = plan.references;
  tx.unix_seconds = host.clock.UnixSeconds();
  tx.boot_id = host.info.boot_id;
  tx.netns_inode = host.info.netns_inode;
  if (options.confirm_within) tx.deadline = host.clock.SinceBoot() + *options.confirm_within;
  tx.items = ItemsOf(plan);
  return tx;
}

Error ChangedMeanwhile(const Items& items, const TxItem& item, std::string_view found) {
  return {.kind = ErrorKind::kConflict,
          .code = "changed_meanwhile",
          .message = Format("{} was changed by somebody else: {} is now {}", item.name,
                            items.Shown(item, item.before_raw), items.Shown(item, found)),
          .subject = item.name,
          .hint = "look at it, then plan again"};
}

Error NotKept(const Items& items, const TxItem& item, std::string_view stored) {
  return {.kind = ErrorKind::kIo,
          .code = "not_kept",
          .message = Format("{}: the kernel took {} and stored {}", item.name,
                            items.Shown(item, item.wanted), items.Shown(item, stored)),
          .operation = "write",
          .subject = item.name,
          .hint = Format("ask for {} in the profile", items.Shown(item, stored))};
}

// The writing part of one apply. Every step is in the journal before or right after it happens.
class Writer {
 public:
  Writer(Items& items, JournalWriter& journal, Tx& tx, const TuneHost& host,
         const ApplyOptions& options)
      : items_(items), journal_(journal), tx_(tx), host_(host), options_(options) {}

  Status Run() {
    auto step = WriteAll();
    for (int pass = 1; step && pass < kPasses && !settled_; ++pass) step = Repair();
    if (step && !settled_) step = Fail(unsettled_);
    if (step) step = RecordSideEffects();
    return step;
  }

 private:
  static bool HasAim(const TxItem& item) {
    return item.role == TxItem::Role::kWanted || item.role == TxItem::Role::kReleased ||
           item.role == TxItem::Role::kHeld;
  }

  bool MayHaveMoved(const TxItem& item) const {
    return std::ranges::any_of(
        tx_.items, [&](const TxItem& cause) { return cause.begun && items_.Coupled(cause, item); });
  }

  Status WriteAll() {
    const auto total = static_cast<int>(std::ranges::count_if(tx_.items, [](const TxItem& item) {
      return HasAim(item) && item.role != TxItem::Role::kHeld;
    }));
    int done = 0;
    for (std::size_t i = 0; i < tx_.items.size(); ++i) {
      if (!HasAim(tx_.items[i]) || tx_.items[i].role == TxItem::Role::kHeld) continue;
      const auto written = CheckAndWrite(i);
      if (!written) return written;
      if (options_.progress) options_.progress(++done, total);
    }
    return {};
  }

  Status CheckAndWrite(std::size_t index) {
    const TxItem& item = tx_.items[index];
    if (host_.interrupted && host_.interrupted())
      return Fail({.kind = ErrorKind::kInterrupted,
                   .code = "interrupted",
                   .message = "interrupted before everything was written"});
    const auto now = items_.Read(item);
    if (!now) return Fail(now.error());
    const bool moved = !items_.Same(item, *now, item.before_raw);
    if (moved && !MayHaveMoved(item)) return Fail(ChangedMeanwhile(items_, item, *now));
    if (items_.Kept(item, item.wanted, *now)) return RecordStored(index, *now);
    return Write(index);
  }

  Status Write(std::size_t index) {
    TxItem& item = tx_.items[index];
    auto step = journal_.Begun(index);
    if (!step) return step;
    item.begun = true;
    item.stored_raw = std::nullopt;
    step = items_.Write(item, item.wanted);
    if (!step) return step;
    const auto now = items_.Read(item);
    if (!now) return Fail(now.error());
    step = RecordStored(index, *now);
    if (step && !items_.Kept(item, item.wanted, *now)) return Fail(NotKept(items_, item, *now));
    return step;
  }

  Status RecordStored(std::size_t index, const std::string& raw) {
    tx_.items[index].begun = true;
    tx_.items[index].stored_raw = raw;
    return journal_.Stored(index, raw);
  }

  // Verifies every key the profile asks for, and sets again what the write of a coupled key took
  // away. Anything else that moved was somebody else's doing.
  Status Repair() {
    settled_ = true;
    for (std::size_t i = 0; i < tx_.items.size(); ++i) {
      const TxItem& item = tx_.items[i];
      if (!HasAim(item)) continue;
      const auto now = items_.Read(item);
      if (!now) return Fail(now.error());
      if (items_.Kept(item, item.wanted, *now)) continue;
      if (!MayHaveMoved(item)) return Fail(ChangedMeanwhile(items_, item, *now));
      settled_ = false;
      unsettled_ = NotKept(items_, item, *now);
      const auto written = Write(i);
      if (!written) return written;
    }
    return {};
  }

  Status RecordSideEffects() {
    for (std::size_t i = 0; i < tx_.items.size(); ++i) {
      const TxItem& item = tx_.items[i];
      if (item.role != TxItem::Role::kSideEffect) continue;
      const auto now = items_.Read(item);
      if (!now && now.error().kind == ErrorKind::kNotFound) continue;
      if (!now) return Fail(now.error());
      if (items_.Same(item, *now, item.before_raw)) continue;
      const auto recorded = RecordStored(i, *now);
      if (!recorded) return recorded;
    }
    return {};
  }

  Items& items_;
  JournalWriter& journal_;
  Tx& tx_;
  const TuneHost& host_;
  const ApplyOptions& options_;
  bool settled_ = false;
  Error unsettled_;
};

std::vector<ItemOutcome> Outcomes(const Items& items, const Tx& tx, bool side_effects) {
  std::vector<ItemOutcome> outcomes;
  for (const TxItem& item : tx.items) {
    const bool is_effect = item.role == TxItem::Role::kSideEffect;
    if (!item.begun || is_effect != side_effects) continue;
    outcomes.push_back({.kind = item.kind,
                        .name = item.name,
                        .before = items.Shown(item, item.before_raw),
                        .wanted = items.Shown(item, item.wanted),
                        .stored = items.Shown(item, item.stored_raw.value_or(""))});
  }
  return outcomes;
}

Status Commit(JournalWriter& journal, Tx& tx) {
  tx.state = tx.deadline ? TxState::kPending : TxState::kCommitted;
  auto step = journal.State(tx.state, "");
  if (step) step = journal.Sync();
  return step;
}

// Best effort from here on: an undo never stops because a record could not be written. The journal
// then stays unfinished, and recover comes to the same end.
void TakeBack(Items& items, JournalWriter& journal, Tx& tx, const Error& cause,
              ApplyReport& report) {
  (void)journal.State(TxState::kUndoing, cause.message);
  const Undone undone = Undo(items, &journal, tx, {.unfinished = true});
  report.not_restored = undone.not_restored;
  for (const ItemOutcome& kept : undone.kept_foreign) {
    report.not_restored.push_back(kept);
    report.not_restored.back().wanted = kept.before;
  }
  const bool restored = report.not_restored.empty();
  const bool interrupted = cause.kind == ErrorKind::kInterrupted;
  report.cause = cause;
  report.outcome = !restored     ? ApplyReport::Outcome::kNotRestored
                   : interrupted ? ApplyReport::Outcome::kInterruptedRestored
                                 : ApplyReport::Outcome::kRestored;
  (void)journal.State(restored ? TxState::kRestored : TxState::kNotRestored, cause.message);
  (void)journal.Sync();
}

bool NothingToDo(const Plan& plan, const Tx* in_force) {
  if (plan.Summary().set > 0) return false;
  // Another profile takes over without a write: from now on it is the one that verify holds to.
  return in_force == nullptr || in_force->references == plan.references;
}

Error Unfinished(const Tx& tx) {
  return {.kind = ErrorKind::kBusy,
          .code = "unfinished_transaction",
          .message =
              Format("transaction {} ({}) was interrupted and is not finished", tx.id, tx.profile),
          .subject = tx.id,
          .hint = "tunewire recover puts the old values back"};
}

Error AwaitsConfirm(const Tx& tx) {
  return {.kind = ErrorKind::kBusy,
          .code = "awaits_confirm",
          .message = Format("transaction {} ({}) still waits to be confirmed", tx.id, tx.profile),
          .subject = tx.id,
          .hint = Format("tunewire confirm {0}, or tunewire rollback {0}", tx.id)};
}

}  // namespace

Status CheckNobodyWaits(const History& history, const HostInfo& info) {
  if (const Tx* tx = history.Unfinished(info)) return Fail(Unfinished(*tx));
  const Tx* tx = history.InForceHere(info);
  if (tx != nullptr && tx->state == TxState::kPending) return Fail(AwaitsConfirm(*tx));
  return {};
}

Result<ApplyReport> Apply(const HeldLock&, TuneHost& host, const Plan& plan,
                          const ApplyOptions& options) {
  auto ready = CheckApplicable(plan, options);
  if (!ready) return Fail(ready.error());
  const auto history = ReadHistory(host);
  if (!history) return Fail(history.error());
  ready = CheckNobodyWaits(*history, host.info);
  if (!ready) return Fail(ready.error());
  ApplyReport report;
  if (NothingToDo(plan, history->InForceHere(host.info))) return report;

  Tx tx = NewTx(plan, *history, host, options);
  auto journal = JournalWriter::Create(host.files, host.state_dir, tx);
  if (!journal) return Fail(journal.error());
  report.tx = tx.id;
  report.journal = journal->path();
  report.saved = static_cast<int>(std::ranges::count_if(
      tx.items, [](const TxItem& item) { return item.role != TxItem::Role::kSkipped; }));
  Items items(host.sysctl, host.files);
  if (options.confirm_within && options.arm_deadline) {
    const auto armed = options.arm_deadline(tx.id);
    if (!armed) {
      (void)journal->State(TxState::kRestored, "the deadline could not be armed");
      return Fail(armed.error());
    }
  }

  auto step = Writer(items, *journal, tx, host, options).Run();
  if (step) step = Commit(*journal, tx);
  report.changes = Outcomes(items, tx, false);
  report.side_effects = Outcomes(items, tx, true);
  if (!step) {
    TakeBack(items, *journal, tx, step.error(), report);
    return report;
  }
  report.outcome =
      tx.deadline ? ApplyReport::Outcome::kPendingConfirm : ApplyReport::Outcome::kApplied;
  return report;
}

}  // namespace tunewire
