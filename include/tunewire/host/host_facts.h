// A host as it is now: everything that decides whether it can carry a load, captured once as plain
// data. Decisions about it are made elsewhere, over this alone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tunewire/host/known.h"
#include "tunewire/host/net_counters.h"
#include "tunewire/host/network_facts.h"
#include "tunewire/host/processes.h"

namespace tunewire {

struct KernelFacts {
  std::string release, version, machine;  ///< uname(2)
  std::string boot_id, hostname;
  std::string distribution;  ///< PRETTY_NAME of os-release, empty without one
  int ticks_per_second = 0;
  std::uint64_t page_bytes = 4096;
  std::uint64_t netns = 0;
  bool initial_netns = true;
  std::uint32_t uid = 0;

  bool operator==(const KernelFacts&) const = default;
};

struct MemoryNow {
  std::uint64_t total_bytes = 0, available_bytes = 0;
  std::uint64_t swap_total_bytes = 0, swap_free_bytes = 0;

  bool operator==(const MemoryNow&) const = default;
};

/// /proc/sys/fs/file-nr, and the limits around it. Of a captured tree, `own_open` is 0.
struct FileTable {
  std::uint64_t open = 0, most = 0;  ///< of the whole host
  std::uint64_t nr_open = 0;         ///< the most one process can be allowed
  std::uint64_t own_open = 0;        ///< descriptors of this process

  bool operator==(const FileTable&) const = default;
};

/// /proc/net/sockstat and sockstat6. In use and in TIME_WAIT are this namespace's; orphans, what is
/// allocated and memory are the whole host's.
struct SocketCounts {
  std::uint64_t tcp_in_use = 0, tcp_orphans = 0, tcp_time_wait = 0, tcp_allocated = 0;
  std::uint64_t tcp_memory_pages = 0;

  bool operator==(const SocketCounts&) const = default;
};

/// One row of /proc/net/softnet_stat: the CPU's receive path.
struct SoftnetCpu {
  std::uint32_t cpu = 0;
  std::uint64_t processed = 0, dropped = 0, time_squeeze = 0, received_rps = 0, flow_limit = 0;
  std::uint64_t backlog_now = 0;

  bool operator==(const SoftnetCpu&) const = default;
};

struct Conntrack {
  std::uint64_t count = 0, most = 0, buckets = 0;
  bool loopback_tracked = true;  ///< no rule exempts lo, as far as can be seen
  bool rules_seen = false;       ///< proven that entries are made here: `in_use` is known and true
  /// Are entries made for this namespace's connections? The kernel only makes them where a rule
  /// asked for it, and says so to nobody: known where what is there proves one or the other.
  Known<bool> in_use;

  bool operator==(const Conntrack&) const = default;
};

struct ListeningSocket {
  std::string address;
  std::uint16_t port = 0;
  std::uint32_t backlog = 0, queue = 0;
  std::uint64_t drops = 0;
  std::uint64_t inode = 0;
  /// The first that holds it; absent where none may be seen, or the search would take too long.
  std::optional<Process> owner;

  bool operator==(const ListeningSocket&) const = default;
};

/// Processor time in USER_HZ ticks since boot, all CPUs: the first line of /proc/stat.
struct CpuTicks {
  std::uint64_t user = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;

  bool operator==(const CpuTicks&) const = default;
};

struct CpuFacts {
  std::string model;
  std::uint32_t online = 0, possible = 0, allowed = 0;  ///< allowed: sched_getaffinity(2)
  std::uint32_t threads_per_core = 1, numa_nodes = 1;
  std::vector<std::uint32_t> isolated;

  bool operator==(const CpuFacts&) const = default;
};

/// cpufreq of all CPUs; kHz.
struct FrequencyFacts {
  std::map<std::string, std::uint32_t> governors;  ///< CPUs by governor
  std::string driver;
  std::optional<bool> turbo;
  std::uint64_t lowest_khz = 0, highest_khz = 0;  ///< allowed
  /// Each CPU's, in the CPUs' order; fewer where reading more of them would take too long.
  std::vector<std::uint64_t> now_khz;

  bool operator==(const FrequencyFacts&) const = default;
};

/// Of this process's control group, the tightest along its ancestors. Throttling is that of the
/// group with the tightest quota, memory and pids used those of the group with the tightest limit;
/// the group's own where there is none.
struct CgroupFacts {
  int version = 0;  ///< 1, 2
  std::string path;
  std::optional<std::uint64_t> cpu_quota_us, cpu_period_us;  ///< absent: no limit
  std::optional<std::uint64_t> throttled_periods, throttled_us;
  std::optional<std::uint64_t> memory_limit_bytes, memory_used_bytes, pids_limit, pids_used;

  bool operator==(const CgroupFacts&) const = default;
};

/// /proc/pressure (PSI): share of time in percent over the last 10 s in which some task waited.
struct Pressure {
  double cpu_some = 0, memory_some = 0, io_some = 0;

  bool operator==(const Pressure&) const = default;
};

struct BusyProcess {
  Process process;
  double cpus = 0;  ///< CPUs' worth of time between the two readings

  bool operator==(const BusyProcess&) const = default;
};

struct ClockSource {
  std::string current;
  std::vector<std::string> available;

  bool operator==(const ClockSource&) const = default;
};

struct Virtualisation {
  std::string machine;    ///< "kvm", "vmware", ...; empty: none seen
  std::string container;  ///< "docker", "lxc", "systemd-nspawn", ...; empty: none seen

  bool operator==(const Virtualisation&) const = default;
};

/// Two readings of what only grows, some time apart; `seconds` is 0 where only the first was taken.
/// Softnet rows and ticks that cannot be read are empty and all 0.
struct CounterReadings {
  NetCounters first, last;
  std::vector<SoftnetCpu> softnet_first, softnet_last;
  CpuTicks ticks_first, ticks_last;
  double seconds = 0;
  double uptime_seconds = 0;
  bool grows = true;  ///< false of a captured tree: a second reading would be the first

  bool operator==(const CounterReadings&) const = default;
};

/// What bind(2) answers where an address cannot be had.
struct RefusedBind {
  std::string error;  ///< "EADDRNOTAVAIL"
  std::string words;  ///< "Cannot assign requested address (EADDRNOTAVAIL)"

  bool operator==(const RefusedBind&) const = default;
};

struct HostFacts {
  std::int64_t unix_seconds = 0;
  KernelFacts kernel;
  std::map<std::string, std::string> tunables;  ///< key to text without the newline
  Limits nofile, nproc, memlock;                ///< of this process
  Known<FileTable> files;
  Known<MemoryNow> memory;
  Known<SocketCounts> sockets;
  Known<CounterReadings> counters;
  Known<bool> conntrack_loaded;  ///< false: this kernel has none, or its module is not loaded
  Known<Conntrack> conntrack;
  Known<std::vector<ListeningSocket>> listeners;
  Known<CpuFacts> cpu;
  Known<FrequencyFacts> frequency;
  Known<ClockSource> clock;
  Known<CgroupFacts> cgroup;
  Known<Pressure> pressure;
  Known<double> load_average;  ///< of one minute
  Known<std::vector<BusyProcess>> busy;
  Known<Virtualisation> virtualisation;
  Known<std::map<std::string, std::string>> vulnerabilities;  ///< name to the kernel's words
  Known<std::string> transparent_hugepages;                   ///< "always", "madvise", "never"
  Known<std::uint32_t> threads_max, threads_now;
  Known<std::uint32_t> pid_max;
  Known<std::vector<InterfaceFacts>> interfaces;
  Known<std::vector<RouteFacts>> routes;  ///< of the main table, and the one to the destination
  std::map<std::string, RefusedBind> refused_sources;  ///< of the asked source addresses
  std::string no_route;  ///< why none leads to the asked destination; empty: one does, or not asked

  bool operator==(const HostFacts&) const = default;
};

}  // namespace tunewire
