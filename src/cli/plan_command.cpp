// tunewire plan: what apply would change, as a report; nothing is written.
#include "cli/commands.h"
#include "cli/planning.h"
#include "report/plan_report.h"

namespace tunewire {

Answer Run(Session& session, const PlanArguments& arguments) {
  const auto profile = LoadProfiles(arguments.profiles, session.profiles());
  if (!profile) return session.Refuse(profile.error());
  Result<TuneHost> host = session.Host();
  if (!host) return session.Refuse(host.error());
  const Result<History> history = HistoryForReading(*host);
  if (!history) return session.Refuse(history.error());
  const Tx* tx = history->InForceHere(host->info);
  PlanView view =
      MakePlan(session, *host, *profile, DescribeInForce(tx), Rehearsing::kYes, arguments.persist);
  LookAhead(view, session, *host, tx, arguments.persist);

  Answer answer;
  answer.errors = InvalidChanges(view.plan);
  answer.text = session.json()
                    ? PlanJson(view)
                    : PlanText(view, session.target(), PlanEnding::kAdvise, session.style());
  if (!answer.errors.empty()) {
    answer.status = ExitStatus::kUsage;
  } else if (arguments.exit_code && !view.plan.ChangesNothing()) {
    answer.status = ExitStatus::kFinding;
  }
  return answer;
}

}  // namespace tunewire
