#include "cli/empty_result.h"

#include "report/check_report.h"
#include "report/counters_report.h"
#include "report/http_report.h"
#include "report/plan_report.h"
#include "report/probe_report.h"
#include "report/settings_report.h"
#include "report/show_report.h"
#include "report/snapshot_report.h"
#include "report/sockets_report.h"
#include "report/trial_report.h"
#include "report/tune_report.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

/// The profiles' name as far as it is known without reading them.
std::string NameOf(const std::vector<std::string>& references) { return Join(references, "+"); }

struct Empty {
  std::string operator()(const ProfilesArguments&) const { return ProfilesJson({}); }
  std::string operator()(const ShowArguments&) const { return ShowJson({}); }
  std::string operator()(const ExplainArguments&) const { return ExplainJson({}); }
  std::string operator()(const PlanArguments& arguments) const {
    Plan plan;
    plan.profile = NameOf(arguments.profiles);
    return PlanJson({plan, {}, {}, {}});
  }
  std::string operator()(const ApplyArguments& arguments) const {
    ApplyView view;
    view.profile = NameOf(arguments.profiles);
    view.refused = ApplyView::Refused::kYes;
    return ApplyJson(view);
  }
  std::string operator()(const ConfirmArguments&) const { return ConfirmJson({}); }
  std::string operator()(const RollbackArguments&) const {
    UndoView view;
    view.refused = UndoView::Refused::kYes;
    return UndoJson(view);
  }
  std::string operator()(const RecoverArguments&) const {
    return RecoverJson({{}, RecoverView::Refused::kYes});
  }
  std::string operator()(const VerifyArguments& arguments) const {
    VerifyView view;
    view.report.profile = NameOf(arguments.profiles);
    return VerifyJson(view);
  }
  std::string operator()(const HistoryArguments&) const { return HistoryJson({}); }
  std::string operator()(const LintArguments&) const { return LintJson({}); }
  std::string operator()(const ImportArguments&) const { return ImportJson({}); }
  std::string operator()(const ProbeArguments& arguments) const {
    ProbeView view;
    view.refused = ProbeView::Refused::kYes;
    view.result.peer = arguments.place.peer;
    return ProbeJson(view);
  }
  std::string operator()(const ProbeServeArguments& arguments) const {
    ServeView view;
    view.address = arguments.options.listen;
    view.port = arguments.options.port;
    view.refused = ServeView::Refused::kYes;
    return ServeJson(view);
  }
  std::string operator()(const ProbeSweepArguments& arguments) const {
    SweepView view;
    view.refused = SweepView::Refused::kYes;
    view.result.peer = arguments.place.peer;
    return SweepJson(view);
  }
  std::string operator()(const HttpArguments& arguments) const {
    HttpView view;
    view.url = arguments.url;
    view.refused = HttpView::Refused::kYes;
    return HttpJson(view);
  }
  std::string operator()(const TrialArguments& arguments) const {
    TrialView view;
    view.profile = NameOf(arguments.profiles);
    view.against = arguments.against;
    return TrialJson(view);
  }
  std::string operator()(const SnapshotArguments&) const {
    SnapshotView view;
    view.refused = SnapshotView::Refused::kYes;
    return SnapshotJson(view);
  }
  std::string operator()(const DiffArguments& arguments) const {
    DiffView view;
    view.refused = DiffView::Refused::kYes;
    view.before_name = arguments.before;
    view.after_name = arguments.after;
    return DiffJson(view);
  }
  std::string operator()(const SocketsArguments&) const { return SocketsJson({}); }
  std::string operator()(const CountersArguments&) const {
    CountersView view;
    view.refused = CountersView::Refused::kYes;
    return CountersJson(view);
  }
  std::string operator()(const CheckArguments&) const {
    CheckView view;
    view.refused = CheckView::Refused::kYes;
    return CheckJson(view);
  }
};

/// For a line that was refused before its arguments were taken.
CommandArguments NoArguments(const std::string& command) {
  if (command == "profiles") return ProfilesArguments{};
  if (command == "show") return ShowArguments{};
  if (command == "explain") return ExplainArguments{};
  if (command == "plan") return PlanArguments{};
  if (command == "apply") return ApplyArguments{};
  if (command == "confirm") return ConfirmArguments{};
  if (command == "rollback") return RollbackArguments{};
  if (command == "recover") return RecoverArguments{};
  if (command == "verify") return VerifyArguments{};
  if (command == "lint") return LintArguments{};
  if (command == "import") return ImportArguments{};
  if (command == "probe") return ProbeArguments{};
  if (command == "probe_serve") return ProbeServeArguments{};
  if (command == "probe_sweep") return ProbeSweepArguments{};
  if (command == "http") return HttpArguments{};
  if (command == "trial") return TrialArguments{};
  if (command == "snapshot") return SnapshotArguments{};
  if (command == "diff") return DiffArguments{};
  if (command == "sockets") return SocketsArguments{};
  if (command == "counters") return CountersArguments{};
  if (command == "check") return CheckArguments{};
  return HistoryArguments{};
}

}  // namespace

std::string EmptyResult(const Invocation& invocation) {
  if (invocation.command.empty()) return "{}";
  const CommandArguments none = NoArguments(invocation.command);
  const bool taken = none.index() == invocation.arguments.index();
  return std::visit(Empty(), taken ? invocation.arguments : none);
}

}  // namespace tunewire
