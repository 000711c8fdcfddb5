// /proc/PID/schedstat counts one thread and /proc/PID/stat ticks of 10 ms. The clock of a process
// (clock_getcpuclockid(3)) counts all its threads in nanoseconds, may be read of anybody, and takes
// one system call.
#include "host/busy_processes.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>

#include "base/format.h"
#include "host/decode_text.h"
#include "host/precise_clock.h"
#include "host/proc_folder.h"
#include "host/process_look.h"

namespace tunewire {
namespace {

using Readings = Known<std::vector<CpuReading>>;

constexpr double kBusyShare = 0.02;
constexpr std::size_t kMostBusy = 32;

/// include/uapi and kernel/time/posix-cpu-timers.c: the number's complement, and 2 for the time
/// that the scheduler counts. glibc would ask the kernel once more whether that is right.
clockid_t ClockOf(int pid) {
  const auto complement = ~static_cast<unsigned>(pid);
  return static_cast<clockid_t>(complement << 3 | 2U);
}

bool IsOwnNamespace(int proc) {
  std::array<char, 32> room;
  const auto self = ReadLinkAt(proc, "self", room);
  return self && NumberIn<int>(*self) == ::getpid();
}

}  // namespace

std::vector<CpuShare> CompareCpu(const std::vector<CpuReading>& first,
                                 const std::vector<CpuReading>& last, double least,
                                 std::size_t most) {
  std::vector<CpuShare> shares;
  const std::int64_t begin = first.empty() ? 0 : first.front().at_ns;
  auto before = first.begin();
  for (const CpuReading& now : last) {
    while (before != first.end() && before->pid < now.pid) ++before;
    const bool there = before != first.end() && before->pid == now.pid;
    const std::int64_t since = there ? before->at_ns : begin;
    const std::int64_t used = now.cpu_ns - (there ? before->cpu_ns : 0);
    if (now.at_ns <= since || used <= 0) continue;
    const double cpus = static_cast<double>(used) / static_cast<double>(now.at_ns - since);
    if (cpus >= least) shares.push_back({now.pid, cpus});
  }
  std::ranges::sort(shares, [](const CpuShare& a, const CpuShare& b) {
    return a.cpus != b.cpus ? a.cpus > b.cpus : a.pid < b.pid;
  });
  shares.resize(std::min(shares.size(), most));
  return shares;
}

Readings ReadCpuTimes() {
  const auto proc = OpenProc();
  if (!proc) return Readings::Unknown("/proc: cannot be opened");
  if (!IsOwnNamespace(proc->get())) {
    return Readings::Unknown("/proc shows the processes of another pid namespace");
  }
  const auto pids = NumbersIn(proc->get());
  if (!pids) return Readings::Unknown("/proc: cannot be listed");
  if (pids->empty() || pids->front() != 1) {
    return Readings::Unknown("/proc hides the processes of others (hidepid)");
  }
  std::vector<CpuReading> readings;
  readings.reserve(pids->size());
  const int own = ::getpid();
  for (const int pid : *pids) {
    timespec used{};
    if (pid == own || ::clock_gettime(ClockOf(pid), &used) != 0) continue;
    const std::int64_t ns = std::int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
    readings.push_back({pid, ns, MonotonicNow()});
  }
  return readings;
}

Known<std::vector<BusyProcess>> FindBusy(const Readings& first, const Readings& last) {
  using Answer = Known<std::vector<BusyProcess>>;
  if (!first) return Answer::Unknown(first.why());
  if (!last) return Answer::Unknown(last.why());
  const auto proc = OpenProc();
  if (!proc) return Answer::Unknown("/proc: cannot be opened");
  std::vector<char> room(kProcRoom);
  std::vector<BusyProcess> busy;
  for (const CpuShare& share : CompareCpu(*first, *last, kBusyShare, kMostBusy)) {
    auto process = LookAtProcess(proc->get(), share.pid, room, KernelThreads::kIncluded);
    if (process) busy.push_back({std::move(*process), share.cpus});
  }
  return busy;
}

}  // namespace tunewire
