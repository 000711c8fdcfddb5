// The tree below /proc/sys: the real one, a namespace's, or a folder standing in for it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/catalog/sysctl_key.h"

namespace tunewire {

struct KeyState {
  enum class Access {
    kAbsent,
    kReadWrite,
    kReadOnly,       ///< the mode has no write bit: nobody can
    kWriteOnly,      ///< the mode has no read bit
    kReadOnlyMount,  ///< /proc/sys is mounted read-only (EROFS), as in most containers
    kNotPermitted,   ///< readable; this user may not write
  };
  Access access = Access::kAbsent;

  bool operator==(const KeyState&) const = default;
};

class SysctlTree {
 public:
  virtual ~SysctlTree() = default;

  /// The raw text, newline included. Errors: kNotFound "no_such_key", kNotPermitted (also for a
  /// write-only key).
  virtual Result<std::string> Read(const SysctlKey& key) const = 0;

  /// One write(2) of `text`, no newline added, no retry. A short write is an error, code
  /// "short_write": as with every refused write, the key may have changed. Errors carry operation
  /// "open" or "write" and errno; a name the kernel does not know (an algorithm) is kInvalid
  /// "no_such_value". A folder standing in stores what the real key would show: text and newline.
  virtual Status Write(const SysctlKey& key, std::string_view text) = 0;

  virtual KeyState State(const SysctlKey& key) const = 0;

  /// Every key below `folder` ("net/ipv4/conf", "" for all), sorted by path; folders are walked,
  /// not returned. A folder that is not there gives an empty list.
  virtual Result<std::vector<SysctlKey>> List(std::string_view folder) const = 0;

  /// Names directly in `folder`, files and folders, sorted: the interfaces of "net/ipv4/conf".
  virtual Result<std::vector<std::string>> Names(std::string_view folder) const = 0;
};

/// The tree at `root` ("/proc/sys", or DIR/proc/sys). Every path is opened beneath it with
/// openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV); the
/// one mount that is crossed is the same procfs again, as containers lay it over /proc/sys/net.
/// Not for several threads, and to be opened in the network namespace it is used in. Errors:
/// kNotFound "no_such_folder".
Result<std::unique_ptr<SysctlTree>> OpenSysctlTree(const std::string& root);

}  // namespace tunewire
