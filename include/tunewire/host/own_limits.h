// The limits and the memory of this very process.
#pragma once

#include <cstdint>

#include "tunewire/host/processes.h"

namespace tunewire {

/// Soft and hard RLIMIT_NOFILE as they are.
Limits OwnNofile();

/// Raises the own soft RLIMIT_NOFILE to `wanted`, or to the hard limit where that is lower; never
/// lowers it. What it is now (kUnlimited of profile.h without one). Needs no privilege.
std::uint64_t RaiseOwnNofile(std::uint64_t wanted);

/// The most memory this process ever held (VmHWM), 0 where /proc does not say. getrusage's
/// ru_maxrss would count what the process was before exec(2) as well.
std::uint64_t OwnPeakMemory();

/// CPU time of all threads of this process so far, user and system.
std::int64_t OwnCpuNs();

}  // namespace tunewire
