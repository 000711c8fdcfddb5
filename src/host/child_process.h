// Waiting for programs that were started.
#pragma once

#include <sys/types.h>

namespace tunewire {

/// The wait status, -1 where there is no such child.
int WaitFor(pid_t pid);

/// Waits for a child a bounded time, through its pidfd; then it is ended. True where it exited
/// with 0.
bool EndedWell(pid_t pid, int patience_ms);

}  // namespace tunewire
