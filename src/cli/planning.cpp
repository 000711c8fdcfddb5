#include "cli/planning.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "base/format.h"

namespace tunewire {
namespace {

/// Who works in a namespace does not expect to change the host around it.
void NoteMachineWide(Plan& plan, const HostInfo& info) {
  if (info.init_netns == 0 || info.netns_inode == info.init_netns) return;
  for (Change& change : plan.changes) {
    const Tunable* tunable = FindTunable(change.key);
    if (change.status == ChangeStatus::kSet && tunable != nullptr &&
        tunable->scope == Scope::kMachine)
      change.notes.emplace_back("changes the whole machine, not only this network namespace");
  }
}

std::string RootOf(const Session& session) {
  return session.offline() ? session.root() : std::string();
}

Error Unseen(std::size_t processes) {
  return {.kind = ErrorKind::kNotPermitted,
          .code = "processes_not_seen",
          .message = Format("the sockets of {} {} may not be seen by this user", processes,
                            processes == 1 ? "process" : "processes"),
          .hint = "run it as root to have their owners named"};
}

}  // namespace

PlanView MakePlan(Session& session, TuneHost& host, const ComposedProfile& profile,
                  const InForce& in_force, Rehearsing rehearsing, Persist persist) {
  const Snapshot snapshot = TakeSnapshot(profile, in_force, host.sysctl);
  PlanView view;
  Plan& plan = view.plan;
  plan = Decide(profile, snapshot, in_force, host.info);
  NoteMachineWide(plan, host.info);
  const FilePlace place{.root = RootOf(session), .persist = persist};
  LimitFacts facts =
      ReadLimitFacts(profile, in_force, place, host.sysctl, host.files, host.processes);
  DecideLimits(plan, facts, in_force, place);
  view.unread = std::move(facts.errors);
  if (rehearsing == Rehearsing::kNo || session.offline() || plan.Summary().set == 0) return view;
  Rehearse(plan, *session.machine().rehearsal());
  // What listens is only a remark: a plan without it is still right.
  if (const Result<std::vector<Listener>> listeners = session.machine().listeners()->Listeners())
    NoteListeners(plan, *listeners);
  return view;
}

void LookAhead(PlanView& view, Session& session, TuneHost& host, const Tx* in_force,
               Persist persist) {
  if (persist == Persist::kYes) view.boot = LookAtBoot(view.plan, session, host);
  view.not_in_effect = LookAtWhatLives(view.plan, session, host, in_force, view.unread);
}

std::vector<NotInEffect> LookAtWhatLives(const Plan& plan, Session& session, TuneHost& host,
                                         const Tx* in_force, std::vector<Error>& unread) {
  if (session.offline()) return {};
  const std::unique_ptr<ListenerSource> listeners = session.machine().listeners();
  const std::unique_ptr<LiveNetwork> network = session.machine().live_network();
  EffectFacts facts = ReadEffectFacts(plan, *listeners, *network, host.processes);
  std::ranges::move(facts.errors, std::back_inserter(unread));
  if (facts.owners.unreadable > 0) unread.push_back(Unseen(facts.owners.unreadable));
  return FindNotInEffect(plan, facts, in_force);
}

BootReport LookAtBoot(const Plan& plan, Session& session, const TuneHost& host) {
  return CheckBoot(plan, ReadBootFiles(host.files, RootOf(session), host.info.kernel_release));
}

std::vector<PamFinding> LookAtPam(const Plan& plan, Session& session) {
  const bool logins = std::ranges::any_of(
      plan.limits, [](const LimitSetting& limit) { return limit.target == LimitTarget::kLogins; });
  if (!logins) return {};
  return CheckPam(session.machine().files, RootOf(session), PamSubjects());
}

std::vector<std::string> Lasting(std::vector<std::string> references) {
  for (std::string& reference : references) {
    if (IsNameReference(reference) || reference == "-") continue;
    std::error_code error;
    const std::filesystem::path path = std::filesystem::absolute(reference, error);
    if (!error) reference = path.lexically_normal().string();
  }
  return references;
}

Result<History> HistoryForReading(const TuneHost& host) {
  Result<History> history = ReadHistory(host);
  if (!history && history.error().kind == ErrorKind::kNotPermitted) return History();
  return history;
}

const Tx* OverdueHere(const History& history, const TuneHost& host) {
  const Tx* tx = history.InForceHere(host.info);
  if (tx == nullptr || tx->state != TxState::kPending) return nullptr;
  if (tx->boot_id != host.info.boot_id) return tx;
  return tx->deadline && host.clock.SinceBoot() >= *tx->deadline ? tx : nullptr;
}

ExitStatus StatusOf(UndoReport::Outcome outcome) {
  switch (outcome) {
    case UndoReport::Outcome::kRestored:
    case UndoReport::Outcome::kNothingToDo:
      return ExitStatus::kDone;
    case UndoReport::Outcome::kStillInForce:
      return ExitStatus::kRestored;
    case UndoReport::Outcome::kKeptForeign:
    case UndoReport::Outcome::kNotRestored:
      return ExitStatus::kNotRestored;
  }
  return ExitStatus::kNotRestored;
}

}  // namespace tunewire
