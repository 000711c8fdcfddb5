// Which facts can change a network measurement, by their names, and how.
#include <algorithm>
#include <array>
#include <cctype>
#include <span>

#include "base/format.h"
#include "catalog/glob.h"
#include "check/snapshot_names.h"
#include "tunewire/catalog/tunable.h"

namespace tunewire {
namespace {

struct Rule {
  std::string_view pattern;
  Bearing bearing;
  std::string_view why;
};

constexpr Bearing kYes = Bearing::kMeasurement;
constexpr Bearing kNo = Bearing::kNone;

constexpr std::string_view kRootOnlyWhy = "only root may read it, so it is left out of the hash";
constexpr std::string_view kNoEffectWhy = "is taken by the kernel, which does nothing with it";
constexpr std::string_view kLogWhy = "decides what is logged, not what is sent";
constexpr std::string_view kIcmpWhy = "is about ICMP, not about connections";
constexpr std::string_view kMulticastWhy = "is about multicast groups, not about connections";
constexpr std::string_view kAddressWhy = "decides which addresses are made, not how they are used";
constexpr std::string_view kFilesWhy = "is about files and what watches them, not about sockets";
constexpr std::string_view kWritebackWhy = "decides when files are written back to disks";
constexpr std::string_view kIpcWhy = "is about System V IPC, not about sockets";

/// Below "tunables.": the first that matches. The network's own are all thought to matter but for
/// these; of the others only what is named. Without effect stands for every kernel since
/// 4.15.
constexpr auto kTunableRules = std::to_array<Rule>({
    {"net.*.log_martians", kNo, kLogWhy},
    {"net.core.warnings", kNo, kLogWhy},
    {"net.core.message_*", kNo, kLogWhy},
    {"net.netfilter.nf_conntrack_log_invalid", kNo, kLogWhy},
    {"net.core.devconf_inherit_init_net", kNo, "only new namespaces take it over"},
    {"net.core.netdev_unregister_timeout_secs", kNo, kLogWhy},
    {"net.core.xfrm_*", kNo, "is about negotiating IPsec, not about connections"},
    {"net.ipv4.ping_group_range", kNo, "decides who may send pings"},
    {"net.ipv4.ip_unprivileged_port_start", kNo, "decides who may listen where"},
    {"net.ipv4.icmp_*", kNo, kIcmpWhy},
    {"net.ipv6.icmp.*", kNo, kIcmpWhy},
    {"net.ipv6.anycast_src_echo_reply", kNo, kIcmpWhy},
    {"net.ipv4.igmp_*", kNo, kMulticastWhy},
    {"net.ipv4.conf.*igmp*", kNo, kMulticastWhy},
    {"net.ipv6.conf.*mld*", kNo, kMulticastWhy},
    {"net.ipv6.mld_*", kNo, kMulticastWhy},
    {"net.*.mc_forwarding", kNo, kMulticastWhy},
    {"net.*.bootp_relay", kNo, "is not in use by any kernel"},
    {"net.*.medium_id", kNo, "is about answering ARP for others"},
    {"net.*.proxy_arp*", kNo, "is about answering ARP for others"},
    {"net.*.proxy_ndp", kNo, "is about answering for others"},
    {"net.*.secure_redirects", kNo, kIcmpWhy},
    {"net.*.shared_media", kNo, kIcmpWhy},
    {"net.*.send_redirects", kNo, kIcmpWhy},
    {"net.ipv4.route.error_*", kNo, kIcmpWhy},
    {"net.ipv4.route.redirect_*", kNo, kIcmpWhy},
    {"net.*.use_tempaddr", kNo, kAddressWhy},
    {"net.*.temp_*", kNo, kAddressWhy},
    {"net.*.regen_*", kNo, kAddressWhy},
    {"net.*.max_desync_factor", kNo, kAddressWhy},
    {"net.*.addr_gen_mode", kNo, kAddressWhy},
    {"net.ipv6.idgen_*", kNo, kAddressWhy},
    {"net.unix.*", kNo, "is about sockets within the host"},
    {"net.ipv4.cipso_*", kNo, "is about security labels"},
    {"net.ipv6.calipso_*", kNo, "is about security labels"},
    {"net.ipv4.tcp_fack", kNo, kNoEffectWhy},
    {"net.ipv4.tcp_low_latency", kNo, kNoEffectWhy},
    {"net.*frag_secret_interval", kNo, kNoEffectWhy},
    {"net.*.xfrm?_gc_thresh", kNo, kNoEffectWhy},
    {"net.ipv4.route.gc_*", kNo, kNoEffectWhy},
    {"net.ipv4.route.max_size", kNo, kNoEffectWhy},
    {"net.*", kYes, ""},
    {"fs.file-max", kYes, ""},
    {"fs.nr_open", kYes, ""},
    {"fs.epoll.*", kYes, ""},
    {"fs.*", kNo, kFilesWhy},
    {"kernel.msg*", kNo, kIpcWhy},
    {"kernel.shm*", kNo, kIpcWhy},
    {"kernel.sem", kNo, kIpcWhy},
    {"kernel.ngroups_max", kNo, "is about users, not about sockets"},
    {"kernel.*", kYes, ""},
    {"vm.dirty_*", kNo, kWritebackWhy},
    {"vm.block_dump", kNo, kLogWhy},
    {"vm.*_reserve_kbytes", kNo, "is kept back for the day memory runs out"},
    {"vm.*", kYes, ""},
});

constexpr auto kRules = std::to_array<Rule>({
    {"kernel.release", kYes, "another kernel is another network stack"},
    {"kernel.version", kYes, "another build of the kernel may have other options and fixes"},
    {"kernel.machine", kYes, "another architecture is another network stack"},
    {"kernel.ticks_per_second", kYes, "TCP's timers are rounded to ticks"},
    {"kernel.page_bytes", kYes, "buffers and tcp_mem are counted in pages"},
    {"kernel.distribution", kNo, "is a name; what it sets stands on its own"},
    {"kernel.hostname", kNo, "is a name"},
    {"kernel.initial_netns", kNo, "what another namespace changes stands on its own"},
    {"limits.nofile.*", kYes, "a load needs a descriptor for each connection"},
    {"limits.nproc.*", kYes, "caps the threads of a load and of a server"},
    {"limits.memlock.*", kNo, "sockets need no locked memory"},
    {"cpu.possible", kNo, "counts CPUs that could be plugged in"},
    {"cpu.model", kYes, "another processor takes another time for each packet"},
    {"cpu.online", kYes, "packets and programs share these CPUs"},
    {"cpu.allowed", kYes, "a load may run on these CPUs alone"},
    {"cpu.threads_per_core", kYes, "threads of one core slow each other down"},
    {"cpu.numa_nodes", kYes, "memory of another node is slower"},
    {"cpu.isolated", kYes, "the scheduler puts nothing on isolated CPUs"},
    {"cpu.*", kYes, "decides how fast packets are worked on"},
    {"frequency.governors", kYes, "the governor decides how soon a CPU runs fast"},
    {"frequency.turbo", kYes, "turbo makes speed depend on load and heat"},
    {"frequency.*", kYes, "limits how fast a CPU runs"},
    {"memory.transparent_hugepages", kYes, "large pages change page faults and their stalls"},
    {"memory.total_mib", kYes, "the kernel sizes its tables and tcp_mem by it"},
    {"memory.swap_mib", kNo, "only swap in use makes a host slow"},
    {"cgroup.version", kNo, "the limits themselves stand on their own"},
    {"cgroup.cpu_*", kYes, "a group that has used up its quota stands still until the next period"},
    {"cgroup.memory_limit_bytes", kYes, "socket buffers count against the group's memory"},
    {"cgroup.pids_limit", kYes, "caps the threads of a load and of a server"},
    {"virtualisation.machine", kYes, "a hypervisor adds exits, steal time and a virtual card"},
    {"virtualisation.container", kNo, "what a container limits stands on its own"},
    {"vulnerabilities.*", kYes, "mitigations cost time in every system call"},
    {"clock.source", kYes, "every time stamp is read from it: some cost a microsecond"},
    {"clock.available", kNo, "only the current one is read"},
    {"conntrack.loaded", kYes, "tracking adds work to each packet and a limit to connections"},
    {"nic.*.role", kNo, "is the name of the driver or kind"},
    {"nic.*.up", kNo, "one that is down carries nothing"},
    {"nic.*.mtu", kYes, "decides how much data fits a packet"},
    {"nic.*.qdisc", kYes, "the queueing discipline orders, paces and drops what is sent"},
    {"nic.*.tx_queue_length", kYes, "caps what may wait to be sent"},
    {"nic.*.speed_mbps", kYes, "is the most the link carries"},
    {"nic.*.duplex", kYes, "half duplex cannot send while it receives"},
    {"nic.*.numa_node", kYes, "CPUs of another node reach the card more slowly"},
    {"nic.*.ring.*", kYes, "a small ring drops in bursts, a large one lets packets wait"},
    {"nic.*.channels.*", kYes, "queues decide how many CPUs share the packets"},
    {"nic.*.coalesce.*", kYes, "interrupts that wait for more packets add latency"},
    {"nic.*.offload.*", kYes, "work done by the card is not done by a CPU"},
    {"nic.*.rps", kYes, "decides which CPUs work on what is received"},
    {"nic.*", kYes, "is part of the way of each packet"},
    {"route.*.initcwnd", kYes, "is what a new connection may send before the first answer"},
    {"route.*.initrwnd", kYes, "is what a peer may send before the first answer"},
    {"route.*.rto_min_ms", kYes, "is how long a lost segment waits at least"},
    {"route.*.quickack", kYes, "decides whether ACKs of this route are delayed"},
    {"route.*.congestion_control", kYes, "connections of this route use another algorithm"},
    {"route.*", kYes, "overrides what TCP would choose for this route"},
    {"*", kYes, "is not known to be harmless"},
});

constexpr std::array<std::string_view, 3> kRootOnly = {"tunables.net.core.bpf_jit_harden",
                                                       "tunables.net.core.bpf_jit_kallsyms",
                                                       "tunables.net.core.bpf_jit_limit"};

/// Counts, lists of modules at hand, and what the kernel lowers by itself when it is slow.
constexpr std::array<std::string_view, 10> kFleetingTunables = {
    "fs.*-nr",
    "fs.dentry-state",
    "kernel.ns_last_pid",
    "kernel.perf_event_max_sample_rate",
    "kernel.pty.nr",
    "kernel.random.*",
    "net.*.available_*",
    "net.ipv4.tcp_available_*",
    "net.netfilter.nf_conntrack_count",
    "net.ipv4.netfilter.ip_conntrack_count",
};

const Rule& FirstMatch(std::span<const Rule> rules, std::string_view name) {
  return *std::ranges::find_if(rules,
                               [&](const Rule& rule) { return MatchesPart(rule.pattern, name); });
}

const Rule& RuleOf(std::string_view fact) {
  static constexpr Rule kAny{"*", kYes, "is not known to be harmless"};
  if (!fact.starts_with(kTunables)) return FirstMatch(kRules, fact);
  const std::string_view key = fact.substr(kTunables.size());
  const auto found = std::ranges::find_if(
      kTunableRules, [&](const Rule& rule) { return MatchesPart(rule.pattern, key); });
  return found == kTunableRules.end() ? kAny : *found;
}

const Tunable* RowOf(std::string_view fact) {
  if (!fact.starts_with(kTunables)) return nullptr;
  const auto key = SysctlKey::Parse(fact.substr(kTunables.size()));
  return key ? FindTunable(*key) : nullptr;
}

/// A summary of the catalog begins a line, a reason follows one: "how many", but "TCP" and "Linux".
std::string AsReason(std::string_view summary) {
  std::string reason(summary);
  const bool word =
      reason.size() > 1 && (reason[1] == ' ' || (reason[1] >= 'a' && reason[1] <= 'z'));
  if (word && !reason.starts_with("Linux")) {
    reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
  }
  return reason;
}

}  // namespace

bool IsFleetingTunable(std::string_view key) {
  return std::ranges::any_of(kFleetingTunables,
                             [&](std::string_view pattern) { return MatchesPart(pattern, key); });
}

bool IsRootOnly(std::string_view fact) {
  return std::ranges::find(kRootOnly, fact) != kRootOnly.end();
}

Bearing BearingOf(std::string_view fact) {
  if (IsRootOnly(fact)) return kNo;
  return RuleOf(fact).bearing;
}

std::string WhyOf(std::string_view fact) {
  if (IsRootOnly(fact)) return std::string(kRootOnlyWhy);
  const Rule& rule = RuleOf(fact);
  if (!rule.why.empty()) return std::string(rule.why);
  const Tunable* row = RowOf(fact);
  if (row == nullptr) return "is a setting of the network, and not known to be harmless";
  return AsReason(row->summary);
}

}  // namespace tunewire
