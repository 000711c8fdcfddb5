// Limits of a profile held against what logins, services and running processes have, and the files
// that make keys and limits last.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tunewire/host/files.h"
#include "tunewire/host/processes.h"
#include "tunewire/host/sysctl_tree.h"
#include "tunewire/tune/plan.h"

namespace tunewire {

/// What sets one limit of one subject now. Amounts are the kernel's.
struct LimitNow {
  std::optional<std::uint64_t> soft, hard;
  std::string source;  ///< file:line of the line that wins, of the hard limit where they differ
};

struct RunningLimit {
  Process process;
  std::string item;
  Limits limits;
};

/// Everything on the host that a profile's limits and files concern.
struct LimitFacts {
  std::uint64_t nr_open = 0;                 ///< fs.nr_open, 0 where unknown
  std::map<std::string, LimitNow> logins;    ///< by "item domain"
  std::map<std::string, LimitNow> services;  ///< by "item unit"
  std::map<std::string, bool> units;         ///< known to systemd's folders
  std::vector<RunningLimit> running;         ///< of processes that the profile or InForce names
  std::map<std::string, std::string> files;  ///< path -> state text, of every file a plan may touch
  std::vector<Error> errors;                 ///< what could not be read, though it is there
};

enum class Persist { kNo, kYes };

struct FilePlace {
  std::string root;  ///< "" for this host, otherwise the folder that stands in
  Persist persist = Persist::kNo;
};

/// One look; only what the profile and the profile in force name is read.
LimitFacts ReadLimitFacts(const ComposedProfile& profile, const InForce& in_force,
                          const FilePlace& place, const SysctlTree& tree, const Files& files,
                          const ProcessTable& processes);

/// Pure. Adds limit_changes and files to a plan of the same profile. A nofile above fs.nr_open, as
/// the plan leaves it, is kInvalid: it would lock people out of their own login.
void DecideLimits(Plan& plan, const LimitFacts& facts, const InForce& in_force,
                  const FilePlace& place);

/// Paths of the files, below the root.
std::string LoginLimitsPath(const FilePlace& place, const std::string& profile);
std::string UnitLimitsPath(const FilePlace& place, const std::string& unit);
std::string BootKeysPath(const FilePlace& place, const std::string& profile);
std::string BootModulesPath(const FilePlace& place, const std::string& profile);

/// "1048576", "unlimited".
std::string LimitText(std::uint64_t amount);

}  // namespace tunewire
