// From evidence to an answer, and --replay: the same judgement over kept looks.
#pragma once

#include "cli/session.h"
#include "cli/sockets_arguments.h"
#include "report/sockets_report.h"

namespace tunewire {

/// The evidence with what the rules say of it. `pids`: the chosen processes, empty for all.
SocketsView Judged(const SocketsArguments& arguments, const std::vector<int>& pids,
                   Evidence evidence, const SocketSurroundings& around);

/// The report, and the exit status it brings.
Answer AnswerFrom(Session& session, const SocketsView& view);

Answer Replayed(Session& session, const SocketsArguments& arguments);

}  // namespace tunewire
