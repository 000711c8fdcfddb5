// The limits of this process's control group and of the groups around it.
#include <algorithm>

#include "base/format.h"
#include "host/decode_cgroup.h"
#include "host/facts.h"

namespace tunewire {
namespace {

/// What files of one hierarchy are called.
struct Names {
  const char* limit;
  const char* used;
};

constexpr Names kMemory[] = {{"memory.limit_in_bytes", "memory.usage_in_bytes"},
                             {"memory.max", "memory.current"}};

std::string In(const std::string& folder, const char* name) {
  return Format("{}/{}", folder, name);
}

std::string TextOf(const HostTree& tree, const std::string& path) {
  const Known<std::string> text = tree.Read(path);
  return text ? *text : std::string();
}

std::optional<CpuQuota> QuotaOf(const HostTree& tree, const CgroupPlace& place,
                                const std::string& folder) {
  if (place.version == 2) return DecodeCpuMax(TextOf(tree, In(folder, "cpu.max")));
  const std::string quota = TextOf(tree, In(folder, "cpu.cfs_quota_us"));
  return DecodeCfsQuota(quota, TextOf(tree, In(folder, "cpu.cfs_period_us")));
}

double CpusOf(const CpuQuota& quota) {
  return static_cast<double>(quota.quota_us) / static_cast<double>(quota.period_us);
}

void AddCpu(const HostTree& tree, const CgroupPlace& place, CgroupFacts& facts) {
  std::optional<CpuQuota> tightest;
  std::string of = place.folders.front();
  for (const std::string& folder : place.folders) {
    const auto quota = QuotaOf(tree, place, folder);
    if (!quota || (tightest && CpusOf(*quota) >= CpusOf(*tightest))) continue;
    tightest = quota;
    of = folder;
  }
  if (tightest) {
    facts.cpu_quota_us = tightest->quota_us;
    facts.cpu_period_us = tightest->period_us;
  }
  if (const auto throttling = DecodeThrottling(TextOf(tree, In(of, "cpu.stat")))) {
    facts.throttled_periods = throttling->periods;
    facts.throttled_us = throttling->us;
  }
}

/// The tightest of a limit that is one number, and the folder it stands in.
std::optional<std::uint64_t> Tightest(const HostTree& tree, const CgroupPlace& place,
                                      const char* name, std::string& of) {
  std::optional<std::uint64_t> tightest;
  of = place.folders.front();
  for (const std::string& folder : place.folders) {
    const auto limit = DecodeCgroupLimit(TextOf(tree, In(folder, name)));
    if (!limit || (tightest && *limit >= *tightest)) continue;
    tightest = limit;
    of = folder;
  }
  return tightest;
}

void AddMemory(const HostTree& tree, const CgroupPlace& place, CgroupFacts& facts) {
  const Names& names = kMemory[place.version == 2 ? 1 : 0];
  std::string of;
  facts.memory_limit_bytes = Tightest(tree, place, names.limit, of);
  facts.memory_used_bytes = tree.Number(In(of, names.used));
}

/// Threads count, not processes alone.
void AddPids(const HostTree& tree, const CgroupPlace& place, CgroupFacts& facts) {
  std::string of;
  facts.pids_limit = Tightest(tree, place, "pids.max", of);
  facts.pids_used = tree.Number(In(of, "pids.current"));
}

}  // namespace

Known<CgroupFacts> ReadCgroup(const HostTree& tree) {
  const Known<std::string> groups = tree.Read("proc/self/cgroup");
  if (!groups) return Known<CgroupFacts>::Unknown(groups.why());
  const Known<std::string> mountinfo = tree.Read("proc/self/mountinfo");
  if (!mountinfo) return Known<CgroupFacts>::Unknown(mountinfo.why());
  const auto lines = DecodeCgroupLines(*groups);
  const auto mounts = DecodeCgroupMounts(*mountinfo);
  // Of a hybrid host each controller lies in one of the two hierarchies.
  std::string why;
  const auto pids = FindCgroup(lines, mounts, "pids", why);
  const auto memory = FindCgroup(lines, mounts, "memory", why);
  const auto cpu = FindCgroup(lines, mounts, "cpu", why);
  if (!cpu && !memory) return Known<CgroupFacts>::Unknown(why);
  const CgroupPlace& main = cpu ? *cpu : *memory;
  CgroupFacts facts{.version = main.version, .path = main.path};
  if (cpu) AddCpu(tree, *cpu, facts);
  if (memory) AddMemory(tree, *memory, facts);
  if (pids) AddPids(tree, *pids, facts);
  return facts;
}

}  // namespace tunewire
