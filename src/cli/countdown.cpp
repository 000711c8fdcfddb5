#include "cli/countdown.h"

#include <algorithm>

#include "base/format.h"
#include "cli/planning.h"
#include "report/layout.h"
#include "report/tune_report.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kGlance(200);
/// The other end may hold the lock while it confirms or puts back: milliseconds, not more.
constexpr milliseconds kPatience(5000);

class Watch {
 public:
  Watch(Session& session, TuneHost& host, const std::string& tx, std::chrono::seconds whole)
      : session_(session), host_(host), id_(tx), whole_(whole) {}

  Answer Run() {
    while (true) {
      const std::optional<Tx> tx = Look();
      if (!tx) return Left("its journal cannot be read");
      if (tx->state == TxState::kCommitted) return Kept(*tx);
      if (tx->state != TxState::kPending && tx->state != TxState::kUndoing)
        return PutBackElsewhere(*tx);
      const milliseconds left = TimeLeft(*tx);
      if (tx->state == TxState::kPending && left.count() <= 0) return PutBackNow(*tx);
      Draw(left);
      std::string line;
      switch (session_.machine().terminal.WaitForLine(std::min(kGlance, Least(left)), line)) {
        case InputEvent::kLine:
          StepBackUp();
          return ConfirmNow(*tx);
        case InputEvent::kStop:
          return TakeBack(*tx);
        case InputEvent::kEnd:
          return Left("it goes on without this terminal");
        case InputEvent::kNothing:
          break;
      }
    }
  }

 private:
  static milliseconds Least(milliseconds left) { return std::max(left, milliseconds(1)); }

  std::optional<Tx> Look() {
    const Result<History> history = ReadHistory(host_);
    if (!history) return std::nullopt;
    const Result<const Tx*> found = history->Find(id_);
    return found ? std::optional<Tx>(**found) : std::nullopt;
  }

  milliseconds TimeLeft(const Tx& tx) const {
    const auto deadline = tx.deadline.value_or(std::chrono::nanoseconds(0));
    return std::chrono::ceil<milliseconds>(deadline - host_.clock.SinceBoot());
  }

  void Draw(milliseconds left) {
    const std::string line = CountdownLine(left, whole_, session_.message_style());
    if (line == drawn_) return;
    session_.Note("\r" + PadRight(line, ShownWidth(drawn_)));
    drawn_ = line;
  }

  void Erase() {
    if (drawn_.empty()) return;
    session_.Note("\r" + std::string(static_cast<std::size_t>(ShownWidth(drawn_)), ' ') + "\r");
    drawn_.clear();
  }

  /// The terminal echoed Enter, so the bar stands one line above.
  void StepBackUp() {
    if (session_.machine().environment.term != "dumb") session_.Note("\033[A");
  }

  Answer Kept(const Tx& tx) {
    Erase();
    const ConfirmView view = Confirmed(tx);
    Answer answer;
    answer.touched = HostTouched::kYes;
    answer.text = ConfirmText(view, session_.target(), session_.style());
    return answer;
  }

  Answer ConfirmNow(const Tx& tx) {
    const Result<std::unique_ptr<HeldLock>> lock = session_.LockWithin(kPatience);
    if (!lock) return Failed(lock.error());
    const Result<Tx> confirmed = Confirm(**lock, host_, tx.id);
    if (!confirmed) return Failed(confirmed.error());
    return Kept(*confirmed);
  }

  Answer Failed(const Error& error) {
    Erase();
    Answer answer;
    answer.status = StatusOf(error.kind);
    answer.touched = HostTouched::kYes;
    answer.errors = {error};
    return answer;
  }

  Answer PutBackElsewhere(const Tx& tx) {
    Erase();
    Answer answer;
    answer.touched = HostTouched::kYes;
    const bool whole = tx.state == TxState::kRestored || tx.state == TxState::kRolledBack;
    answer.status = whole ? ExitStatus::kRestored : ExitStatus::kNotRestored;
    const std::string_view numbers =
        tx.state == TxState::kRestored     ? "not confirmed; everything is as before"
        : tx.state == TxState::kRolledBack ? "rolled back elsewhere; everything is as before"
                                           : "put back, but not all of it";
    answer.text =
        VerdictLine(whole ? "RESTORED" : "NOT RESTORED", whole ? Tone::kWarn : Tone::kBad,
                    Format("{} (tx {})", Printable(tx.profile), tx.id), numbers, session_.style()) +
        NextLine("", CommandFor(session_.target(), "history " + tx.id), session_.style());
    return answer;
  }

  /// The guard is after the same; whoever gets the lock first does it.
  Answer PutBackNow(const Tx& tx) {
    const Result<std::unique_ptr<HeldLock>> lock = session_.LockWithin(kPatience);
    if (!lock) return Failed(lock.error());
    const Result<std::vector<UndoReport>> reports = Recover(**lock, host_);
    if (!reports) return Failed(reports.error());
    return PutBackElsewhere(Look().value_or(tx));
  }

  Answer TakeBack(const Tx& tx) {
    const Result<std::unique_ptr<HeldLock>> lock = session_.LockWithin(kPatience);
    if (!lock) return Failed(lock.error());
    const Result<UndoReport> report = Rollback(**lock, host_, tx, Force::kNo);
    if (!report) return Failed(report.error());
    Erase();
    Answer answer;
    answer.touched = HostTouched::kYes;
    answer.text = UndoText({*report, UndoView::Refused::kNo, tx.profile}, session_.target(),
                           session_.style());
    const bool whole = report->outcome == UndoReport::Outcome::kRestored ||
                       report->outcome == UndoReport::Outcome::kNothingToDo;
    answer.status = whole ? ExitStatus::kInterrupted : StatusOf(report->outcome);
    return answer;
  }

  Answer Left(std::string_view why) {
    Erase();
    Answer answer;
    answer.touched = HostTouched::kYes;
    answer.text = NextLine(Format("still waiting: {}.", why),
                           CommandFor(session_.target(), "confirm " + id_), session_.style());
    return answer;
  }

  Session& session_;
  TuneHost& host_;
  std::string id_;
  std::chrono::seconds whole_;
  std::string drawn_;
};

}  // namespace

Answer WatchPending(Session& session, TuneHost& host, const std::string& tx,
                    std::chrono::seconds whole) {
  return Watch(session, host, tx, whole).Run();
}

}  // namespace tunewire
