// The options of the commands that tune, look at settings and take them back.
#include <CLI/CLI.hpp>

#include "base/format.h"
#include "cli/command_options.h"
#include "tunewire/base/quantity.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using std::chrono::seconds;

constexpr seconds kLongestConfirm = std::chrono::hours(24);

class Options : public CommandOptions {
 public:
  explicit Options(std::string_view name) : name_(name) {}

  void AddTo(CLI::App& command) override {
    const std::string_view name = name_;
    if (name == "show")
      command.add_option("NAME", names_, "profiles, keys, globs, folders")->type_name("");
    if (name == "explain") command.add_option("KEY", key_, "a key")->type_name("");
    if (name == "plan" || name == "apply" || name == "verify") AddProfiles(command);
    if (name == "plan")
      command.add_flag("--exit-code", exit_code_, "exit 1 where something would change");
    if (name == "apply") AddApply(command);
    if (name == "lint" || name == "import")
      command.add_option("FILE", names_, "a file, or - for standard input")->type_name("");
    if (name == "import") {
      command.add_option("-o,--output", out_, "write this new file")->type_name("OUT");
      command.add_option("--name", profile_name_, "what the profile is called")->type_name("NAME");
    }
    if (name == "plan" || name == "apply")
      command.add_flag("--persist", persist_, "also write what the next boot reads");
    if (name == "confirm" || name == "rollback" || name == "history") AddTransaction(command);
    if (name == "rollback")
      command.add_flag("--force", force_, "also keys that others changed since");
    if (name == "recover")
      command.add_option("--deadline", deadline_of_, "")->type_name("TX")->group("");
  }

  Result<CommandArguments> Take(GlobalArguments&) const override {
    if (std::optional<Error> missing = Missing()) return Fail(*std::move(missing));
    if (name_ == "profiles") return ProfilesArguments{};
    if (name_ == "show") return ShowArguments{names_};
    if (name_ == "explain") return ExplainArguments{key_};
    if (name_ == "plan") return PlanArguments{names_, exit_code_, Wish()};
    if (name_ == "apply") return TakeApply();
    if (name_ == "confirm") return ConfirmArguments{tx_};
    if (name_ == "rollback") return RollbackArguments{tx_, force_};
    if (name_ == "recover") return RecoverArguments{deadline_of_};
    if (name_ == "verify") return VerifyArguments{names_};
    if (name_ == "lint") return LintArguments{names_};
    if (name_ == "import") return ImportArguments{names_, out_, profile_name_};
    return HistoryArguments{tx_};
  }

 private:
  void AddProfiles(CLI::App& command) {
    command.add_option("PROFILE", names_, "a name, a path with a slash, or - for standard input")
        ->type_name("");
  }

  void AddTransaction(CLI::App& command) {
    command.add_option("TX", tx_, "a transaction's number, or how it begins")->type_name("");
  }

  void AddApply(CLI::App& command) {
    command.add_option("--confirm", confirm_, "put back after this, unless confirmed")
        ->type_name("TIME");
    command.add_flag("-y,--yes", yes_, "do not ask");
    command.add_flag("--skip-missing", skip_missing_, "pass over keys that cannot be set here");
  }

  [[nodiscard]] Persist Wish() const { return persist_ ? Persist::kYes : Persist::kNo; }

  [[nodiscard]] std::optional<Error> Missing() const {
    if ((name_ == "plan" || name_ == "apply") && names_.empty())
      return MissingArgument(name_, "profile", "`tunewire profiles` lists them");
    if (name_ == "explain" && key_.empty())
      return MissingArgument(name_, "key", "`tunewire show` lists them");
    if ((name_ == "lint" || name_ == "import") && names_.empty())
      return MissingArgument(name_, "file", "- is standard input");
    return std::nullopt;
  }

  [[nodiscard]] Result<CommandArguments> TakeApply() const {
    ApplyArguments apply{names_, std::nullopt, yes_, skip_missing_, Wish()};
    if (confirm_.empty()) return apply;
    const Result<std::chrono::microseconds> time = ParseDuration(confirm_);
    if (!time) return Fail(time.error());
    if (*time < seconds(1) || *time > kLongestConfirm)
      return Fail(UsageError("invalid_duration",
                             Format("--confirm {}: between 1s and 24h", Printable(confirm_)), ""));
    apply.confirm_within = std::chrono::ceil<seconds>(*time);
    return apply;
  }

  const std::string name_;
  std::vector<std::string> names_;
  std::string confirm_, key_, tx_, deadline_of_, out_, profile_name_;
  bool exit_code_ = false, yes_ = false, skip_missing_ = false, force_ = false, persist_ = false;
};

}  // namespace

std::unique_ptr<CommandOptions> TuneOptions(std::string_view command) {
  return std::make_unique<Options>(command);
}

}  // namespace tunewire
