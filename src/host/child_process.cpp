#include "host/child_process.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "tunewire/base/unique_fd.h"

namespace tunewire {

int WaitFor(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return status;
}

bool EndedWell(pid_t pid, int patience_ms) {
  const UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  pollfd wait{fd.get(), POLLIN, 0};
  int ready = 0;
  do {
    ready = fd.valid() ? ::poll(&wait, 1, patience_ms) : 1;
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) ::kill(pid, SIGKILL);
  const int status = WaitFor(pid);
  return status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace tunewire
