#include "tunewire/host/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace tunewire {
namespace {

constexpr uid_t kNobody = 65534;
constexpr gid_t kNoGroup = 65534;

Status Checked(const char* operation, long answer) {
  if (answer == 0) return {};
  return Fail(SystemError(operation, "own privileges", errno));
}

Status DropCapabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct none[2]{};
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  return Checked("capset", syscall(SYS_capset, &header, none));
}

// Groups first, for the user "nobody" may not change them; where the namespace denies setgroups(2)
// there is no such user either, and the next step says so.
Status BecomeNobody() {
  if (setgroups(0, nullptr) != 0 && errno != EPERM) {
    return Fail(SystemError("setgroups", "own privileges", errno));
  }
  if (Status group = Checked("setresgid", setresgid(kNoGroup, kNoGroup, kNoGroup)); !group) {
    return group;
  }
  return Checked("setresuid", setresuid(kNobody, kNobody, kNobody));
}

// EINVAL: the number has no place in this user namespace (setresuid(2)).
bool NoSuchUserHere(const Status& status) {
  return !status && (status.error().os_error == EINVAL || status.error().os_error == EPERM);
}

// Not believed but tried: a way back would work now.
Status CheckNoWayBack() {
  if (geteuid() != 0 && setresuid(0, 0, 0) == 0) {
    return Fail(SystemError("setresuid", "own privileges", EPERM));
  }
  return {};
}

}  // namespace

Status DropRoot() {
  if (geteuid() == 0) {
    if (Status nobody = BecomeNobody(); !nobody && !NoSuchUserHere(nobody)) return nobody;
  }
  if (Status dropped = DropCapabilities(); !dropped) return dropped;
  if (Status last = Checked("prctl", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)); !last) return last;
  return CheckNoWayBack();
}

}  // namespace tunewire
