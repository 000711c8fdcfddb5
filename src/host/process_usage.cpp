#include "tunewire/host/process_usage.h"

#include <unistd.h>

#include <array>

#include "base/format.h"
#include "host/decode_usage.h"
#include "host/proc_folder.h"

namespace tunewire {
namespace {

UsageUnits Units() {
  UsageUnits units;
  if (const long ticks = ::sysconf(_SC_CLK_TCK); ticks > 0) units.tick_ns = 1'000'000'000 / ticks;
  if (const long page = ::sysconf(_SC_PAGESIZE); page > 0) {
    units.page_bytes = static_cast<std::uint64_t>(page);
  }
  return units;
}

std::optional<UsageStat> UsageStatOf(int proc, int pid) {
  std::array<char, 1024> room;
  const auto text = ReadAt(proc, Format("{}/stat", pid).c_str(), room);
  return text ? DecodeUsageStat(*text) : std::nullopt;
}

}  // namespace

Result<ProcessId> ProcessNow(int pid) {
  const auto proc = OpenProc();
  if (!proc) return Fail(proc.error());
  if (const auto stat = StatOf(proc->get(), pid)) return ProcessId{pid, stat->start_ticks};
  Error error;
  error.kind = ErrorKind::kNotFound;
  error.code = "no_such_process";
  error.message = Format("there is no process {}", pid);
  error.subject = Format("{}", pid);
  return Fail(std::move(error));
}

Result<std::optional<ProcessUsage>> UsageOfTree(const ProcessId& root) {
  const auto proc = OpenProc();
  if (!proc) return Fail(proc.error());
  const auto pids = NumbersIn(proc->get());
  if (!pids) return Fail(pids.error());
  std::vector<UsageStat> all;
  all.reserve(pids->size());
  for (const int pid : *pids) {
    if (const auto stat = UsageStatOf(proc->get(), pid)) all.push_back(*stat);
  }
  return SumTree(all, root, Units());
}

}  // namespace tunewire
