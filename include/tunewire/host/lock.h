// One transaction at a time.
#pragma once

#include <memory>
#include <string>

#include "tunewire/base/result.h"

namespace tunewire {

/// Held until destroyed; the kernel releases it when the process dies.
class HeldLock {
 public:
  virtual ~HeldLock() = default;
};

class LockPlace {
 public:
  virtual ~LockPlace() = default;
  /// Errors: kBusy "busy" where another holds it; system errors of open and flock.
  virtual Result<std::unique_ptr<HeldLock>> TryLock() = 0;
};

/// flock(2) on `path` (made if missing, 0600 in a folder 0755; O_CLOEXEC); the inode is compared
/// after locking, so that a replaced file is not mistaken for the lock. No process ids are written.
std::unique_ptr<LockPlace> FileLock(std::string path);

}  // namespace tunewire
