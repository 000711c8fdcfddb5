// tunewire probe sweep: which sizes, gaps and think times stall.
#include "cli/commands.h"
#include "cli/probe_ends.h"
#include "cli/progress.h"
#include "report/probe_report.h"

namespace tunewire {
namespace {

Result<SweepResult> Measure(Session& session, const ProbeSweepArguments& arguments) {
  Result<std::unique_ptr<Ends>> ends = OpenEnds(session, arguments.place);
  if (!ends) return Fail(ends.error());
  StopOnSignal(session);
  Progress progress(session);
  return RunSweep(**ends, arguments.request, [&](const ProbeProgress& now) {
    progress.Show(ProgressLine(now));
    return session.machine().terminal.StopWanted();
  });
}

}  // namespace

Answer Run(Session& session, const ProbeSweepArguments& arguments) {
  Result<SweepResult> result = Measure(session, arguments);
  if (!result) return session.Refuse(result.error());
  SweepView view{.result = *std::move(result)};
  if (session.json()) view.host_hash = ClientHash(session, arguments.place);
  Answer answer;
  answer.status = session.machine().terminal.StopWanted() ? ExitStatus::kInterrupted
                  : !view.result.edges.empty()            ? ExitStatus::kFinding
                                                          : ExitStatus::kDone;
  answer.text =
      session.json() ? SweepJson(view) : SweepText(view, session.target(), session.style());
  return answer;
}

}  // namespace tunewire
