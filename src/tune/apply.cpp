// Doing a plan: the transaction of a journal, single writes that are read back, and an undo.
#include <algorithm>

#include "base/format.h"
#include "tune/items.h"
#include "tune/journal.h"
#include "tune/limit_name.h"
#include "tune/undo.h"
#include "tune/writer.h"
#include "tunewire/base/text.h"
#include "tunewire/tune/transaction.h"

namespace tunewire {
namespace {

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

TxItem LimitItemOf(const LimitChange& change) {
  TxItem item{.kind = ItemKind::kLimit,
              .name = LimitItemName(change.setting.item, *change.process)};
  item.role = change.released                       ? TxItem::Role::kReleased
              : change.status == ChangeStatus::kSet ? TxItem::Role::kWanted
                                                    : TxItem::Role::kHeld;
  item.original_raw = change.original_raw;
  item.before_raw = LimitsText({.soft = *change.soft, .hard = *change.hard});
  item.wanted = LimitsText({.soft = change.setting.soft, .hard = change.setting.hard});
  item.origin = Format("{}:{}", change.setting.origin.file, change.setting.origin.line);
  return item;
}

TxItem FileItemOf(const FileChange& change) {
  TxItem item{.kind = ItemKind::kFile, .name = change.path};
  item.role = change.status == ChangeStatus::kAlready ? TxItem::Role::kHeld
              : change.released                       ? TxItem::Role::kReleased
                                                      : TxItem::Role::kWanted;
  item.original_raw = change.original_raw;
  item.before_raw = change.before_raw;
  item.wanted = change.after_raw;
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
  // After the keys, so that fs.nr_open is raised before a limit needs it; files come last.
  for (const LimitChange& change : plan.limit_changes)
    if (change.process && change.soft && change.hard) items.push_back(LimitItemOf(change));
  for (const FileChange& change : plan.files) items.push_back(FileItemOf(change));
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
  tx.limits = plan.limits;
  return tx;
}

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

std::vector<std::string> WaitingFiles(const Tx& tx) {
  std::vector<std::string> waiting;
  if (!tx.deadline) return waiting;
  for (const TxItem& item : tx.items)
    if (item.kind == ItemKind::kFile && item.role != TxItem::Role::kHeld)
      waiting.push_back(item.name);
  return waiting;
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
  (void)journal.Sync();
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
  if (!plan.ChangesNothing()) return false;
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

// It may hold the only copy of values that are still to be put back.
Error StandsInTheWay(const Error& damaged) {
  Error error = damaged;
  error.hint = "take it out of its folder once its old values are noted: tunewire history shows it";
  return error;
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
  if (!history.damaged.empty()) return Fail(StandsInTheWay(history.damaged.front()));
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
  Items items(host);
  if (options.confirm_within && options.arm_deadline) {
    const auto armed = options.arm_deadline(tx.id);
    if (!armed) {
      (void)journal->State(TxState::kRestored, "the deadline could not be armed");
      return Fail(armed.error());
    }
  }

  // Files wait for the confirmation: a boot in between must not bring what nobody has confirmed.
  auto step = Writer(items, *journal, tx, host)
                  .Run(options.confirm_within ? Writer::Which::kLive : Writer::Which::kAll,
                       options.progress);
  if (step) step = Commit(*journal, tx);
  report.changes = Outcomes(items, tx, false);
  report.side_effects = Outcomes(items, tx, true);
  if (!step) {
    TakeBack(items, *journal, tx, step.error(), report);
    return report;
  }
  report.waiting = WaitingFiles(tx);
  if (const auto note = ReloadUnits(host, tx)) report.notes.push_back(*note);
  report.outcome =
      tx.deadline ? ApplyReport::Outcome::kPendingConfirm : ApplyReport::Outcome::kApplied;
  return report;
}

}  // namespace tunewire
