// Running processes and their resource limits.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tunewire/base/result.h"

namespace tunewire {

/// Soft and hard limit in the item's own unit; kUnlimited (profile.h) is RLIM_INFINITY.
struct Limits {
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;

  bool operator==(const Limits&) const = default;
};

/// One process for as long as it lives: a number alone may be given out again.
struct ProcessId {
  int pid = 0;
  std::uint64_t start_ticks = 0;  ///< field 22 of /proc/PID/stat

  auto operator<=>(const ProcessId&) const = default;
};

struct Process {
  ProcessId id;
  std::string command;     ///< /proc/PID/comm, at most 15 bytes
  std::string executable;  ///< last part of /proc/PID/exe, empty where it may not be read
  std::string unit;        ///< systemd service from its cgroup ("nginx.service"), empty without one
  /// "user@1000.service" where `unit` is one of that user's manager (systemctl --user), or empty.
  std::string user_manager;

  bool operator==(const Process&) const = default;
};

class ProcessTable {
 public:
  virtual ~ProcessTable() = default;

  /// Every process of this pid namespace, by pid; kernel threads left out. One pass over /proc;
  /// processes that end meanwhile are left out.
  virtual Result<std::vector<Process>> Processes() const = 0;

  /// `item` is a limits.conf name, amounts are the kernel's (profile.h). Errors: kNotFound
  /// "no_such_process" where it has ended, kNotPermitted, kInvalid "no_such_limit".
  virtual Result<Limits> GetLimits(const ProcessId& id, const std::string& item) const = 0;

  /// prlimit(2). Raising a hard limit needs CAP_SYS_RESOURCE, and so does another user's process;
  /// a nofile above fs.nr_open is refused whoever asks. Errors as above; operation "prlimit". The
  /// start time is compared right before the call and behind it.
  virtual Status SetLimits(const ProcessId& id, const std::string& item, const Limits& limits) = 0;
};

/// The /proc of this process.
std::unique_ptr<ProcessTable> LinuxProcesses();

/// For a captured tree: nothing runs there.
std::unique_ptr<ProcessTable> NoProcesses();

}  // namespace tunewire
