// tunewire apply: lock, plan, ask, and the transaction; with --confirm also the guard that puts
// everything back unless somebody confirms.
#include <algorithm>

#include "base/format.h"
#include "cli/commands.h"
#include "cli/consent.h"
#include "cli/countdown.h"
#include "cli/planning.h"
#include "cli/progress.h"
#include "report/plan_report.h"
#include "report/tune_report.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::string_view kLastWords =
    "\nstopped at once; the journal is kept.  next: tunewire recover\n";

ExitStatus StatusOf(ApplyReport::Outcome outcome) {
  switch (outcome) {
    case ApplyReport::Outcome::kApplied:
    case ApplyReport::Outcome::kNothingToDo:
    case ApplyReport::Outcome::kPendingConfirm:
      return ExitStatus::kDone;
    case ApplyReport::Outcome::kRestored:
      return ExitStatus::kRestored;
    case ApplyReport::Outcome::kNotRestored:
      return ExitStatus::kNotRestored;
    case ApplyReport::Outcome::kInterruptedRestored:
      return ExitStatus::kInterrupted;
  }
  return ExitStatus::kNotRestored;
}

class Applying {
 public:
  Applying(Session& session, const ApplyArguments& arguments, TuneHost& host,
           const ComposedProfile& profile)
      : session_(session), arguments_(arguments), host_(host), profile_(profile) {}

  Answer Run() {
    if (const std::optional<Answer> refused = RefuseUnprivileged()) return *refused;
    Result<std::unique_ptr<HeldLock>> lock = session_.Lock();
    if (!lock) return session_.Refuse(lock.error());
    Terminal& terminal = session_.machine().terminal;
    terminal.WatchForStop(kLastWords, static_cast<int>(ExitStatus::kNotRestored));
    host_.interrupted = [&terminal] { return terminal.StopWanted(); };

    Result<History> history = ReadHistory(host_);
    if (!history) return session_.Refuse(history.error());
    if (std::optional<Answer> stuck = FinishOverdue(**lock, *history)) return *stuck;
    if (const Status free = CheckNobodyWaits(*history, host_.info); !free)
      return session_.Refuse(free.error());

    const Tx* in_force = history->InForceHere(host_.info);
    PlanView view = MakePlan(session_, host_, profile_, DescribeInForce(in_force), Rehearsing::kYes,
                             arguments_.persist);
    if (std::optional<Answer> refused = RefuseHopeless(view)) return *refused;
    if (std::optional<Answer> refused = Ask(view, in_force)) return *refused;
    return Write(std::move(*lock), view.plan);
  }

 private:
  [[nodiscard]] ApplyOptions Options() const {
    ApplyOptions options;
    options.confirm_within = arguments_.confirm_within;
    options.skip_missing = arguments_.skip_missing;
    return options;
  }

  /// Says what this user may not do before a lock or a state folder is tried.
  std::optional<Answer> RefuseUnprivileged() {
    if (host_.info.uid == 0) return std::nullopt;
    const PlanView view =
        MakePlan(session_, host_, profile_, InForce(), Rehearsing::kNo, arguments_.persist);
    const Status able = CheckApplicable(view.plan, Options());
    if (able || able.error().kind != ErrorKind::kNotPermitted) return std::nullopt;
    return session_.Refuse(able.error());
  }

  std::optional<Answer> FinishOverdue(const HeldLock& lock, History& history) {
    const Tx* overdue = OverdueHere(history, host_);
    if (overdue == nullptr || history.Unfinished(host_.info) != nullptr) return std::nullopt;
    const std::string name = Format("{} (tx {})", Printable(overdue->profile), overdue->id);
    const Result<std::vector<UndoReport>> reports = Recover(lock, host_);
    if (!reports) return session_.Refuse(reports.error());
    const RecoverView view{*reports, RecoverView::Refused::kNo};
    if (StatusOf(view.Summed().outcome) != ExitStatus::kDone) {
      Answer answer;
      answer.status = ExitStatus::kNotRestored;
      answer.touched = HostTouched::kYes;
      answer.errors = {Error{.kind = ErrorKind::kConflict,
                             .code = "overdue_not_restored",
                             .message = Format("{} was not confirmed in time, and could not be put "
                                               "back in full",
                                               name),
                             .hint = "tunewire history shows it; then apply again"}};
      session_.Say(RecoverText(view, session_.target(), session_.style()));
      if (session_.json()) answer.text = session_.Refuse(answer.errors).text;
      return answer;
    }
    session_.Say(Format("{} was not confirmed in time: put back first.\n", name));
    Result<History> fresh = ReadHistory(host_);
    if (!fresh) return session_.Refuse(fresh.error());
    history = std::move(*fresh);
    return std::nullopt;
  }

  std::optional<Answer> RefuseHopeless(const PlanView& view) {
    std::vector<Error> invalid = InvalidChanges(view.plan);
    if (!invalid.empty()) return session_.Refuse(std::move(invalid));
    // A file or limit that cannot be read cannot be put back either.
    if (!view.unread.empty()) return session_.Refuse(view.unread);
    const Status able = CheckApplicable(view.plan, Options());
    if (able) return std::nullopt;
    return session_.Refuse(able.error());
  }

  /// Shows the plan, and asks unless told not to. No answer where the way is free.
  std::optional<Answer> Ask(PlanView& view, const Tx* in_force) {
    if (view.plan.ChangesNothing()) return std::nullopt;
    const bool asks = !arguments_.yes;
    if (asks) {
      if (std::optional<Answer> refused =
              RefuseUnaskable(session_, "apply", "`tunewire plan` shows what would change"))
        return refused;
    }
    if (asks || (session_.style().detail != Detail::kQuiet && !session_.json())) {
      LookAhead(view, session_, host_, in_force, arguments_.persist);
      session_.Say(PlanText(view, session_.target(), PlanEnding::kNothing, session_.style()) +
                   "\n");
    }
    if (!asks) return std::nullopt;
    return AskConsent(session_, "apply? [y/N] ");
  }

  Answer Write(std::unique_ptr<HeldLock> lock, const Plan& plan) {
    ApplyOptions options = Options();
    Progress progress(session_);
    options.progress = [&progress](int done, int of) {
      progress.Show(Format("  writing {} of {}", done, of));
    };
    options.arm_deadline = [this](const std::string& tx) { return ArmGuard(tx); };
    Result<ApplyReport> report = Apply(*lock, host_, plan, options);
    progress.Erase();
    if (!report) return session_.Refuse(report.error());
    // Whoever confirms, or puts back, needs the lock.
    lock.reset();
    return Report(std::move(*report), LookAtPam(plan, session_));
  }

  Status ArmGuard(const std::string& tx) {
    DetachedCommand command;
    command.unit = "tunewire-confirm-" + tx;
    command.arguments = {"recover", "--deadline", tx};
    const GlobalArguments& global = session_.invocation().global;
    const auto pass = [&command](const char* flag, const std::string& value) {
      command.arguments.emplace_back(flag);
      command.arguments.push_back(value);
    };
    // As given, but for the working directory: the guard must find the same state and lock. The
    // namespace it inherits.
    if (!global.state_dir.empty()) pass("--state-dir", session_.state_dir());
    if (session_.offline()) pass("--root", session_.root());
    command.delay = *arguments_.confirm_within;
    const Result<DetachedBy> started = session_.machine().start_detached(command);
    return started ? Status() : Status(Fail(started.error()));
  }

  Answer Report(ApplyReport report, std::vector<PamFinding> pam) {
    const TerminalFacts facts = session_.machine().terminal.Facts();
    ApplyView view{profile_.name, std::move(report), ApplyView::Refused::kNo,
                   arguments_.confirm_within};
    view.pam = std::move(pam);
    const bool pending = view.report.outcome == ApplyReport::Outcome::kPendingConfirm;
    const bool watched = pending && facts.input && facts.messages && !session_.json();
    view.waits = watched ? ApplyView::Waits::kHere : ApplyView::Waits::kElsewhere;
    const std::string text =
        session_.json() ? ApplyJson(view) : ApplyText(view, session_.target(), session_.style());
    if (watched) {
      session_.Say(text);
      host_.interrupted = [] { return false; };
      return WatchPending(session_, host_, view.report.tx, *arguments_.confirm_within);
    }
    Answer answer;
    answer.text = text;
    answer.status = StatusOf(view.report.outcome);
    answer.touched = HostTouched::kYes;
    if (view.report.cause) answer.errors.push_back(*view.report.cause);
    return answer;
  }

  Session& session_;
  const ApplyArguments& arguments_;
  TuneHost& host_;
  const ComposedProfile& profile_;
};

}  // namespace

Answer Run(Session& session, const ApplyArguments& arguments) {
  auto profile = LoadProfiles(arguments.profiles, session.profiles());
  if (!profile) return session.Refuse(profile.error());
  profile->references = Lasting(std::move(profile->references));
  Result<TuneHost> host = session.Host();
  if (!host) return session.Refuse(host.error());
  return Applying(session, arguments, *host, *profile).Run();
}

}  // namespace tunewire
