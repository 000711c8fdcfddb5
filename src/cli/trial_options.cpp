#include <CLI/CLI.hpp>

#include "base/format.h"
#include "cli/command_options.h"
#include "tunewire/base/quantity.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::chrono::minutes kLongest(10);

class Options : public CommandOptions {
 public:
  void AddTo(CLI::App& command) override {
    command
        .add_option("PROFILE", profiles_, "a name, a path with a slash, or - for standard input")
        ->type_name("");
    command.add_option("--for", time_, "how long to measure, 15s unless said")->type_name("TIME");
    command
        .add_option("--against", against_,
                    "`now`: the values of this host; `defaults`: those of a new namespace")
        ->type_name("WHAT");
  }

  Result<CommandArguments> Take(GlobalArguments&) const override {
    if (profiles_.empty())
      return Fail(MissingArgument("trial", "profile", "`tunewire profiles` lists them"));
    TrialArguments trial;
    trial.profiles = profiles_;
    if (against_ == "defaults") {
      trial.against = TrialAgainst::kDefaults;
    } else if (against_ != "now") {
      return Fail(UsageError("invalid_against",
                             Format("--against {}: `now` or `defaults`", Printable(against_)), ""));
    }
    if (time_.empty()) return trial;
    const Result<std::chrono::microseconds> time = ParseDuration(time_);
    if (!time) return Fail(time.error());
    if (*time < kShortestTrial || *time > kLongest)
      return Fail(UsageError("invalid_duration",
                             Format("--for {}: between 3s and 10min", Printable(time_)), ""));
    trial.wish.time = std::chrono::duration_cast<std::chrono::milliseconds>(*time);
    return trial;
  }

 private:
  std::vector<std::string> profiles_;
  std::string time_, against_ = "now";
};

}  // namespace

std::unique_ptr<CommandOptions> TrialOptions() { return std::make_unique<Options>(); }

}  // namespace tunewire
