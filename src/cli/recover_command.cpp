// tunewire recover: finish what a crash left. With --deadline TX this is the guard that
// `apply --confirm` leaves behind: it sleeps until that transaction's deadline first.
#include <algorithm>

#include "cli/commands.h"
#include "cli/planning.h"
#include "report/tune_report.h"

namespace tunewire {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::string_view kLastWords =
    "\nstopped at once; the journal is kept.  next: tunewire recover\n";

/// Somebody else may hold the lock for as long as a question stays unanswered.
constexpr milliseconds kGuardPatience = std::chrono::minutes(10);
constexpr milliseconds kShortPatience(2000);

enum class Wait { kOver, kNotNeeded };

/// Sleeps until the deadline, looking every second at the journal: what is confirmed or taken back
/// needs no guard any more. The clock counts suspend, so a sleep is never the whole wait.
Wait WaitForDeadline(Session& session, TuneHost& host, const std::string& id) {
  constexpr milliseconds kGlance(1000);
  // A journal that cannot be read for a moment must not end the guard, nor keep it for ever.
  constexpr int kBlindGlances = 30;
  constexpr int kLostGlances = 3;
  Terminal& terminal = session.machine().terminal;
  int blind = 0, lost = 0;
  while (blind < kBlindGlances && lost < kLostGlances) {
    const Result<History> history = ReadHistory(host);
    const Result<const Tx*> tx =
        history ? history->Find(id) : Result<const Tx*>(Fail(history.error()));
    if (!tx) {
      ++(history && history->damaged.empty() ? lost : blind);
      terminal.Pause(kGlance);
      continue;
    }
    const TxState state = (*tx)->state;
    if (state != TxState::kPending && state != TxState::kPrepared && state != TxState::kUndoing)
      return Wait::kNotNeeded;
    const nanoseconds left = (*tx)->deadline.value_or(nanoseconds(0)) - host.clock.SinceBoot();
    if (left.count() <= 0) return Wait::kOver;
    terminal.Pause(std::min(kGlance, std::chrono::ceil<milliseconds>(left)));
  }
  // A journal that is gone was removed by somebody: nothing tells what to put back.
  return lost == kLostGlances ? Wait::kNotNeeded : Wait::kOver;
}

}  // namespace

Answer Run(Session& session, const RecoverArguments& arguments) {
  Result<TuneHost> host = session.Host();
  if (!host) return session.Refuse(host.error());
  const bool guard = !arguments.deadline_of.empty();
  RecoverView view;
  if (guard && WaitForDeadline(session, *host, arguments.deadline_of) == Wait::kNotNeeded) {
    Answer answer;
    answer.text = session.json() ? RecoverJson(view) : "";
    return answer;
  }
  const Result<std::unique_ptr<HeldLock>> lock =
      session.LockWithin(guard ? kGuardPatience : kShortPatience);
  if (!lock) return session.Refuse(lock.error());
  session.machine().terminal.WatchForStop(kLastWords, static_cast<int>(ExitStatus::kNotRestored));
  Result<std::vector<UndoReport>> reports = Recover(**lock, *host);
  if (!reports) return session.Refuse(reports.error());
  const Result<History> history = ReadHistory(*host);
  if (!guard && reports->empty() && history && !history->damaged.empty())
    return session.Refuse(history->damaged);
  view.reports = std::move(*reports);
  Answer answer;
  answer.status = StatusOf(view.Summed().outcome);
  answer.touched = HostTouched::kYes;
  answer.text =
      session.json() ? RecoverJson(view) : RecoverText(view, session.target(), session.style());
  return answer;
}

}  // namespace tunewire
