#include "tunewire/host/units.h"

#include <spawn.h>
#include <unistd.h>

#include "host/child_process.h"

namespace tunewire {
namespace {

constexpr int kPatienceMs = 30'000;
constexpr const char* kSystemctl[] = {"/usr/bin/systemctl", "/bin/systemctl"};

bool Reload(const char* path) {
  char program[] = "systemctl";
  char command[] = "daemon-reload";
  char environment[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  char* arguments[] = {program, command, nullptr};
  char* variables[] = {environment, nullptr};
  pid_t pid = 0;
  return ::posix_spawn(&pid, path, nullptr, nullptr, arguments, variables) == 0 &&
         EndedWell(pid, kPatienceMs);
}

}  // namespace

Status ReloadUnitFiles() {
  if (::access("/run/systemd/system", F_OK) != 0) return {};
  for (const char* path : kSystemctl)
    if (::access(path, X_OK) == 0 && Reload(path)) return {};
  return Fail({.kind = ErrorKind::kIo,
               .code = "reload_failed",
               .message = "systemd did not read its unit files again",
               .operation = "daemon-reload",
               .subject = "systemd"});
}

}  // namespace tunewire
