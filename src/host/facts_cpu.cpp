// Processors: how many, how fast, by which clock, and what guards them.
#include <sched.h>

#include <algorithm>

#include "base/format.h"
#include "host/decode_cpu.h"
#include "host/decode_cpu_set.h"
#include "host/decode_text.h"
#include "host/facts.h"
#include "host/precise_clock.h"

namespace tunewire {
namespace {

constexpr const char* kCpus = "sys/devices/system/cpu";
constexpr const char* kClock = "sys/devices/system/clocksource/clocksource0";
// The first processor's paragraph, its flags included.
constexpr std::size_t kCpuInfoBytes = 8192;
// Kernels before 5.18 sleep up to 10 ms for each idle CPU whose frequency is asked for.
constexpr std::int64_t kPatienceNs = 8'000'000;
constexpr std::size_t kMostPolicies = 4096;

using Cpus = std::vector<std::uint32_t>;

std::string Below(const char* folder, std::string_view rest) {
  return Format("{}/{}", folder, rest);
}

Known<Cpus> ReadList(const HostTree& tree, const std::string& path) {
  return Decoded(tree, path, &ParseCpuList);
}

std::uint32_t CountOf(const Known<Cpus>& cpus, std::uint32_t without) {
  return cpus ? static_cast<std::uint32_t>(cpus->size()) : without;
}

/// "Cpus_allowed_list:\t0-3" of /proc/self/status, for a captured tree.
std::uint32_t AllowedInStatus(const HostTree& tree, std::uint32_t without) {
  constexpr std::string_view kName = "Cpus_allowed_list:";
  const Known<std::string> status = tree.Read("proc/self/status");
  std::string_view text = status ? std::string_view(*status) : std::string_view();
  while (!text.empty()) {
    const std::string_view line = TakeLine(text);
    if (!line.starts_with(kName)) continue;
    const auto cpus = ParseCpuList(line.substr(kName.size()));
    return cpus ? static_cast<std::uint32_t>(cpus->size()) : without;
  }
  return without;
}

/// The kernel refuses a set smaller than its own, whose size nothing tells.
std::uint32_t AllowedNow(std::uint32_t without) {
  for (std::size_t bytes = sizeof(cpu_set_t); bytes <= sizeof(cpu_set_t) * 64; bytes *= 2) {
    std::vector<cpu_set_t> sets(bytes / sizeof(cpu_set_t));
    if (::sched_getaffinity(0, bytes, sets.data()) != 0) continue;
    return static_cast<std::uint32_t>(CPU_COUNT_S(bytes, sets.data()));
  }
  return without;
}

/// Governor, limits and frequency of the CPUs that share one cpufreq policy.
void AddPolicy(const HostTree& tree, const std::string& folder, std::int64_t until,
               FrequencyFacts& facts) {
  // "0 1 2 3": CPUs that are online; an empty list of those that are all offline.
  const Known<std::string> affected = tree.Line(folder + "/affected_cpus");
  std::string_view words = affected ? std::string_view(*affected) : "0";
  std::uint32_t cpus = 0;
  while (!TakeWord(words).empty()) ++cpus;
  if (cpus == 0) return;
  const Known<std::string> governor = tree.Line(folder + "/scaling_governor");
  if (governor) facts.governors[*governor] += cpus;
  const auto lowest = tree.Number(folder + "/scaling_min_freq");
  const auto highest = tree.Number(folder + "/scaling_max_freq");
  if (lowest && (facts.lowest_khz == 0 || *lowest < facts.lowest_khz)) facts.lowest_khz = *lowest;
  if (highest) facts.highest_khz = std::max(facts.highest_khz, *highest);
  if (tree.running() && MonotonicNow() > until) return;
  const auto now = tree.Number(folder + "/scaling_cur_freq");
  if (now) facts.now_khz.insert(facts.now_khz.end(), cpus, *now);
}

/// By the number behind "policy", not "policy0, policy10, policy2".
std::vector<std::string> Policies(const HostTree& tree) {
  constexpr std::string_view kName = "policy";
  const auto names = tree.Names(Below(kCpus, "cpufreq"));
  Cpus numbers;
  for (const std::string& name : names ? *names : std::vector<std::string>{}) {
    if (!name.starts_with(kName) || numbers.size() == kMostPolicies) continue;
    const auto number = NumberIn<std::uint32_t>(std::string_view(name).substr(kName.size()));
    if (number) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  std::vector<std::string> folders;
  for (const std::uint32_t number : numbers) {
    folders.push_back(Format("{}/cpufreq/policy{}", kCpus, number));
  }
  return folders;
}

std::optional<bool> Turbo(const HostTree& tree, const std::string& policy) {
  if (const auto off = tree.Number(Below(kCpus, "intel_pstate/no_turbo"))) return *off == 0;
  for (const std::string& path : {Below(kCpus, "cpufreq/boost"), policy + "/boost"}) {
    if (const auto on = tree.Number(path)) return *on != 0;
  }
  return std::nullopt;
}

}  // namespace

Known<CpuFacts> ReadCpuFacts(const HostTree& tree) {
  const Known<Cpus> online = ReadList(tree, Below(kCpus, "online"));
  if (!online) return Known<CpuFacts>::Unknown(online.why());
  CpuFacts facts;
  facts.online = CountOf(online, 0);
  facts.possible = CountOf(ReadList(tree, Below(kCpus, "possible")), facts.online);
  facts.allowed = tree.running() ? AllowedNow(facts.online) : AllowedInStatus(tree, facts.online);
  const std::uint32_t first = online->empty() ? 0 : online->front();
  const auto siblings =
      ReadList(tree, Format("{}/cpu{}/topology/thread_siblings_list", kCpus, first));
  facts.threads_per_core = std::max(CountOf(siblings, 1), 1U);
  // Kernels that know nothing of NUMA have no such folder: one node.
  facts.numa_nodes = std::max(CountOf(ReadList(tree, "sys/devices/system/node/online"), 1), 1U);
  if (const auto isolated = ReadList(tree, Below(kCpus, "isolated"))) facts.isolated = *isolated;
  if (const auto text = tree.Head("proc/cpuinfo", kCpuInfoBytes)) {
    facts.model = DecodeCpuInfo(*text).model;
  }
  return facts;
}

Known<FrequencyFacts> ReadFrequency(const HostTree& tree) {
  const std::vector<std::string> policies = Policies(tree);
  if (policies.empty()) {
    return Known<FrequencyFacts>::Unknown(Format("/{}/cpu0/cpufreq: no such folder", kCpus));
  }
  FrequencyFacts facts;
  const std::int64_t until = MonotonicNow() + kPatienceNs;
  for (const std::string& policy : policies) AddPolicy(tree, policy, until, facts);
  if (const auto driver = tree.Line(policies.front() + "/scaling_driver")) facts.driver = *driver;
  facts.turbo = Turbo(tree, policies.front());
  if (facts.governors.empty()) {
    const std::string path = policies.front() + "/scaling_governor";
    return Known<FrequencyFacts>::Unknown(Format("/{}: cannot be read", path));
  }
  return facts;
}

Known<ClockSource> ReadClockSource(const HostTree& tree) {
  const Known<std::string> current = tree.Line(Below(kClock, "current_clocksource"));
  if (!current) return Known<ClockSource>::Unknown(current.why());
  ClockSource clock{.current = *current};
  const Known<std::string> available = tree.Line(Below(kClock, "available_clocksource"));
  std::string_view words = available ? std::string_view(*available) : std::string_view();
  for (std::string_view word = TakeWord(words); !word.empty(); word = TakeWord(words)) {
    clock.available.emplace_back(word);
  }
  return clock;
}

Known<std::map<std::string, std::string>> ReadVulnerabilities(const HostTree& tree) {
  using Answer = Known<std::map<std::string, std::string>>;
  const std::string folder = Below(kCpus, "vulnerabilities");
  const auto names = tree.Names(folder);
  if (!names) return Answer::Unknown(names.why());
  std::map<std::string, std::string> words;
  for (const std::string& name : *names) {
    if (const auto line = tree.Line(Format("{}/{}", folder, name))) words[name] = *line;
  }
  return words;
}

}  // namespace tunewire
