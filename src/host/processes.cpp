// Running processes: one pass over /proc, and prlimit(2).
//
// prlimit(2) takes a number, not a process, and there is no form of it that takes a pidfd. So the
// start time is looked at right before a limit is set, and once more behind every call: a number
// that has the same start time at both looks was the same process in between. What remains is the
// moment between the first look and the call, in which the process would have to end and its number
// be given out again; the second look tells that this happened.
#include "tunewire/host/processes.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/format.h"
#include "host/decode_proc.h"
#include "host/proc_folder.h"
#include "host/process_look.h"
#include "tunewire/base/text.h"
#include "tunewire/profile/profile.h"

namespace tunewire {
namespace {

static_assert(kUnlimited == RLIM64_INFINITY);

struct KernelLimit {
  std::string_view item;  ///< as limits.conf(5) calls it
  decltype(RLIMIT_AS) resource;
  std::string_view label;  ///< in /proc/PID/limits
};

constexpr std::array<KernelLimit, 16> kLimits{{
    {"as", RLIMIT_AS, "Max address space"},
    {"core", RLIMIT_CORE, "Max core file size"},
    {"cpu", RLIMIT_CPU, "Max cpu time"},
    {"data", RLIMIT_DATA, "Max data size"},
    {"fsize", RLIMIT_FSIZE, "Max file size"},
    {"locks", RLIMIT_LOCKS, "Max file locks"},
    {"memlock", RLIMIT_MEMLOCK, "Max locked memory"},
    {"msgqueue", RLIMIT_MSGQUEUE, "Max msgqueue size"},
    {"nice", RLIMIT_NICE, "Max nice priority"},
    {"nofile", RLIMIT_NOFILE, "Max open files"},
    {"nproc", RLIMIT_NPROC, "Max processes"},
    {"rss", RLIMIT_RSS, "Max resident set"},
    {"rtprio", RLIMIT_RTPRIO, "Max realtime priority"},
    {"rttime", RLIMIT_RTTIME, "Max realtime timeout"},
    {"sigpending", RLIMIT_SIGPENDING, "Max pending signals"},
    {"stack", RLIMIT_STACK, "Max stack size"},
}};

std::string Subject(const ProcessId& id, std::string_view item) {
  return Format("{} of process {}", item, id.pid);
}

Result<KernelLimit> FindLimit(const std::string& item) {
  const auto found = std::ranges::find(kLimits, item, &KernelLimit::item);
  if (found != kLimits.end()) return *found;
  Error error;
  error.kind = ErrorKind::kInvalid;
  error.code = "no_such_limit";
  error.subject = item;
  error.message = Format("there is no limit {}", Printable(item));
  return Fail(std::move(error));
}

Error NoSuchProcess(const ProcessId& id) {
  Error error;
  error.kind = ErrorKind::kNotFound;
  error.code = "no_such_process";
  error.operation = "prlimit";
  error.os_error = ESRCH;
  error.subject = Format("process {}", id.pid);
  error.message = Format("process {} has ended", id.pid);
  return error;
}

Error LimitError(const ProcessId& id, const std::string& item, int os_error) {
  if (os_error == ESRCH) return NoSuchProcess(id);
  Error error = SystemError("prlimit", Subject(id, item), os_error);
  if (os_error == EPERM) error.code = "not_permitted";
  if (os_error == EINVAL) error.hint = "the soft limit may not exceed the hard one";
  return error;
}

class ProcProcesses : public ProcessTable {
 public:
  Result<std::vector<Process>> Processes() const override;
  Result<Limits> GetLimits(const ProcessId& id, const std::string& item) const override;
  Status SetLimits(const ProcessId& id, const std::string& item, const Limits& limits) override;
};

Result<std::vector<Process>> ProcProcesses::Processes() const {
  const Result<UniqueFd> proc = OpenProc();
  if (!proc) return Fail(proc.error());
  const Result<std::vector<int>> pids = NumbersIn(proc->get());
  if (!pids) return Fail(pids.error());
  std::vector<char> room(kProcRoom);
  std::vector<Process> processes;
  for (const int pid : *pids) {
    auto process = LookAtProcess(proc->get(), pid, room, KernelThreads::kLeftOut);
    if (process) processes.push_back(std::move(*process));
  }
  return processes;
}

/// For those whom prlimit(2) refuses even a look: /proc/PID/limits is open to everybody.
std::optional<Limits> LimitsInProc(int proc, int pid, const KernelLimit& limit) {
  std::array<char, 4096> room;
  const auto text = ReadAt(proc, Format("{}/limits", pid).c_str(), room);
  return text ? DecodeLimits(*text, limit.label) : std::nullopt;
}

Status StillThere(int proc, const ProcessId& id) {
  const auto stat = StatOf(proc, id.pid);
  if (!stat || stat->start_ticks != id.start_ticks) return Fail(NoSuchProcess(id));
  return {};
}

Result<Limits> ProcProcesses::GetLimits(const ProcessId& id, const std::string& item) const {
  const Result<KernelLimit> limit = FindLimit(item);
  if (!limit) return Fail(limit.error());
  const Result<UniqueFd> proc = OpenProc();
  if (!proc) return Fail(proc.error());
  rlimit64 is{};
  std::optional<Limits> limits;
  int os_error = 0;
  // Zero and negative numbers mean the caller itself to prlimit(2), or nobody.
  if (id.pid > 0 && ::prlimit64(id.pid, limit->resource, nullptr, &is) == 0) {
    limits = Limits{is.rlim_cur, is.rlim_max};
  } else {
    os_error = id.pid > 0 ? errno : ESRCH;
    if (os_error == EPERM) limits = LimitsInProc(proc->get(), id.pid, *limit);
  }
  if (Status there = StillThere(proc->get(), id); !there) return Fail(std::move(there.error()));
  if (!limits) return Fail(LimitError(id, item, os_error));
  return *limits;
}

Status ProcProcesses::SetLimits(const ProcessId& id, const std::string& item,
                                const Limits& limits) {
  const Result<KernelLimit> limit = FindLimit(item);
  if (!limit) return Fail(limit.error());
  const Result<UniqueFd> proc = OpenProc();
  if (!proc) return Fail(proc.error());
  if (Status there = StillThere(proc->get(), id); !there) return there;
  const rlimit64 want{limits.soft, limits.hard};
  if (id.pid <= 0 || ::prlimit64(id.pid, limit->resource, &want, nullptr) != 0) {
    return Fail(LimitError(id, item, id.pid > 0 ? errno : ESRCH));
  }
  return StillThere(proc->get(), id);
}

}  // namespace

std::optional<Process> LookAtProcess(int proc, int pid, std::span<char> room,
                                     KernelThreads kernel_threads) {
  const UniqueFd folder = OpenFolderAt(proc, Format("{}", pid).c_str());
  if (!folder.valid()) return std::nullopt;
  const auto text = ReadAt(folder.get(), "stat", room);
  auto stat = text ? DecodeProcessStat(*text) : std::nullopt;
  if (!stat || stat->ended()) return std::nullopt;
  if (stat->kernel_thread() && kernel_threads == KernelThreads::kLeftOut) return std::nullopt;
  Process process;
  process.id = {pid, stat->start_ticks};
  process.command = std::move(stat->command);
  // Kernels differ in how they write a backslash in stat, but not in comm.
  if (process.command.find('\\') != std::string::npos) {
    const auto comm = ReadAt(folder.get(), "comm", room);
    if (!comm) return std::nullopt;
    process.command = DecodeCommand(*comm);
  }
  if (const auto link = ReadLinkAt(folder.get(), "exe", room)) {
    process.executable = DecodeExecutable(*link);
  }
  if (const auto cgroup = ReadAt(folder.get(), "cgroup", room)) {
    CgroupUnit unit = DecodeCgroup(*cgroup);
    process.unit = std::move(unit.name);
    process.user_manager = std::move(unit.user_manager);
  }
  return process;
}

std::unique_ptr<ProcessTable> LinuxProcesses() { return std::make_unique<ProcProcesses>(); }

}  // namespace tunewire
