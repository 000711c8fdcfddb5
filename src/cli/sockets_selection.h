// Which processes and sockets a command line means.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/sockets_arguments.h"
#include "tunewire/base/result.h"
#include "tunewire/host/processes.h"
#include "tunewire/host/socket_table.h"

namespace tunewire {

/// --pid, --command and --unit choose processes.
bool ChoosesProcesses(const SocketsArguments& arguments);

/// Those of `running` that everything given holds for; all of them where nothing is. Errors:
/// kNotFound "no_such_process", with the nearest names.
Result<std::vector<Process>> ChooseProcesses(const SocketsArguments& arguments,
                                             std::span<const Process> running);

std::vector<int> PidsOf(std::span<const Process> processes);

/// --port, --peer, and listeners alone with --listeners. Precondition: the words were checked when
/// the line was read.
SocketFilter FilterFrom(const SocketsArguments& arguments);

/// "nginx (4 processes), port 80": safe for a terminal; empty where everything is meant.
std::string SelectionWords(const SocketsArguments& arguments, std::span<const Process> chosen);

}  // namespace tunewire
