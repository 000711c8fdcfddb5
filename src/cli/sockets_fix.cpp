#include "cli/sockets_fix.h"

#include <algorithm>

#include "base/format.h"
#include "cli/consent.h"
#include "cli/progress.h"
#include "report/fix_report.h"
#include "report/layout.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::string_view kLastWords =
    "\nstopped at once; the record is kept.  next: tunewire sockets --undo\n";

FixSelection SelectionFrom(const SocketsArguments& arguments) {
  return {.pids = arguments.pids,
          .command = arguments.command,
          .unit = arguments.unit,
          .port = arguments.port};
}

std::string SelectionFlags(const FixSelection& selection) {
  std::string flags;
  for (const int pid : selection.pids) flags += Format(" --pid {}", pid);
  if (!selection.command.empty()) flags += " --command " + Printable(ShellWord(selection.command));
  if (!selection.unit.empty()) flags += " --unit " + Printable(ShellWord(selection.unit));
  if (selection.port) flags += Format(" --port {}", *selection.port);
  return flags;
}

ExitStatus StatusOf(FixReport::Outcome outcome) {
  switch (outcome) {
    case FixReport::Outcome::kFixed:
    case FixReport::Outcome::kHeldForATime:
    case FixReport::Outcome::kNothingToDo:
      return ExitStatus::kDone;
    case FixReport::Outcome::kRestored:
      return ExitStatus::kRestored;
    case FixReport::Outcome::kNotRestored:
      return ExitStatus::kNotRestored;
    case FixReport::Outcome::kInterruptedRestored:
      return ExitStatus::kInterrupted;
  }
  return ExitStatus::kNotRestored;
}

ExitStatus StatusOf(const TrialReport& trial) {
  const bool as_it_should_end = trial.outcome == FixReport::Outcome::kRestored && !trial.cause;
  if (!as_it_should_end) return StatusOf(trial.outcome);
  return trial.verdict == TrialVerdict::kCause ? ExitStatus::kFinding : ExitStatus::kDone;
}

ExitStatus StatusOf(const UndoFixReport& undo) {
  const auto has = [&undo](PutBack::Outcome outcome) {
    return std::ranges::any_of(undo.sockets,
                               [outcome](const PutBack& one) { return one.outcome == outcome; });
  };
  const bool done = has(PutBack::Outcome::kRestored);
  const bool refused = std::ranges::all_of(undo.sockets, [](const PutBack& one) {
    return one.error && one.error->kind == ErrorKind::kNotPermitted;
  });
  if (!done && refused && !undo.sockets.empty()) return ExitStatus::kNotPermitted;
  const bool left = has(PutBack::Outcome::kFailed) || has(PutBack::Outcome::kForeign);
  return left || !undo.damaged.empty() ? ExitStatus::kNotRestored : ExitStatus::kDone;
}

class SocketsFixer {
 public:
  SocketsFixer(Session& session, const SocketsArguments& arguments)
      : session_(session),
        arguments_(arguments),
        selection_(SelectionFrom(arguments)),
        foreign_(session.machine().foreign_sockets()),
        processes_(session.machine().processes()) {
    view_.selection = SelectionFlags(selection_);
  }

  Answer Fix() {
    Result<FixHost> host = Host();
    if (!host) return session_.Refuse(host.error());
    const FixWish wish{*arguments_.fix, selection_,
                       arguments_.fix_listener ? WithListeners::kYes : WithListeners::kNo};
    Result<FixPlan> plan = PlanFix(*host, wish);
    if (!plan) return session_.Refuse(plan.error());
    view_.plan = std::move(*plan);
    if (view_.plan.targets.empty()) return NothingToSet();
    const Result<std::unique_ptr<HeldLock>> lock = Lock();
    if (!lock) return session_.Refuse(lock.error());
    WatchForStop();
    if (std::optional<Answer> refused = Ask()) return *refused;
    return arguments_.trial ? Try(*host) : Apply(*host);
  }

  Answer Undo() {
    Result<FixHost> host = Host();
    if (!host) return session_.Refuse(host.error());
    // Without a folder there is nothing to undo, and nothing to lock.
    const Result<std::vector<std::string>> records =
        session_.machine().files.List(session_.state_dir() + "/sockets");
    if (!records) return session_.Refuse(records.error());
    std::unique_ptr<HeldLock> held;
    if (!records->empty()) {
      Result<std::unique_ptr<HeldLock>> lock = Lock();
      if (!lock) return session_.Refuse(lock.error());
      held = std::move(*lock);
      // Half an undo helps nobody: the first Ctrl-C lets it finish.
      WatchForStop();
    }
    Result<UndoFixReport> report = UndoFixes(*host, selection_);
    if (!report) return session_.Refuse(report.error());
    view_.undo = std::move(*report);
    return Report(StatusOf(*view_.undo), UndoErrors());
  }

 private:
  Result<FixHost> Host() {
    Machine& machine = session_.machine();
    const Result<const HostInfo*> info = session_.Info();
    if (!info) return Fail(info.error());
    Result<std::unique_ptr<SocketSource>> sockets = machine.sockets();
    if (!sockets) return Fail(sockets.error());
    sockets_ = std::move(*sockets);
    return FixHost{.sockets = *sockets_,
                   .foreign = *foreign_,
                   .files = machine.files,
                   .clock = machine.clock,
                   .held = machine.held_sockets,
                   .processes = [this] { return processes_->Processes(); },
                   .pause = [this](std::chrono::nanoseconds time) { return Pause(time); },
                   .progress = [this](const std::string& what) { progress_ = what; },
                   .state_dir = session_.state_dir(),
                   .boot_id = (*info)->boot_id,
                   .netns = (*info)->netns_inode,
                   .hz = machine.ticks_per_second()};
  }

  bool Pause(std::chrono::nanoseconds time) {
    Terminal& terminal = session_.machine().terminal;
    if (!progress_.empty()) shown_.Show(Format("  {}", progress_));
    if (time.count() > 0) terminal.Pause(std::chrono::ceil<std::chrono::milliseconds>(time));
    return watching_ && terminal.StopWanted();
  }

  void WatchForStop() {
    session_.machine().terminal.WatchForStop(kLastWords,
                                             static_cast<int>(ExitStatus::kNotRestored));
    watching_ = true;
  }

  Result<std::unique_ptr<HeldLock>> Lock() {
    const std::string path = session_.state_dir() + "/sockets/lock";
    Result<std::unique_ptr<HeldLock>> lock = session_.machine().lock_at(path)->TryLock();
    if (!lock && lock.error().kind == ErrorKind::kNotPermitted && lock.error().hint.empty())
      lock.error().hint = "old values are kept there: --state-dir DIR names a folder of yours";
    return lock;
  }

  /// Those that are open to us are as wanted; the others are nobody's success.
  Answer NothingToSet() {
    const bool refused = !view_.plan.refused.empty();
    if (!refused) view_.report.emplace();
    return refused ? session_.Refuse(view_.plan.refused) : Report(ExitStatus::kDone, {});
  }

  std::optional<Answer> Ask() {
    if (!arguments_.yes) {
      if (std::optional<Answer> refused = RefuseUnaskable(
              session_, "--fix", "`tunewire sockets --options` shows what is set now"))
        return refused;
    }
    if (!arguments_.yes || (session_.style().detail != Detail::kQuiet && !session_.json()))
      session_.Say(
          FixPlanText(view_, arguments_.yes ? Asking::kNo : Asking::kYes, session_.style()) + "\n");
    if (arguments_.yes) return std::nullopt;
    return AskConsent(session_, arguments_.trial ? "try it? [y/N] " : "set it? [y/N] ");
  }

  [[nodiscard]] FixTiming Timing() const {
    constexpr std::chrono::milliseconds kLongestLook(3000);
    FixTiming timing;
    timing.hold = arguments_.time;
    if (arguments_.time) timing.look = std::min(*arguments_.time, kLongestLook);
    return timing;
  }

  Answer Apply(FixHost& host) {
    Result<FixReport> report = ApplyFix(host, view_.plan, Timing());
    shown_.Erase();
    if (!report) return session_.Refuse(report.error());
    view_.report = std::move(*report);
    ExitStatus status = StatusOf(view_.report->outcome);
    if (status == ExitStatus::kDone && !view_.plan.refused.empty()) status = ExitStatus::kFinding;
    return Report(status, Causes(view_.report->cause));
  }

  Answer Try(FixHost& host) {
    Result<TrialReport> report = TryFix(host, view_.plan, *arguments_.trial, Timing());
    shown_.Erase();
    if (!report) return session_.Refuse(report.error());
    view_.trial = std::move(*report);
    return Report(StatusOf(*view_.trial), Causes(view_.trial->cause));
  }

  [[nodiscard]] static std::vector<Error> Causes(const std::optional<Error>& cause) {
    if (!cause || cause->kind == ErrorKind::kInterrupted) return {};
    return {*cause};
  }

  [[nodiscard]] std::vector<Error> UndoErrors() const {
    std::vector<Error> errors = view_.undo->damaged;
    for (const PutBack& one : view_.undo->sockets)
      if (one.error) errors.push_back(*one.error);
    return errors;
  }

  Answer Report(ExitStatus status, std::vector<Error> errors) {
    Answer answer;
    answer.status = status;
    answer.errors = std::move(errors);
    // The plan's refusals are in the text; a program that reads JSON looks for errors.
    if (session_.json())
      answer.errors.insert(answer.errors.end(), view_.plan.refused.begin(),
                           view_.plan.refused.end());
    answer.touched = HostTouched::kYes;
    answer.text =
        session_.json() ? FixJson(view_) : FixText(view_, session_.target(), session_.style());
    return answer;
  }

  Session& session_;
  const SocketsArguments& arguments_;
  FixSelection selection_;
  std::unique_ptr<ForeignSockets> foreign_;
  std::unique_ptr<ProcessTable> processes_;
  std::unique_ptr<SocketSource> sockets_;
  FixView view_;
  Progress shown_{session_};
  std::string progress_;
  bool watching_ = false;
};

Error Usage(std::string code, std::string message, std::string hint) {
  return {.kind = ErrorKind::kUsage,
          .code = std::move(code),
          .message = std::move(message),
          .hint = std::move(hint)};
}

/// What the options' reader cannot know or leaves to this command.
std::optional<Error> Misused(const Session& session, const SocketsArguments& arguments) {
  if (session.offline())
    return Usage("no_live_sockets", "a captured tree has no live sockets", "leave out --root");
  if (!arguments.peer.empty() || arguments.all)
    return Usage("not_with_fix", "--fix and --undo take --pid, --command, --unit and --port",
                 "a port and a process together are narrow enough");
  if (arguments.fix && arguments.undo)
    return Usage("fix_or_undo", "--fix and --undo exclude each other", "undo first, then fix");
  return std::nullopt;
}

}  // namespace

Answer RunSocketsFix(Session& session, const SocketsArguments& arguments) {
  if (std::optional<Error> misused = Misused(session, arguments))
    return session.Refuse(std::move(*misused));
  SocketsFixer fixer(session, arguments);
  return arguments.undo ? fixer.Undo() : fixer.Fix();
}

}  // namespace tunewire
