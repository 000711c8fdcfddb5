// Facts made flat: what stays apart from what moves.
#include "tunewire/check/snapshot.h"

#include <algorithm>

#include "base/format.h"
#include "check/snapshot_names.h"
#include "tunewire/base/text.h"
#include "tunewire/catalog/tunable.h"
#include "tunewire/profile/profile.h"

namespace tunewire {
namespace {

constexpr std::uint64_t kMebibyte = 1024 * 1024;
/// What the kernel keeps for itself differs a little from boot to boot.
constexpr std::uint64_t kMemoryStep = 64;

std::string Amount(std::uint64_t amount) {
  return amount == kUnlimited ? "unlimited" : std::to_string(amount);
}

template <class T>
std::string OrNone(const std::optional<T>& value) {
  return value ? std::to_string(*value) : std::string(kNothing);
}

std::string OrNone(const std::string& value) {
  return value.empty() ? std::string(kNothing) : value;
}

std::string Words(const std::vector<std::string>& words) { return OrNone(Join(words, " ")); }

void AddKernel(const KernelFacts& kernel, FactWriter& writer) {
  const std::pair<const char*, const std::string*> words[] = {
      {"kernel.release", &kernel.release},
      {"kernel.version", &kernel.version},
      {"kernel.machine", &kernel.machine},
      {"kernel.distribution", &kernel.distribution},
      {"kernel.hostname", &kernel.hostname}};
  for (const auto& [name, text] : words) {
    writer.Stable(name, *text);
    if (text->empty()) writer.Unknown(name, "no file says it");
  }
  writer.Stable("kernel.initial_netns", kernel.initial_netns ? "yes" : "no");
  writer.Fleeting("kernel.boot_id", kernel.boot_id);
  if (kernel.ticks_per_second == 0) {
    for (const char* name : {"kernel.ticks_per_second", "kernel.page_bytes"})
      writer.Unknown(name, "a captured tree: there is no kernel to ask");
    return;
  }
  writer.Stable("kernel.ticks_per_second", std::to_string(kernel.ticks_per_second));
  writer.Stable("kernel.page_bytes", std::to_string(kernel.page_bytes));
  writer.Fleeting("kernel.netns", std::to_string(kernel.netns));
  writer.Fleeting("kernel.uid", std::to_string(kernel.uid));
}

void AddTunables(const HostFacts& facts, FactWriter& writer) {
  if (facts.tunables.empty()) writer.Unknown("tunables", "/proc/sys: nothing can be read");
  for (const auto& [key, text] : facts.tunables) {
    const auto parsed = SysctlKey::Parse(key);
    const std::string value =
        Join(CanonicalFields(parsed ? FindTunable(*parsed) : nullptr, text), " ");
    const std::string name = std::string(kTunables) + key;
    if (IsFleetingTunable(key)) {
      writer.Fleeting(name, value);
    } else {
      writer.Stable(name, OrNone(value));
    }
  }
}

void AddLimits(const HostFacts& facts, FactWriter& writer) {
  const std::pair<const char*, const Limits*> all[] = {{"limits.nofile", &facts.nofile},
                                                       {"limits.nproc", &facts.nproc},
                                                       {"limits.memlock", &facts.memlock}};
  for (const auto& [name, limits] : all) {
    if (*limits == Limits{}) {
      writer.Unknown(name, "no limits could be read");
      continue;
    }
    writer.Stable(Format("{}.soft", name), Amount(limits->soft));
    writer.Stable(Format("{}.hard", name), Amount(limits->hard));
  }
}

void AddCpu(const HostFacts& facts, FactWriter& writer) {
  if (!facts.cpu) return writer.Unknown("cpu", facts.cpu.why());
  const CpuFacts& cpu = *facts.cpu;
  writer.Stable("cpu.model", OrNone(cpu.model));
  writer.Stable("cpu.online", std::to_string(cpu.online));
  writer.Stable("cpu.possible", std::to_string(cpu.possible));
  writer.Stable("cpu.allowed", std::to_string(cpu.allowed));
  writer.Stable("cpu.threads_per_core", std::to_string(cpu.threads_per_core));
  writer.Stable("cpu.numa_nodes", std::to_string(cpu.numa_nodes));
  writer.Stable("cpu.isolated", OrNone(CpuListText(cpu.isolated)));
}

void AddFrequency(const HostFacts& facts, FactWriter& writer) {
  if (!facts.frequency) return writer.Unknown("frequency", facts.frequency.why());
  const FrequencyFacts& frequency = *facts.frequency;
  std::vector<std::string> governors;
  for (const auto& [governor, cpus] : frequency.governors)
    governors.push_back(frequency.governors.size() == 1 ? governor
                                                        : Format("{} {}", governor, cpus));
  writer.Stable("frequency.governors", OrNone(Join(governors, ", ")));
  writer.Stable("frequency.driver", OrNone(frequency.driver));
  if (frequency.turbo) writer.Stable("frequency.turbo", *frequency.turbo ? "on" : "off");
  if (frequency.lowest_khz > 0)
    writer.Stable("frequency.lowest_khz", std::to_string(frequency.lowest_khz));
  if (frequency.highest_khz > 0)
    writer.Stable("frequency.highest_khz", std::to_string(frequency.highest_khz));
  if (frequency.now_khz.empty()) return;
  const auto [least, most] = std::ranges::minmax(frequency.now_khz);
  writer.Fleeting("frequency.now_khz", Format("{} to {}", least, most));
}

void AddMemory(const HostFacts& facts, FactWriter& writer) {
  if (!facts.memory) return writer.Unknown("memory", facts.memory.why());
  const MemoryNow& memory = *facts.memory;
  const auto mebibytes = [](std::uint64_t bytes) { return std::to_string(bytes / kMebibyte); };
  const std::uint64_t step = kMemoryStep * kMebibyte;
  writer.Stable("memory.total_mib", mebibytes((memory.total_bytes + step / 2) / step * step));
  writer.Stable("memory.swap_mib", mebibytes(memory.swap_total_bytes));
  writer.Fleeting("memory.available_mib", mebibytes(memory.available_bytes));
  writer.Fleeting("memory.swap_free_mib", mebibytes(memory.swap_free_bytes));
}

void AddCgroup(const HostFacts& facts, FactWriter& writer) {
  if (!facts.cgroup) return writer.Unknown("cgroup", facts.cgroup.why());
  const CgroupFacts& cgroup = *facts.cgroup;
  writer.Stable("cgroup.version", std::to_string(cgroup.version));
  writer.Stable("cgroup.cpu_quota_us", OrNone(cgroup.cpu_quota_us));
  writer.Stable("cgroup.cpu_period_us",
                OrNone(cgroup.cpu_quota_us ? cgroup.cpu_period_us : std::nullopt));
  writer.Stable("cgroup.memory_limit_bytes", OrNone(cgroup.memory_limit_bytes));
  writer.Stable("cgroup.pids_limit", OrNone(cgroup.pids_limit));
  writer.Fleeting("cgroup.path", cgroup.path);
  if (cgroup.throttled_periods)
    writer.Fleeting("cgroup.throttled_periods", std::to_string(*cgroup.throttled_periods));
  if (cgroup.throttled_us)
    writer.Fleeting("cgroup.throttled_us", std::to_string(*cgroup.throttled_us));
  if (cgroup.memory_used_bytes)
    writer.Fleeting("cgroup.memory_used_bytes", std::to_string(*cgroup.memory_used_bytes));
}

void AddMachine(const HostFacts& facts, FactWriter& writer) {
  if (facts.virtualisation) {
    writer.Stable("virtualisation.machine", OrNone(facts.virtualisation->machine));
    writer.Stable("virtualisation.container", OrNone(facts.virtualisation->container));
  } else {
    writer.Unknown("virtualisation", facts.virtualisation.why());
  }
  if (facts.clock) {
    writer.Stable("clock.source", facts.clock->current);
    writer.Stable("clock.available", Words(facts.clock->available));
  } else {
    writer.Unknown("clock", facts.clock.why());
  }
  if (facts.transparent_hugepages) {
    writer.Stable("memory.transparent_hugepages", *facts.transparent_hugepages);
  } else {
    writer.Unknown("memory.transparent_hugepages", facts.transparent_hugepages.why());
  }
  if (facts.conntrack_loaded) {
    writer.Stable("conntrack.loaded", *facts.conntrack_loaded ? "yes" : "no");
  } else {
    writer.Unknown("conntrack.loaded", facts.conntrack_loaded.why());
  }
  if (!facts.vulnerabilities) return writer.Unknown("vulnerabilities", facts.vulnerabilities.why());
  for (const auto& [name, words] : *facts.vulnerabilities)
    writer.Stable("vulnerabilities." + name, words);
}

}  // namespace

void FactWriter::Put(std::map<std::string, std::string>& facts, std::string name,
                     std::string value) {
  if (!value.empty()) facts.insert_or_assign(Printable(name), Printable(value));
}

void FactWriter::Unknown(std::string_view name, const std::string& why) {
  Fleeting(Format("{}{}", kUnknownFact, name), why);
}

HostSnapshot SnapshotOf(const HostFacts& facts) {
  HostSnapshot snapshot;
  snapshot.unix_seconds = facts.unix_seconds;
  FactWriter writer(snapshot);
  AddKernel(facts.kernel, writer);
  AddTunables(facts, writer);
  AddLimits(facts, writer);
  AddCpu(facts, writer);
  AddFrequency(facts, writer);
  AddMemory(facts, writer);
  AddCgroup(facts, writer);
  AddMachine(facts, writer);
  AddInterfaces(facts, writer);
  AddRoutes(facts, writer);
  AddMoving(facts, writer);
  return snapshot;
}

}  // namespace tunewire
