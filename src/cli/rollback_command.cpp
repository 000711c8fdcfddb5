// tunewire rollback: take back what is in force.
#include "cli/commands.h"
#include "cli/planning.h"
#include "report/tune_report.h"

namespace tunewire {
namespace {

constexpr std::string_view kLastWords =
    "\nstopped at once; the journal is kept.  next: tunewire recover\n";

Answer Report(Session& session, const UndoView& view) {
  Answer answer;
  answer.status = StatusOf(view.report.outcome);
  answer.touched = HostTouched::kYes;
  answer.text = session.json() ? UndoJson(view) : UndoText(view, session.target(), session.style());
  return answer;
}

/// The transaction that is meant; nullptr where none was named and none is in force.
Result<const Tx*> Choose(const History& history, const TuneHost& host, const std::string& wanted) {
  if (!wanted.empty()) return history.Find(wanted);
  const Tx* unfinished = history.Unfinished(host.info);
  if (unfinished != nullptr) return Fail(CheckNobodyWaits(history, host.info).error());
  return history.InForceHere(host.info);
}

}  // namespace

Answer Run(Session& session, const RollbackArguments& arguments) {
  Result<TuneHost> host = session.Host();
  if (!host) return session.Refuse(host.error());
  const Result<std::unique_ptr<HeldLock>> lock = session.Lock();
  if (!lock) return session.Refuse(lock.error());
  const Result<History> history = ReadHistory(*host);
  if (!history) return session.Refuse(history.error());
  const Result<const Tx*> tx = Choose(*history, *host, arguments.tx);
  if (!tx) return session.Refuse(tx.error());
  UndoView view;
  if (*tx == nullptr) {
    // What cannot be read may be the very one that is meant.
    if (!history->damaged.empty()) return session.Refuse(history->damaged);
    view.report.note = "no profile is in force here";
    return Report(session, view);
  }
  // Half a rollback helps nobody: the first Ctrl-C lets it finish.
  session.machine().terminal.WatchForStop(kLastWords, static_cast<int>(ExitStatus::kNotRestored));
  const Result<UndoReport> report =
      Rollback(**lock, *host, **tx, arguments.force ? Force::kYes : Force::kNo);
  if (!report) return session.Refuse(report.error());
  view.report = *report;
  view.profile = (*tx)->profile;
  return Report(session, view);
}

}  // namespace tunewire
