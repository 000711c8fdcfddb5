// Steps that several commands take on the way to a plan.
#pragma once

#include <string>
#include <vector>

#include "cli/session.h"
#include "tunewire/tune/limits.h"
#include "tunewire/tune/plan.h"

namespace tunewire {

enum class Rehearsing { kNo, kYes };

/// Snapshot, decision and, where asked for and possible, the rehearsal and the listeners' word.
Plan MakePlan(Session& session, TuneHost& host, const ComposedProfile& profile,
              const InForce& in_force, Rehearsing rehearsing, Persist persist);

/// Paths made independent of the working directory, so that a journal can name them.
std::vector<std::string> Lasting(std::vector<std::string> references);

/// The history as far as this user may read it: a command that only looks goes on without.
Result<History> HistoryForReading(const TuneHost& host);

/// Where a transaction waits for its confirmation beyond its deadline: that one.
const Tx* OverdueHere(const History& history, const TuneHost& host);

ExitStatus StatusOf(UndoReport::Outcome outcome);

}  // namespace tunewire
