// Steps that several commands take on the way to a plan.
#pragma once

#include <string>
#include <vector>

#include "cli/session.h"
#include "report/plan_report.h"
#include "tunewire/tune/limits.h"
#include "tunewire/tune/pam.h"
#include "tunewire/tune/plan.h"

namespace tunewire {

enum class Rehearsing { kNo, kYes };

/// Snapshot, decision and, where asked for and possible, the rehearsal and the listeners' word.
/// `unread` of the view is filled, the rest of it is LookAhead's.
PlanView MakePlan(Session& session, TuneHost& host, const ComposedProfile& profile,
                  const InForce& in_force, Rehearsing rehearsing, Persist persist);

/// What lives and will go on with old settings, and with Persist::kYes what the next boot makes of
/// the plan.
void LookAhead(PlanView& view, Session& session, TuneHost& host, const Tx* in_force,
               Persist persist);

/// What still runs with old settings; nothing of an offline tree. What could not be looked at is
/// added to `unread`.
std::vector<NotInEffect> LookAtWhatLives(const Plan& plan, Session& session, TuneHost& host,
                                         const Tx* in_force, std::vector<Error>& unread);

/// What the next boot makes of the plan's keys.
BootReport LookAtBoot(const Plan& plan, Session& session, const TuneHost& host);

/// Whether limits of logins reach them; nothing where the plan has none.
std::vector<PamFinding> LookAtPam(const Plan& plan, Session& session);

/// Paths made independent of the working directory, so that a journal can name them.
std::vector<std::string> Lasting(std::vector<std::string> references);

/// The history as far as this user may read it: a command that only looks goes on without.
Result<History> HistoryForReading(const TuneHost& host);

/// Where a transaction waits for its confirmation beyond its deadline: that one.
const Tx* OverdueHere(const History& history, const TuneHost& host);

ExitStatus StatusOf(UndoReport::Outcome outcome);

}  // namespace tunewire
