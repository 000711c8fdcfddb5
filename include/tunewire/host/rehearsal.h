// A scratch network namespace in which a profile's writes can be tried without touching the host.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/catalog/sysctl_key.h"

namespace tunewire {

struct KeyText {
  SysctlKey key;
  std::string text;
};

struct RehearsedWrite {
  enum class Verdict { kAccepted, kRefused, kNotPossible };
  Verdict verdict = Verdict::kNotPossible;
  int os_error = 0;    ///< of the refusal; with kNotPossible what stood in the way, 0 where nothing
                       ///< was tried
  std::string stored;  ///< what the kernel read back after an accepted write
};

class Rehearsal {
 public:
  virtual ~Rehearsal() = default;
  /// One verdict per write, in order. kNotPossible: the key is absent or read-only in a child
  /// namespace, belongs to the whole host, needs a device that is not there, or was refused for
  /// want of rights (which are others there); a congestion control that is not loaded is not tried,
  /// because trying would load it. Errors: kUnsupported / kNotPermitted where no
  /// namespace may be made.
  virtual Result<std::vector<RehearsedWrite>> Try(std::span<const KeyText> writes) = 0;
};

/// A child process unshares a network namespace (with a user namespace where the caller may not
/// otherwise), tries the writes and is gone; the caller's own namespaces never change. Bounded at 2
/// s.
std::unique_ptr<Rehearsal> ScratchNamespace();

}  // namespace tunewire
