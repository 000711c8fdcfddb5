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
/// systemd transient timer where systemd runs, a child in a session of its own otherwise. Returns
/// once it is certain to run.
Result<DetachedBy> StartDetached(const DetachedCommand& command);

}  // namespace tunewire
