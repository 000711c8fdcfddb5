// Which processes use processors, by two looks at the clock of each.
#pragma once

#include <cstdint>
#include <vector>

#include "tunewire/host/host_facts.h"

namespace tunewire {

/// Processor time of one process, all its threads, at one moment of CLOCK_MONOTONIC.
struct CpuReading {
  int pid = 0;
  std::int64_t cpu_ns = 0, at_ns = 0;

  bool operator==(const CpuReading&) const = default;
};

/// Those whose share between two readings, both ascending by pid, is at least `least`, the busiest
/// first, at most `most`. One that is only in the second has begun in between: all its time counts.
struct CpuShare {
  int pid = 0;
  double cpus = 0;

  bool operator==(const CpuShare&) const = default;
};
std::vector<CpuShare> CompareCpu(const std::vector<CpuReading>& first,
                                 const std::vector<CpuReading>& last, double least,
                                 std::size_t most);

/// All processes of this pid namespace, kernel threads too, this one left out: two system calls
/// each at most. Unknown where /proc hides some or is another namespace's.
Known<std::vector<CpuReading>> ReadCpuTimes();

/// Those that use at least 2 % of a CPU, at most 32.
Known<std::vector<BusyProcess>> FindBusy(const Known<std::vector<CpuReading>>& first,
                                         const Known<std::vector<CpuReading>>& last);

}  // namespace tunewire
