// The options of `tunewire snapshot` and `tunewire diff`.
#include <CLI/CLI.hpp>

#include "cli/command_options.h"

namespace tunewire {
namespace {

class SnapshotLine : public CommandOptions {
 public:
  void AddTo(CLI::App& command) override {
    command.add_option("-o,--output", out_, "write this new file")->type_name("OUT");
  }

  Result<CommandArguments> Take(GlobalArguments&) const override {
    return SnapshotArguments{out_ == "-" ? "" : out_};
  }

 private:
  std::string out_;
};

class DiffLine : public CommandOptions {
 public:
  void AddTo(CLI::App& command) override {
    command.add_option("SNAPSHOT", files_, "a file, or - for standard input")->type_name("");
  }

  Result<CommandArguments> Take(GlobalArguments& global) const override {
    if (files_.empty())
      return Fail(MissingArgument("diff", "snapshot", "`tunewire snapshot -o A.json` takes one"));
    if (files_.size() > 2)
      return Fail(UsageError("too_many_arguments", "diff: two snapshots at most",
                             "one file alone is compared with this host now"));
    if (files_.size() == 2 && files_[0] == "-" && files_[1] == "-")
      return Fail(UsageError("invalid_argument", "diff: only one of them can be standard input",
                             "write the other to a file"));
    if (files_.size() == 2 && (!global.netns.empty() || !global.root.empty()))
      return Fail(UsageError("conflicting_options",
                             "diff: --netns and --root say where the second one is taken",
                             "leave the second file out"));
    return DiffArguments{files_[0], files_.size() == 2 ? files_[1] : ""};
  }

 private:
  std::vector<std::string> files_;
};

}  // namespace

std::unique_ptr<CommandOptions> SnapshotOptions() { return std::make_unique<SnapshotLine>(); }
std::unique_ptr<CommandOptions> DiffOptions() { return std::make_unique<DiffLine>(); }

}  // namespace tunewire
