// tunewire probe: what stalls, whose doing it is, what helps.
#include <algorithm>

#include "cli/commands.h"
#include "cli/output_file.h"
#include "cli/probe_ends.h"
#include "cli/progress.h"
#include "report/probe_report.h"

namespace tunewire {
namespace {

Status CheckFiles(Session& session, const ProbeArguments& arguments) {
  for (const std::string* path : {&arguments.csv, &arguments.cdf, &arguments.html}) {
    if (path->empty()) continue;
    if (Status writable = CheckOutput(session, *path); !writable) return writable;
  }
  return {};
}

/// Files that could be written are named in the view, the others come back.
std::vector<Error> WriteFiles(Session& session, const ProbeArguments& arguments, ProbeView& view) {
  std::vector<Error> errors;
  const auto write = [&](const std::string& path, auto make) {
    if (path.empty()) return;
    if (const Status written = WriteOutput(session, path, make()); !written) {
      errors.push_back(written.error());
    } else {
      view.written.push_back(path);
    }
  };
  write(arguments.csv, [&] { return ProbeExchangesCsv(view.result); });
  write(arguments.cdf, [&] { return ProbeCdfCsv(view.result); });
  write(arguments.html, [&] { return ProbeHtml(view); });
  return errors;
}

/// With assertions they alone decide: they say what is good enough.
ExitStatus StatusFor(const ProbeView& view) {
  if (view.result.partial) return ExitStatus::kInterrupted;
  const bool fine = view.assertions.empty()
                        ? !view.result.verdict.stall
                        : std::ranges::all_of(view.assertions, &AssertionOutcome::holds);
  return fine ? ExitStatus::kDone : ExitStatus::kFinding;
}

Error FailedAssertion(const AssertionOutcome& outcome) {
  Error error;
  error.kind = ErrorKind::kInvalid;
  error.code = "assertion_failed";
  error.subject = outcome.assertion.text;
  error.message = "not so: " + outcome.assertion.text + ", it is " +
                  ShownFigure(outcome.assertion.figure, outcome.actual);
  return error;
}

Result<ProbeResult> Measure(Session& session, const ProbeArguments& arguments) {
  Result<std::unique_ptr<Ends>> ends = OpenEnds(session, arguments.place);
  if (!ends) return Fail(ends.error());
  StopOnSignal(session);
  Machine& machine = session.machine();
  Progress progress(session);
  return RunProbe(**ends, arguments.request, machine.measure_noise(),
                  [&](const ProbeProgress& now) {
                    progress.Show(ProgressLine(now));
                    return machine.terminal.StopWanted();
                  });
}

}  // namespace

Answer Run(Session& session, const ProbeArguments& arguments) {
  if (const Status files = CheckFiles(session, arguments); !files)
    return session.Refuse(files.error());
  Result<ProbeResult> result = Measure(session, arguments);
  if (!result) return session.Refuse(result.error());
  ProbeView view;
  view.result = *std::move(result);
  view.arguments = arguments.words;
  if (session.json()) view.host_hash = ClientHash(session, arguments.place);
  if (const RunReport* asked = AskedRun(view.result)) {
    for (const Assertion& assertion : arguments.assertions)
      view.assertions.push_back(Check(assertion, *asked));
  }
  Answer answer;
  answer.status = StatusFor(view);
  answer.errors = WriteFiles(session, arguments, view);
  if (!answer.errors.empty()) answer.status = StatusOf(answer.errors.front().kind);
  for (const AssertionOutcome& outcome : view.assertions) {
    if (!outcome.holds) answer.errors.push_back(FailedAssertion(outcome));
  }
  answer.text =
      session.json() ? ProbeJson(view) : ProbeText(view, session.target(), session.style());
  return answer;
}

}  // namespace tunewire
