// The table of all checks, in the order they are shown.
#include <algorithm>
#include <array>

#include "check/looks.h"
#include "tunewire/check/check.h"

namespace tunewire {
namespace {

constexpr std::array kChecks{
    CheckEntry{"nofile_soft", "limits", "descriptors, soft limit", LookAtSoftNofile},
    CheckEntry{"nofile_hard", "limits", "descriptors, hard limit", LookAtHardNofile},
    CheckEntry{"file_table", "limits", "open files of the host", LookAtFileTable},
    CheckEntry{"threads", "limits", "threads of the host", LookAtThreads},
    CheckEntry{"pids_limit", "limits", "threads of the control group", LookAtPidsLimit},

    CheckEntry{"port_range", "sockets", "source ports", LookAtPortRange},
    CheckEntry{"reserved_ports", "sockets", "reserved ports", LookAtReservedPorts},
    CheckEntry{"listeners_in_range", "sockets", "listeners among source ports",
               LookAtListenersInRange},
    CheckEntry{"time_wait", "sockets", "connections in TIME_WAIT", LookAtTimeWait},
    CheckEntry{"time_wait_table", "sockets", "room for TIME_WAIT", LookAtTimeWaitTable},
    CheckEntry{"orphans", "sockets", "orphaned connections", LookAtOrphans},
    CheckEntry{"somaxconn", "sockets", "longest accept queue", LookAtSomaxconn},
    CheckEntry{"syn_backlog", "sockets", "SYN backlog", LookAtSynBacklog},
    CheckEntry{"syncookies_sent", "sockets", "SYN cookies sent", LookAtSyncookies},
    CheckEntry{"listen_overflows", "sockets", "accept queue overflows", LookAtListenOverflows},
    CheckEntry{"accept_queues", "sockets", "waiting to be accepted", LookAtAcceptQueues},
    CheckEntry{"abort_on_overflow", "sockets", "reset on overflow", LookAtAbortOnOverflow},

    CheckEntry{"conntrack_room", "connection tracking", "tracked connections", LookAtConntrackRoom},
    CheckEntry{"conntrack_buckets", "connection tracking", "tracking hash table",
               LookAtConntrackBuckets},
    CheckEntry{"conntrack_loopback", "connection tracking", "tracking on loopback",
               LookAtConntrackLoopback},

    CheckEntry{"tcp_memory", "TCP", "TCP memory", LookAtTcpMemory},
    CheckEntry{"tcp_buffers", "TCP", "TCP buffers", LookAtTcpBuffers},
    CheckEntry{"socket_buffers", "TCP", "buffers programs may ask for", LookAtSocketBuffers},
    CheckEntry{"receive_autotuning", "TCP", "receive autotuning", LookAtReceiveAutotuning},
    CheckEntry{"tcp_features", "TCP", "TCP options", LookAtTcpFeatures},
    CheckEntry{"slow_start_after_idle", "TCP", "slow start after idle", LookAtSlowStartAfterIdle},
    CheckEntry{"congestion_control", "TCP", "congestion control", LookAtCongestionControl},
    CheckEntry{"retransmissions", "TCP", "retransmissions", LookAtRetransmissions},

    CheckEntry{"nic_rings", "network card", "ring sizes", LookAtRings},
    CheckEntry{"nic_channels", "network card", "queues", LookAtChannels},
    CheckEntry{"nic_coalescing", "network card", "interrupt coalescing", LookAtCoalescing},
    CheckEntry{"nic_offloads", "network card", "offloads", LookAtOffloads},
    CheckEntry{"nic_numa_node", "network card", "NUMA node", LookAtNumaNode},
    CheckEntry{"link_speed", "network card", "link speed", LookAtLinkSpeed},
    CheckEntry{"link_duplex", "network card", "duplex", LookAtDuplex},
    CheckEntry{"nic_errors", "network card", "errors and drops", LookAtCardErrors},
    CheckEntry{"qdisc", "network card", "queueing discipline", LookAtQdisc},
    CheckEntry{"mtu", "network card", "MTU", LookAtMtu},
    CheckEntry{"interrupt_spread", "network card", "CPUs that receive", LookAtInterruptSpread},
    CheckEntry{"softnet_drops", "network card", "input queue drops", LookAtSoftnetDrops},
    CheckEntry{"time_squeeze", "network card", "receive softirq", LookAtTimeSqueeze},
    CheckEntry{"netdev_max_backlog", "network card", "input queue", LookAtDeviceBacklog},

    CheckEntry{"route_to_target", "routes", "route to the target", LookAtRouteToTarget},
    CheckEntry{"route_quickack", "routes", "quickack on routes", LookAtRouteQuickack},
    CheckEntry{"route_windows", "routes", "windows on routes", LookAtRouteWindows},
    CheckEntry{"route_rto_min", "routes", "least RTO on routes", LookAtRouteTimeout},
    CheckEntry{"route_congestion", "routes", "congestion control on routes", LookAtRouteCongestion},

    CheckEntry{"cpu_count", "processor", "CPUs", LookAtCpuCount},
    CheckEntry{"cpus_allowed", "processor", "CPUs allowed", LookAtAllowedCpus},
    CheckEntry{"governor", "processor", "frequency governor", LookAtGovernor},
    CheckEntry{"turbo", "processor", "turbo", LookAtTurbo},
    CheckEntry{"frequency_drift", "processor", "frequencies", LookAtFrequencyDrift},
    CheckEntry{"steal", "processor", "steal time", LookAtSteal},
    CheckEntry{"cpu_quota", "processor", "CPU quota", LookAtCpuQuota},
    CheckEntry{"throttling", "processor", "throttling", LookAtThrottling},
    CheckEntry{"busy_processes", "processor", "other processes", LookAtBusyProcesses},
    CheckEntry{"load_average", "processor", "load average", LookAtLoadAverage},
    CheckEntry{"pressure", "processor", "pressure", LookAtPressure},

    CheckEntry{"free_memory", "memory", "free memory", LookAtFreeMemory},
    CheckEntry{"memory_limit", "memory", "memory of the control group", LookAtMemoryLimit},
    CheckEntry{"swap", "memory", "swap in use", LookAtSwap},
    CheckEntry{"hugepages", "memory", "transparent huge pages", LookAtHugePages},

    CheckEntry{"clock_source", "kernel", "clock source", LookAtClockSource},
    CheckEntry{"virtualisation", "kernel", "virtual machine", LookAtVirtualisation},
    CheckEntry{"container", "kernel", "container", LookAtContainer},
    CheckEntry{"mitigations", "kernel", "mitigations", LookAtMitigations},
};

}  // namespace

std::string_view NameOf(CheckState state) {
  switch (state) {
    case CheckState::kOk:
      return "ok";
    case CheckState::kWarn:
      return "warn";
    case CheckState::kBad:
      return "bad";
    case CheckState::kUnknown:
      return "unknown";
  }
  return "";
}

std::span<const CheckEntry> AllChecks() { return kChecks; }

const CheckEntry* FindCheck(std::string_view id) {
  const auto found = std::ranges::find(kChecks, id, &CheckEntry::id);
  return found == kChecks.end() ? nullptr : &*found;
}

std::vector<CheckResult> RunChecks(const HostFacts& facts, const CheckWish& wish) {
  std::vector<CheckResult> results;
  results.reserve(kChecks.size());
  for (const CheckEntry& entry : kChecks) {
    results.push_back(entry.look(facts, wish));
    results.back().id = entry.id;
  }
  return results;
}

}  // namespace tunewire
