// Work that must outlive the terminal, the session and the calling process.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tunewire/base/result.h"

namespace tunewire {

enum class DetachedBy { kSystemdTimer, kChildProcess };

struct DetachedCommand {
  std::string unit;                    ///< name of the transient unit: "tunewire-confirm-7f3a"
  std::vector<std::string> arguments;  ///< of this very program, without its name
  std::chrono::seconds delay{0};       ///< the systemd timer fires after this; a child process is
                                       ///< started at once and waits by itself
};

/// Starts this program again so that it survives kill -9 of everything in the caller's session: a
/// systemd transient timer where systemd runs and takes it, a child in a session of its own
/// otherwise. Returns once it is certain to run: a failed exec is an error here. The child keeps
/// the caller's namespaces, and nothing else of it: folder "/", three descriptors on /dev/null,
/// default signals, a bare environment. A timer would run in the first network namespace, so a
/// caller in another one always gets the child. Where logind kills what a session leaves behind
/// (KillUserProcesses=), a child ends with it.
Result<DetachedBy> StartDetached(const DetachedCommand& command);

}  // namespace tunewire
