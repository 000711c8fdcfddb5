// What the command line asks of each command: its options, and the arguments they become. CLI11
// itself is known only to the .cpp files that fill these in.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "cli/arguments.h"
#include "tunewire/base/result.h"

namespace CLI {
class App;
}

namespace tunewire {

/// The options of one command; CLI11 writes into it while the line is parsed.
class CommandOptions {
 public:
  virtual ~CommandOptions() = default;

  /// Called once. The command must outlive every use of `command`.
  virtual void AddTo(CLI::App& command) = 0;

  /// Once the whole line was understood. A command that reads a global option in a way of its own
  /// takes it out of `global`. Errors: kUsage.
  virtual Result<CommandArguments> Take(GlobalArguments& global) const = 0;
};

/// By the words that choose the command: "plan", "probe serve". Precondition: AllCommands() has it.
std::unique_ptr<CommandOptions> OptionsOf(std::string_view command);

std::unique_ptr<CommandOptions> TuneOptions(std::string_view command);
std::unique_ptr<CommandOptions> HttpOptions();
std::unique_ptr<CommandOptions> TrialOptions();
std::unique_ptr<CommandOptions> CheckOptions();
std::unique_ptr<CommandOptions> SnapshotOptions();
std::unique_ptr<CommandOptions> DiffOptions();

Error UsageError(std::string code, std::string message, std::string hint);

/// "plan: which profile?"; `find` says where the answers are.
Error MissingArgument(std::string_view command, std::string_view what, std::string_view find);

}  // namespace tunewire
