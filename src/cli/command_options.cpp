#include "cli/command_options.h"

#include "base/format.h"
#include "cli/command_table.h"
#include "cli/probe_options.h"
#include "cli/sockets_options.h"

namespace tunewire {

std::unique_ptr<CommandOptions> OptionsOf(std::string_view command) {
  if (command == "probe") return ProbeOptions();
  if (command == "probe serve") return ProbeServeOptions();
  if (command == "probe sweep") return ProbeSweepOptions();
  if (command == "http") return HttpOptions();
  if (command == "trial") return TrialOptions();
  if (command == "snapshot") return SnapshotOptions();
  if (command == "diff") return DiffOptions();
  if (command == "sockets") return SocketsOptions();
  if (command == "counters") return CountersOptions();
  if (command == "check") return CheckOptions();
  return TuneOptions(command);
}

Error UsageError(std::string code, std::string message, std::string hint) {
  Error error;
  error.kind = ErrorKind::kUsage;
  error.code = std::move(code);
  error.message = std::move(message);
  error.hint = std::move(hint);
  return error;
}

Error MissingArgument(std::string_view command, std::string_view what, std::string_view find) {
  const CommandEntry* entry = FindCommand(command);
  return UsageError("missing_argument", Format("{}: which {}?", command, what),
                    Format("usage: tunewire {} {}; {}", command,
                           entry == nullptr ? std::string_view() : entry->usage, find));
}

}  // namespace tunewire
