// Taking back on request, finishing what a crash left, and keeping what was tried.
#include "base/format.h"
#include "tune/items.h"
#include "tune/journal.h"
#include "tune/undo.h"
#include "tune/writer.h"
#include "tunewire/base/quantity.h"
#include "tunewire/tune/transaction.h"

namespace tunewire {
namespace {

TxState StateAfter(UndoReport::Outcome outcome, TxState restored) {
  switch (outcome) {
    case UndoReport::Outcome::kKeptForeign:
      return TxState::kKeptForeign;
    case UndoReport::Outcome::kNotRestored:
      return TxState::kNotRestored;
    case UndoReport::Outcome::kStillInForce:
      return TxState::kCommitted;
    default:
      return restored;
  }
}

UndoReport::Outcome OutcomeOf(const Undone& undone) {
  if (undone.still_in_force) return UndoReport::Outcome::kStillInForce;
  if (!undone.not_restored.empty()) return UndoReport::Outcome::kNotRestored;
  if (!undone.kept_foreign.empty()) return UndoReport::Outcome::kKeptForeign;
  return UndoReport::Outcome::kRestored;
}

UndoReport ReportOf(const Tx& tx, Undone undone, std::string note) {
  UndoReport report{.outcome = OutcomeOf(undone), .tx = tx.id};
  report.restored = std::move(undone.restored);
  report.kept_foreign = std::move(undone.kept_foreign);
  report.not_restored = std::move(undone.not_restored);
  if (undone.refusal && !report.not_restored.empty()) note = undone.refusal->message;
  report.note = std::move(note);
  return report;
}

bool OtherBoot(const Tx& tx, const HostInfo& info) { return tx.boot_id != info.boot_id; }

bool OtherNamespace(const Tx& tx, const HostInfo& info) {
  return !OtherBoot(tx, info) && tx.netns_inode != info.netns_inode;
}

bool MayBeTakenBack(const Tx& tx) {
  return tx.state != TxState::kRestored && tx.state != TxState::kRolledBack;
}

const Tx* LaterInForce(const History& history, const Tx& tx, const HostInfo& info) {
  const Tx* top = history.InForceHere(info);
  return top != nullptr && top->sequence > tx.sequence ? top : nullptr;
}

Status CheckMayRollBack(const History& history, const Tx& tx, const HostInfo& info) {
  if (OtherNamespace(tx, info))
    return Fail({.kind = ErrorKind::kUnsupported,
                 .code = "other_namespace",
                 .message = Format("transaction {} was made in another network namespace ({})",
                                   tx.id, tx.netns_inode),
                 .subject = tx.id,
                 .hint = "name that namespace with --netns"});
  const Tx* later = LaterInForce(history, tx, info);
  if (later == nullptr) return {};
  return Fail({.kind = ErrorKind::kUsage,
               .code = "not_the_last",
               .message = Format("transaction {} ({}) was applied after {}", later->id,
                                 later->profile, tx.id),
               .subject = tx.id,
               .hint = Format("tunewire rollback {} first", later->id)});
}

// What a crash between two steps of writing a file leaves: its temporary file, its new folder.
void SweepFiles(TuneHost& host, const Tx& tx) {
  for (const TxItem& item : tx.items) {
    if (item.kind != ItemKind::kFile || !item.begun) continue;
    (void)host.files.Remove(TempPathOf(item.name));
    const auto now = ReadFileItem(host.files, item.name);
    if (now && !IsFileState(*now) && !IsFileState(item.before_raw))
      (void)WriteFileItem(host.files, item.name, item.before_raw);
  }
}

void ReloadAfter(const TuneHost& host, const Tx& tx, UndoReport& report) {
  const auto note = ReloadUnits(host, tx);
  if (note) report.note += (report.note.empty() ? "" : "; ") + *note;
}

// What a deadline, a crash or a rejected change leaves is always undone in full: nobody is there
// to ask.
UndoReport PutBack(TuneHost& host, const Tx& tx, bool unfinished, const std::string& note) {
  auto journal = JournalWriter::Open(host.files, host.state_dir, tx.id);
  if (journal) {
    (void)journal->State(TxState::kUndoing, note);
    (void)journal->Sync();  // files outlive the power, so must the word that they go
  }
  Items items(host);
  const UndoOptions options{.unfinished = unfinished, .live_gone = OtherBoot(tx, host.info)};
  UndoReport report = ReportOf(tx, Undo(items, journal ? &*journal : nullptr, tx, options), note);
  SweepFiles(host, tx);
  if (journal) {
    (void)journal->State(StateAfter(report.outcome, TxState::kRestored), note);
    (void)journal->Sync();
  }
  ReloadAfter(host, tx, report);
  return report;
}

bool Overdue(const Tx& tx, const TuneHost& host) {
  if (tx.state != TxState::kPending) return false;
  return OtherBoot(tx, host.info) || !tx.deadline || host.clock.SinceBoot() >= *tx.deadline;
}

std::string WhyPutBack(const Tx& tx, const HostInfo& info) {
  if (OtherBoot(tx, info)) return "the host was restarted before it was finished";
  if (tx.state == TxState::kPending) return "it was not confirmed in time";
  return "it was interrupted";
}

// Temporary files of a journal that never came to be.
void RemoveLeftovers(TuneHost& host) {
  const std::string folder = JournalFolder(host.state_dir);
  const auto names = host.files.List(folder);
  if (!names) return;
  for (const std::string& name : *names)
    if (name.ends_with(".journal.tmp")) (void)host.files.Remove(Format("{}/{}", folder, name));
}

Result<const Tx*> FindPending(const History& history, const HostInfo& info, const std::string& id) {
  if (!id.empty()) return history.Find(id);
  const Tx* tx = history.InForceHere(info);
  if (tx != nullptr && tx->state == TxState::kPending) return tx;
  return Fail({.kind = ErrorKind::kUsage,
               .code = "nothing_to_confirm",
               .message = "no transaction waits to be confirmed",
               .hint = "tunewire history lists them"});
}

void TakeFilesBack(Items& items, JournalWriter& journal, const Tx& tx) {
  Tx files = tx;
  for (TxItem& item : files.items)
    if (item.kind != ItemKind::kFile) item.role = TxItem::Role::kSkipped;
  (void)Undo(items, &journal, files, {.unfinished = true});
}

Error TooLate(const Tx& tx, std::string_view what) {
  return {.kind = ErrorKind::kConflict,
          .code = "too_late",
          .message = Format("transaction {} {}", tx.id, what),
          .subject = tx.id,
          .hint = Format("tunewire apply {} --confirm 60s tries it again", tx.profile)};
}

}  // namespace

Result<UndoReport> Rollback(const HeldLock&, TuneHost& host, const Tx& tx, Force force) {
  const auto history = ReadHistory(host);
  if (!history) return Fail(history.error());
  const auto allowed = CheckMayRollBack(*history, tx, host.info);
  if (!allowed) return Fail(allowed.error());
  if (!MayBeTakenBack(tx))
    return UndoReport{.outcome = UndoReport::Outcome::kNothingToDo,
                      .tx = tx.id,
                      .note = "it was taken back before"};
  auto journal = JournalWriter::Open(host.files, host.state_dir, tx.id);
  if (!journal) return Fail(journal.error());
  // An undo that leaves no trace could not be finished after a crash: refused before it starts.
  auto begun = journal->State(TxState::kUndoing, "rollback");
  if (begun) begun = journal->Sync();
  if (!begun) return Fail(begun.error());

  const bool finished = tx.state == TxState::kCommitted || tx.state == TxState::kPending;
  Items items(host);
  const bool forced = force == Force::kYes;
  UndoReport report =
      ReportOf(tx,
               Undo(items, &*journal, tx,
                    {.overwrite_foreign = forced,
                     .unfinished = !finished,
                     .live_gone = OtherBoot(tx, host.info),
                     .all_or_nothing = finished && !forced}),
               OtherBoot(tx, host.info) ? "live values ended with the boot they were set in" : "");
  const TxState after = report.outcome == UndoReport::Outcome::kStillInForce
                            ? tx.state
                            : StateAfter(report.outcome, TxState::kRolledBack);
  (void)journal->State(after, report.note);
  (void)journal->Sync();
  ReloadAfter(host, tx, report);
  return report;
}

Result<std::vector<UndoReport>> Recover(const HeldLock&, TuneHost& host) {
  const auto history = ReadHistory(host);
  if (!history) return Fail(history.error());
  std::vector<UndoReport> reports;
  // Newest first: an older one may have set what the newer one found.
  for (auto tx = history->transactions.rbegin(); tx != history->transactions.rend(); ++tx) {
    if (OtherNamespace(*tx, host.info)) continue;
    // What could not be put back is tried again, as long as nothing was applied on top.
    const bool again = tx->state == TxState::kNotRestored && !OtherBoot(*tx, host.info) &&
                       LaterInForce(*history, *tx, host.info) == nullptr;
    const bool unfinished =
        again || tx->state == TxState::kPrepared || tx->state == TxState::kUndoing;
    if (!unfinished && !Overdue(*tx, host)) continue;
    reports.push_back(PutBack(host, *tx, unfinished, WhyPutBack(*tx, host.info)));
  }
  RemoveLeftovers(host);
  return reports;
}

Result<Tx> Confirm(const HeldLock&, TuneHost& host, const std::string& id) {
  const auto history = ReadHistory(host);
  if (!history) return Fail(history.error());
  const auto found = FindPending(*history, host.info, id);
  if (!found) return Fail(found.error());
  Tx tx = **found;
  if (OtherNamespace(tx, host.info)) return Fail(CheckMayRollBack(*history, tx, host.info).error());
  if (tx.state == TxState::kCommitted && tx.deadline) return tx;
  if (tx.state == TxState::kRestored) return Fail(TooLate(tx, "was put back"));
  if (tx.state != TxState::kPending)
    return Fail({.kind = ErrorKind::kUsage,
                 .code = "nothing_to_confirm",
                 .message = Format("transaction {} does not wait to be confirmed", tx.id),
                 .subject = tx.id});
  if (Overdue(tx, host)) {
    (void)PutBack(host, tx, false, WhyPutBack(tx, host.info));
    return Fail(TooLate(tx, "was not confirmed in time and was put back"));
  }
  auto journal = JournalWriter::Open(host.files, host.state_dir, tx.id);
  if (!journal) return Fail(journal.error());
  Items items(host);
  auto step = Writer(items, *journal, tx, host).Run(Writer::Which::kFiles, {});
  if (step) step = journal->State(TxState::kCommitted, "confirmed");
  if (step) step = journal->Sync();
  if (!step) {
    // Not certain to survive is not confirmed: the files go back, and the deadline goes on.
    TakeFilesBack(items, *journal, tx);
    (void)journal->State(TxState::kPending, "");
    return Fail(step.error());
  }
  if (const auto note = ReloadUnits(host, tx)) tx.note = *note;
  tx.state = TxState::kCommitted;
  return tx;
}

}  // namespace tunewire
