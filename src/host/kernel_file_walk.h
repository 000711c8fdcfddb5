// Which process holds which socket, asked of the kernel at once instead of of /proc one by one.
#pragma once

#include <optional>
#include <vector>

#include "tunewire/host/socket_table.h"

namespace tunewire {

/// All socket descriptors of all processes, in no order (before Linux 5.10 once for each thread),
/// from a BPF iterator over the files of tasks (kernel/bpf/task_iter.c, since Linux 5.8): a tenth
/// of what readlink(2) for each of them costs, after about 10 ms to read the kernel's types.
/// Nothing where the kernel offers none, this process may not load it, or its numbers of processes
/// are those of another PID namespace.
std::optional<std::vector<HeldSocket>> WalkFilesInKernel();

}  // namespace tunewire
