// One running process by its number.
#pragma once

#include <optional>
#include <span>

#include "tunewire/host/processes.h"

namespace tunewire {

enum class KernelThreads { kLeftOut, kIncluded };

/// Nothing where it has ended. All is read below one descriptor: a number given out anew cannot
/// lend its name to it. `room` is kProcRoom large (proc_folder.h).
std::optional<Process> LookAtProcess(int proc, int pid, std::span<char> room,
                                     KernelThreads kernel_threads);

}  // namespace tunewire
