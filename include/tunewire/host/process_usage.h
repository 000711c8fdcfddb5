// Processor time and memory of a running process and its children: one look.
#pragma once

#include <cstdint>
#include <optional>

#include "tunewire/base/result.h"
#include "tunewire/host/processes.h"

namespace tunewire {

struct ProcessUsage {
  /// User and system time of all that live, and of their children that ended and were waited for;
  /// in the kernel's ticks of 10 ms. The difference of two looks is what was used between them.
  std::int64_t cpu_ns = 0;
  std::uint64_t rss_bytes = 0;  ///< resident, summed up: what they share counts for each
  std::uint32_t processes = 0;  ///< that live

  bool operator==(const ProcessUsage&) const = default;
};

/// The process that has this number now. Errors: kNotFound "no_such_process".
Result<ProcessId> ProcessNow(int pid);

/// Of the process and its children, theirs included; a child whose parent ended meanwhile is
/// another's. Nothing where `root` has ended. Errors: /proc cannot be read.
Result<std::optional<ProcessUsage>> UsageOfTree(const ProcessId& root);

}  // namespace tunewire
