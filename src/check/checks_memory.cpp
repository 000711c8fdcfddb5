// Memory: of the host, of the control group, swap, huge pages.
#include <algorithm>

#include "base/format.h"
#include "check/check_parts.h"
#include "check/looks.h"
#include "tunewire/base/quantity.h"

namespace tunewire {

CheckResult LookAtFreeMemory(const HostFacts& facts, const CheckWish&) {
  if (!facts.memory) return UnknownCheck(facts.memory.why());
  const MemoryNow& memory = *facts.memory;
  if (memory.total_bytes == 0) return UnknownCheck("/proc/meminfo does not say the total");
  const double share =
      ShareOf(static_cast<double>(memory.available_bytes), static_cast<double>(memory.total_bytes));
  // Below a twentieth the kernel reclaims while packets arrive, and allocations in softirq fail.
  return JudgedCheck(
      StateBelow(share, 0.1, 0.05),
      {Format("{} of {} available", FormatBytes(memory.available_bytes),
              FormatBytes(memory.total_bytes)),
       "10 % or more", "/proc/meminfo: MemAvailable, MemTotal",
       "short of memory the kernel reclaims in the middle of a run and shrinks socket buffers"},
      {"free memory first", {}});
}

CheckResult LookAtMemoryLimit(const HostFacts& facts, const CheckWish&) {
  if (!facts.cgroup) return UnknownCheck(facts.cgroup.why());
  const CgroupFacts& group = *facts.cgroup;
  const std::string file = group.version == 1 ? "memory.limit_in_bytes" : "memory.max";
  const std::string why =
      "sockets and their buffers count against the control group: at the limit windows shrink, "
      "then "
      "the group is killed";
  if (!group.memory_limit_bytes) {
    return JudgedCheck(CheckState::kOk,
                       {"no limit", "no limit", Format("{} of cgroup {}", file, group.path), why},
                       {});
  }
  if (!group.memory_used_bytes) return UnknownCheck("the control group does not say what it uses");
  const double used = ShareOf(static_cast<double>(*group.memory_used_bytes),
                              static_cast<double>(*group.memory_limit_bytes));
  return JudgedCheck(StateAbove(used, 0.75, 0.9),
                     {Format("{} of {} used", FormatBytes(*group.memory_used_bytes),
                             FormatBytes(*group.memory_limit_bytes)),
                      "under 75 %", Format("{} of cgroup {}", file, group.path), why},
                     {"raise MemoryMax= of the unit, or --memory of the container", {}});
}

CheckResult LookAtSwap(const HostFacts& facts, const CheckWish&) {
  if (!facts.memory) return UnknownCheck(facts.memory.why());
  const MemoryNow& memory = *facts.memory;
  const std::uint64_t used =
      memory.swap_total_bytes - std::min(memory.swap_free_bytes, memory.swap_total_bytes);
  const double share =
      ShareOf(static_cast<double>(used), static_cast<double>(memory.swap_total_bytes));
  const std::string have =
      memory.swap_total_bytes == 0
          ? "no swap"
          : Format("{} of {} used", FormatBytes(used), FormatBytes(memory.swap_total_bytes));
  // A little idle memory swapped out long ago does no harm; half of it means that more follows.
  return JudgedCheck(StateAbove(share, 0.1, 0.5),
                     {have, "under 10 %", "/proc/meminfo: SwapTotal, SwapFree",
                      "a page that has to come back from disk is a pause of 0.1 to 10 ms"},
                     {"free memory, then swapoff -a and swapon -a bring it back", {}});
}

CheckResult LookAtHugePages(const HostFacts& facts, const CheckWish&) {
  if (!facts.transparent_hugepages) return UnknownCheck(facts.transparent_hugepages.why());
  const std::string& mode = *facts.transparent_hugepages;
  return JudgedCheck(
      mode == "always" ? CheckState::kWarn : CheckState::kOk,
      {mode, "madvise", Format("/sys/kernel/mm/transparent_hugepage/enabled: {}", mode),
       "faults may compact memory first: pauses of milliseconds in programs that "
       "never asked for huge pages"},
      {"echo madvise > /sys/kernel/mm/transparent_hugepage/enabled", {}});
}

}  // namespace tunewire
