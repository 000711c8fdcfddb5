// One function a command; each stands in a file of its own.
#pragma once

#include "cli/arguments.h"
#include "cli/session.h"

namespace tunewire {

Answer Run(Session& session, const ProfilesArguments& arguments);
Answer Run(Session& session, const ShowArguments& arguments);
Answer Run(Session& session, const ExplainArguments& arguments);
Answer Run(Session& session, const PlanArguments& arguments);
Answer Run(Session& session, const ApplyArguments& arguments);
Answer Run(Session& session, const ConfirmArguments& arguments);
Answer Run(Session& session, const RollbackArguments& arguments);
Answer Run(Session& session, const RecoverArguments& arguments);
Answer Run(Session& session, const VerifyArguments& arguments);
Answer Run(Session& session, const HistoryArguments& arguments);
Answer Run(Session& session, const LintArguments& arguments);
Answer Run(Session& session, const ImportArguments& arguments);
Answer Run(Session& session, const ProbeArguments& arguments);
Answer Run(Session& session, const ProbeServeArguments& arguments);
Answer Run(Session& session, const ProbeSweepArguments& arguments);
Answer Run(Session& session, const HttpArguments& arguments);
Answer Run(Session& session, const TrialArguments& arguments);
Answer Run(Session& session, const SnapshotArguments& arguments);
Answer Run(Session& session, const DiffArguments& arguments);
Answer Run(Session& session, const SocketsArguments& arguments);
Answer Run(Session& session, const CountersArguments& arguments);
Answer Run(Session& session, const CheckArguments& arguments);

}  // namespace tunewire
