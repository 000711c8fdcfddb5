// Opening a path below a folder without ever leaving it.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "tunewire/base/result.h"
#include "tunewire/base/unique_fd.h"

namespace tunewire {

/// The flags every open here gets: never inherited, never a terminal, never waiting for the other
/// end of a pipe.
UniqueFd OpenFile(const char* path, int flags, mode_t mode = 0);

/// `path`, relative, opened below `folder`: no "..", no symbolic or magic link, no other mount.
/// An invalid descriptor with errno set where it cannot be; ENOENT for a path with a NUL byte.
UniqueFd OpenBeneath(int folder, std::string_view path, int flags);

/// As OpenBeneath, but mount points on the way are allowed.
UniqueFd OpenBeneathAcrossMounts(int folder, std::string_view path, int flags);

/// As OpenBeneath, but across mounts of the very same file system. Containers often mount the same
/// procfs a second time over /proc/sys or /proc/sys/net, to make one read-only and the other not;
/// that mount is crossed, any other (binfmt_misc) is not.
UniqueFd OpenBeneathOnDevice(int folder, std::string_view path, int flags, dev_t device);

/// Everything in a file from offset 0, in one read(2) where it is short. procfs fills one buffer
/// per read and starts over on a larger one. Errors: "too_large" (kInvalid) above 1 MiB, errno of
/// read.
Result<std::string> ReadAll(int fd, const std::string& subject);

}  // namespace tunewire
