#include "tunewire/host/namespaces.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/format.h"
#include "host/beneath.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

Error NamespaceError(ErrorKind kind, const char* code, const std::string& target,
                     std::string message, std::string hint) {
  Error error;
  error.kind = kind;
  error.code = code;
  error.subject = target;
  error.message = std::move(message);
  error.hint = std::move(hint);
  return error;
}

Error NoSuch(const std::string& target) {
  return NamespaceError(ErrorKind::kNotFound, "no_such_namespace", target,
                        Format("there is no network namespace '{}'", Printable(target)),
                        "'ip netns list' shows the named ones; a process id or a path will do");
}

Error NotANamespace(const std::string& target) {
  return NamespaceError(ErrorKind::kUsage, "not_a_network_namespace", target,
                        Format("'{}' is no network namespace", Printable(target)), "");
}

Error Refused(const char* operation, const std::string& target, int os_error) {
  if (os_error == ENOENT || os_error == ENOTDIR || os_error == ESRCH) return NoSuch(target);
  Error error = SystemError(operation, target, os_error);
  error.message =
      Format("cannot enter network namespace '{}': {}", Printable(target), DescribeErrno(os_error));
  return error;
}

bool IsName(const std::string& target) {
  return !target.empty() && target != "." && target != ".." &&
         target.find('/') == std::string::npos;
}

/// Opened without waiting and without effects: the path may be anything.
UniqueFd OpenPath(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return UniqueFd();
  if (!S_ISREG(status.st_mode)) {
    errno = EINVAL;
    return UniqueFd();
  }
  return OpenFile(path.c_str(), O_RDONLY);
}

/// A name wins over a process id: `ip netns add 1` is possible, and then it was meant.
UniqueFd OpenNamed(const std::string& name) {
  for (const char* folder : {"/run/netns/", "/var/run/netns/"}) {
    UniqueFd fd = OpenPath(folder + name);
    if (fd.valid() || errno != ENOENT) return fd;
  }
  const std::optional<std::int64_t> pid = ParseDecimal(name);
  if (pid && *pid > 0) return OpenPath(Format("/proc/{}/ns/net", *pid));
  errno = ENOENT;
  return UniqueFd();
}

UniqueFd OpenTarget(const std::string& target) {
  if (target.empty() || target.find('\0') != std::string::npos) {
    errno = ENOENT;
    return UniqueFd();
  }
  return IsName(target) ? OpenNamed(target) : OpenPath(target);
}

bool IsNetworkNamespace(int fd) { return ::ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET; }

/// A rootless namespace belongs to a user namespace; only inside that one may it be entered.
Status EnterOwner(int fd, const std::string& target, int first_error) {
  const UniqueFd owner(::ioctl(fd, NS_GET_USERNS));
  if (!owner.valid() || ::setns(owner.get(), CLONE_NEWUSER) != 0) {
    return Fail(Refused("setns", target, first_error));
  }
  if (::setns(fd, CLONE_NEWNET) != 0) return Fail(Refused("setns", target, errno));
  return {};
}

}  // namespace

Status EnterNetworkNamespace(const std::string& target) {
  const UniqueFd fd = OpenTarget(target);
  if (!fd.valid() && errno == EINVAL) return Fail(NotANamespace(target));
  if (!fd.valid()) return Fail(Refused("open", target, errno));
  if (!IsNetworkNamespace(fd.get())) return Fail(NotANamespace(target));
  if (::setns(fd.get(), CLONE_NEWNET) == 0) return {};
  if (errno == EPERM) return EnterOwner(fd.get(), target, EPERM);
  return Fail(Refused("setns", target, errno));
}

}  // namespace tunewire
