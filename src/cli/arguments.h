// A command line, taken apart: what every command may be told, and what each one is.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/check_arguments.h"
#include "cli/http_arguments.h"
#include "cli/probe_arguments.h"
#include "cli/sockets_arguments.h"
#include "cli/trial_arguments.h"
#include "report/style.h"
#include "tunewire/tune/limits.h"

namespace tunewire {

struct GlobalArguments {
  bool json = false;
  Detail detail = Detail::kNormal;
  ColorWish color = ColorWish::kAuto;
  std::string netns;      ///< as given, empty where not
  std::string state_dir;  ///< as given, empty where not
  std::string root;       ///< as given, empty where not
};

struct ProfilesArguments {};

struct ShowArguments {
  std::vector<std::string> names;  ///< profiles, keys, globs, folders; none means every known key
};

struct ExplainArguments {
  std::string key;
};

struct PlanArguments {
  std::vector<std::string> profiles;
  bool exit_code = false;  ///< 1 where something would change
  Persist persist = Persist::kNo;
};

struct ApplyArguments {
  std::vector<std::string> profiles;
  std::optional<std::chrono::seconds> confirm_within;
  bool yes = false;
  bool skip_missing = false;
  Persist persist = Persist::kNo;
};

struct ConfirmArguments {
  std::string tx;  ///< empty: the one that waits
};

struct RollbackArguments {
  std::string tx;  ///< empty: the last one in force
  bool force = false;
};

struct RecoverArguments {
  std::string deadline_of;  ///< the guard of `apply --confirm`: waits for this one's deadline first
};

struct VerifyArguments {
  std::vector<std::string> profiles;  ///< none: what is in force
};

struct HistoryArguments {
  std::string tx;
};

struct LintArguments {
  std::vector<std::string> files;  ///< "-" is standard input
};

struct ImportArguments {
  std::vector<std::string> files;
  std::string out;   ///< a new file; empty: standard output
  std::string name;  ///< of the profile; empty: from the first file's
};

using CommandArguments =
    std::variant<ProfilesArguments, ShowArguments, ExplainArguments, PlanArguments, ApplyArguments,
                 ConfirmArguments, RollbackArguments, RecoverArguments, VerifyArguments,
                 HistoryArguments, LintArguments, ImportArguments, ProbeArguments,
                 ProbeServeArguments, ProbeSweepArguments, HttpArguments, TrialArguments,
                 SnapshotArguments, DiffArguments, SocketsArguments, CountersArguments,
                 CheckArguments>;

struct Invocation {
  std::string command;  ///< one word: "plan"; "probe_serve" for `probe serve`
  GlobalArguments global;
  CommandArguments arguments;
};

}  // namespace tunewire
