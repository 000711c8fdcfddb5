// Sysctl writes in a scratch network namespace, made so that they cannot change the host:
//   - only keys below net/ are tried: all others are one value for the machine, seen everywhere;
//   - a key that is the same file inside as outside belongs to the host, and is left alone;
//   - an algorithm that is not loaded is not named: the kernel would load a module for it.
#pragma once

#include <sys/types.h>

#include <span>
#include <string_view>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/base/unique_fd.h"
#include "tunewire/host/rehearsal.h"

namespace tunewire {

class ScratchWrites {
 public:
  /// Looks at the caller's own keys, to know them again inside. The writes must outlive it. Errors:
  /// /proc/sys cannot be opened.
  static Result<ScratchWrites> Prepare(std::span<const KeyText> writes);

  [[nodiscard]] std::size_t size() const { return trials_.size(); }

  /// Precondition: the calling thread is in the scratch namespace.
  [[nodiscard]] RehearsedWrite Try(std::size_t index) const;

 private:
  struct Trial {
    const KeyText* write = nullptr;
    UniqueFd
        outside;  ///< the caller's own key, only looked at; invalid where it is not to be tried
  };

  [[nodiscard]] UniqueFd Open(std::string_view path, int flags) const;
  [[nodiscard]] bool NamesAnUnloadedAlgorithm(const KeyText& write) const;
  [[nodiscard]] RehearsedWrite ReadBack(const KeyText& write) const;

  UniqueFd folder_;  ///< /proc/sys, which follows the thread that looks
  dev_t device_ = 0;
  std::vector<Trial> trials_;
};

/// Moves the calling thread into a new network namespace; a process with a single thread gets a
/// user namespace of its own where it may not otherwise. 0, or errno.
int LeaveNetworkNamespace();

}  // namespace tunewire
