#include "cli/planning.h"

#include <filesystem>

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

}  // namespace

Plan MakePlan(Session& session, TuneHost& host, const ComposedProfile& profile,
              const InForce& in_force, Rehearsing rehearsing, Persist persist) {
  const Snapshot snapshot = TakeSnapshot(profile, in_force, host.sysctl);
  Plan plan = Decide(profile, snapshot, in_force, host.info);
  NoteMachineWide(plan, host.info);
  const FilePlace place{.root = session.offline() ? session.root() : std::string(),
                        .persist = persist};
  DecideLimits(plan,
               ReadLimitFacts(profile, in_force, place, host.sysctl, host.files, host.processes),
               in_force, place);
  if (rehearsing == Rehearsing::kNo || session.offline() || plan.Summary().set == 0) return plan;
  Rehearse(plan, *session.machine().rehearsal());
  // What listens is only a remark: a plan without it is still right.
  if (const Result<std::vector<Listener>> listeners = session.machine().listeners()->Listeners())
    NoteListeners(plan, *listeners);
  return plan;
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
