// The kernel, and the limits of the host and of this process.
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <utility>

#include "host/decode_counts.h"
#include "host/decode_cpu.h"
#include "host/decode_proc.h"
#include "host/decode_text.h"
#include "host/facts.h"
#include "host/thread_network.h"
#include "tunewire/host/clock.h"
#include "tunewire/profile/profile.h"

namespace tunewire {
namespace {

std::string LineOr(const HostTree& tree, const char* path) {
  const Known<std::string> line = tree.Line(path);
  return line ? *line : std::string();
}

/// This key is shown in the initial network namespace alone, and there to everybody; process 1 may
/// itself be in another one.
bool IsInitialNamespace(const HostTree& tree) {
  return tree.Has("proc/sys/net/core/netdev_max_backlog") || !tree.Has("proc/sys/net/core");
}

void AskSystem(KernelFacts& kernel) {
  utsname name{};
  if (::uname(&name) == 0) {
    kernel.release = name.release;
    kernel.version = name.version;
    kernel.machine = name.machine;
    kernel.hostname = name.nodename;
  }
  kernel.ticks_per_second = TicksPerSecond();
  kernel.page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  kernel.netns = ThreadNetworkNamespace();
  kernel.uid = ::geteuid();
}

Limits OwnLimits(decltype(RLIMIT_NOFILE) resource) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return {};
  const auto amount = [](rlim_t is) { return is == RLIM_INFINITY ? kUnlimited : is; };
  return {amount(limit.rlim_cur), amount(limit.rlim_max)};
}

std::uint64_t OwnDescriptors(const HostTree& tree) {
  const Known<std::vector<std::string>> open =
      tree.running() ? tree.Names("proc/self/fd") : Known<std::vector<std::string>>();
  // The folder that was listed is one of them.
  return open && !open->empty() ? open->size() - 1 : 0;
}

}  // namespace

KernelFacts ReadKernelFacts(const HostTree& tree) {
  KernelFacts kernel;
  if (tree.running()) {
    AskSystem(kernel);
  } else {
    kernel.release = LineOr(tree, "proc/sys/kernel/osrelease");
    kernel.version = LineOr(tree, "proc/sys/kernel/version");
    kernel.machine = LineOr(tree, "proc/sys/kernel/arch");
    kernel.hostname = LineOr(tree, "proc/sys/kernel/hostname");
  }
  kernel.boot_id = LineOr(tree, "proc/sys/kernel/random/boot_id");
  for (const char* path : {"etc/os-release", "usr/lib/os-release"}) {
    if (kernel.distribution.empty()) kernel.distribution = DecodeDistribution(LineOr(tree, path));
  }
  kernel.initial_netns = IsInitialNamespace(tree);
  return kernel;
}

void ReadProcessLimits(const HostTree& tree, HostFacts& facts) {
  if (tree.running()) {
    facts.nofile = OwnLimits(RLIMIT_NOFILE);
    facts.nproc = OwnLimits(RLIMIT_NPROC);
    facts.memlock = OwnLimits(RLIMIT_MEMLOCK);
    return;
  }
  const std::string text = LineOr(tree, "proc/self/limits");
  facts.nofile = DecodeLimits(text, "Max open files").value_or(Limits{});
  facts.nproc = DecodeLimits(text, "Max processes").value_or(Limits{});
  facts.memlock = DecodeLimits(text, "Max locked memory").value_or(Limits{});
}

Known<FileTable> ReadFileTable(const HostTree& tree) {
  const auto files = Decoded(tree, "proc/sys/fs/file-nr", &DecodeFileNr);
  if (!files) return Known<FileTable>::Unknown(files.why());
  FileTable table{.open = files->open, .most = files->most};
  const auto nr_open = tree.Number("proc/sys/fs/nr_open");
  if (!nr_open) return Known<FileTable>::Unknown("/proc/sys/fs/nr_open: cannot be read");
  table.nr_open = *nr_open;
  table.own_open = OwnDescriptors(tree);
  return table;
}

Known<MemoryNow> ReadMemory(const HostTree& tree) {
  return Decoded(tree, "proc/meminfo", &DecodeMemory);
}

void ReadLoad(const HostTree& tree, HostFacts& facts) {
  using Count = Known<std::uint32_t>;
  const auto load = Decoded(tree, "proc/loadavg", &DecodeLoadAverage);
  facts.load_average = load ? Known<double>(load->one_minute) : Known<double>::Unknown(load.why());
  facts.threads_now = load ? Count(load->threads) : Count::Unknown(load.why());
  const auto count = [&](const char* path) {
    const Known<std::string> line = tree.Line(path);
    if (!line) return Count::Unknown(line.why());
    const auto number = NumberIn<std::uint32_t>(*line);
    return number ? Count(*number) : Count::Unknown(NotAsExpected(path, *line));
  };
  facts.threads_max = count("proc/sys/kernel/threads-max");
  facts.pid_max = count("proc/sys/kernel/pid_max");
}

Known<Pressure> ReadPressure(const HostTree& tree) {
  Pressure pressure;
  const std::pair<const char*, double*> files[] = {{"proc/pressure/cpu", &pressure.cpu_some},
                                                   {"proc/pressure/memory", &pressure.memory_some},
                                                   {"proc/pressure/io", &pressure.io_some}};
  for (const auto& [path, share] : files) {
    const auto read = Decoded(tree, path, &DecodePressure);
    if (!read) return Known<Pressure>::Unknown(read.why());
    *share = *read;
  }
  return pressure;
}

Known<std::string> ReadHugepages(const HostTree& tree) {
  return Decoded(tree, "sys/kernel/mm/transparent_hugepage/enabled", &DecodeChosen);
}

}  // namespace tunewire
