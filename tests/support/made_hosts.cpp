#include "made_hosts.h"

#include <algorithm>

namespace tunewire {
namespace {

constexpr std::uint64_t kGiB = 1ULL << 30;

std::map<std::string, std::string> QuietTunables() {
  return {{"net.core.somaxconn", "4096"},
          {"net.core.netdev_max_backlog", "1000"},
          {"net.core.rmem_max", "4194304"},
          {"net.core.wmem_max", "4194304"},
          {"net.ipv4.ip_local_port_range", "32768\t60999"},
          {"net.ipv4.ip_local_reserved_ports", ""},
          {"net.ipv4.tcp_abort_on_overflow", "0"},
          {"net.ipv4.tcp_congestion_control", "cubic"},
          {"net.ipv4.tcp_max_orphans", "65536"},
          {"net.ipv4.tcp_max_syn_backlog", "4096"},
          {"net.ipv4.tcp_max_tw_buckets", "262144"},
          {"net.ipv4.tcp_mem", "190551\t254070\t381102"},
          {"net.ipv4.tcp_moderate_rcvbuf", "1"},
          {"net.ipv4.tcp_rmem", "4096\t131072\t6291456"},
          {"net.ipv4.tcp_sack", "1"},
          {"net.ipv4.tcp_slow_start_after_idle", "0"},
          {"net.ipv4.tcp_syncookies", "1"},
          {"net.ipv4.tcp_timestamps", "1"},
          {"net.ipv4.tcp_tw_reuse", "2"},
          {"net.ipv4.tcp_window_scaling", "1"},
          {"net.ipv4.tcp_wmem", "4096\t16384\t4194304"},
          {"net.netfilter.nf_conntrack_tcp_timeout_time_wait", "120"}};
}

std::vector<SoftnetCpu> SoftnetRows(std::uint32_t cpus, std::uint64_t processed) {
  std::vector<SoftnetCpu> rows;
  for (std::uint32_t cpu = 0; cpu < cpus; ++cpu) rows.push_back({cpu, processed, 0, 0, 0, 0, 0});
  return rows;
}

CounterReadings QuietCounters(std::uint32_t cpus) {
  CounterReadings readings;
  for (NetCounters* side : {&readings.first, &readings.last}) {
    SetCounter(*side, "TcpExt", "SyncookiesSent", 0);
    SetCounter(*side, "TcpExt", "ListenOverflows", 0);
    SetCounter(*side, "TcpExt", "TCPTimeWaitOverflow", 0);
    SetCounter(*side, "Tcp", "RetransSegs", 40);
    SetCounter(*side, "Tcp", "OutSegs", side == &readings.first ? 100'000 : 105'000);
  }
  readings.softnet_first = SoftnetRows(cpus, 1'000'000);
  readings.softnet_last = SoftnetRows(cpus, 1'010'000);
  readings.ticks_first = {10'000, 5'000, 980'000, 1'000, 500, 3'000, 0};
  readings.ticks_last = {10'010, 5'010, 980'370, 1'000, 500, 3'010, 0};
  readings.seconds = 1;
  readings.uptime_seconds = 10'000;
  return readings;
}

std::vector<QueueInterrupt> Interrupts(const std::string& name, std::uint32_t count) {
  std::vector<QueueInterrupt> all;
  for (std::uint32_t queue = 0; queue < count; ++queue) {
    all.push_back({100 + queue, name + "-TxRx-" + std::to_string(queue), {queue}});
  }
  return all;
}

InterfaceFacts Loopback() {
  InterfaceFacts lo;
  lo.name = "lo";
  lo.index = 1;
  lo.loopback = lo.up = lo.carrier = true;
  lo.virtual_device = true;
  lo.mtu = 65536;
  lo.qdisc = "noqueue";
  lo.addresses = {"127.0.0.1/8", "::1/128"};
  return lo;
}

std::map<std::string, bool> AllOffloads() {
  return {{"rx-gro", true},
          {"rx-checksum", true},
          {"tx-checksum-ip-generic", true},
          {"tx-generic-segmentation", true},
          {"tx-scatter-gather", true},
          {"tx-tcp-segmentation", true},
          {"rx-lro", false}};
}

InterfaceFacts Card(const std::string& name, std::uint32_t index, std::uint32_t queues) {
  InterfaceFacts card;
  card.name = name;
  card.index = index;
  card.driver = "ixgbe";
  card.up = card.carrier = true;
  card.mtu = 1500;
  card.tx_queue_length = 1000;
  card.qdisc = "fq_codel";
  card.addresses = {"10.0.0.9/24"};
  card.errors.rx_packets = 50'000'000;
  card.errors.tx_packets = 40'000'000;
  card.speed_mbps = std::uint32_t{10'000};
  card.duplex = std::string("full");
  card.rings = RingSizes{512, 4096, 512, 4096};
  card.channels = ChannelCounts{0, 0, queues, 0, 0, 63};
  card.coalescing = Coalescing{1, std::nullopt, 0, std::nullopt, false, false};
  card.offloads = AllOffloads();
  card.numa_node = -1;
  card.interrupts = Interrupts(name, queues);
  card.rps = std::vector<std::vector<std::uint32_t>>(queues);
  return card;
}

RouteFacts Route(const std::string& destination, const std::string& interface) {
  RouteFacts route;
  route.destination = destination;
  route.interface = interface;
  if (destination == "default") route.gateway = "10.0.0.1";
  return route;
}

CpuFacts Cpus(const std::string& model, std::uint32_t count) {
  CpuFacts cpu;
  cpu.model = model;
  cpu.online = cpu.possible = cpu.allowed = count;
  return cpu;
}

FrequencyFacts Frequency(const std::string& governor, std::uint32_t cpus) {
  FrequencyFacts frequency;
  frequency.governors = {{governor, cpus}};
  frequency.driver = "intel_cpufreq";
  frequency.turbo = false;
  frequency.lowest_khz = 1'200'000;
  frequency.highest_khz = 3'000'000;
  frequency.now_khz = std::vector<std::uint64_t>(cpus, 3'000'000);
  return frequency;
}

template <class T>
Known<T> NotHere(const std::string& why) {
  return Known<T>::Unknown(why);
}

ListeningSocket Listener(std::uint16_t port, std::uint32_t backlog, const std::string& command) {
  ListeningSocket one;
  one.address = "0.0.0.0";
  one.port = port;
  one.backlog = backlog;
  one.inode = 10'000U + port;
  one.owner = Process{{700 + port % 100, 5'000}, command, command, "", ""};
  return one;
}

BusyProcess Busy(int pid, const std::string& command, double cpus) {
  return {Process{{pid, 9'000}, command, command, "", ""}, cpus};
}

void GiveLimits(HostFacts& host, std::uint64_t soft, std::uint64_t hard) {
  host.nofile = {soft, hard};
  host.nproc = {127'000, 127'000};
  host.memlock = {8'388'608, 8'388'608};
}

void GiveCpus(HostFacts& host, const CpuFacts& cpu, const std::string& governor) {
  host.cpu = cpu;
  host.frequency = Frequency(governor, cpu.online);
  host.counters = QuietCounters(cpu.online);
}

Conntrack Table(std::uint64_t count, std::uint64_t most, std::uint64_t buckets) {
  Conntrack table;
  table.count = count;
  table.most = most;
  table.buckets = buckets;
  table.rules_seen = count > 0;
  table.in_use = count > 0;
  return table;
}

/// virtio_net: what its driver does not answer is unknown.
InterfaceFacts VirtioCard(const std::string& name) {
  InterfaceFacts card = Card(name, 2, 1);
  card.driver = "virtio_net";
  card.qdisc = "fq_codel";
  card.speed_mbps = NotHere<std::uint32_t>("ethtool: the driver does not know the speed");
  card.duplex = NotHere<std::string>("ethtool: the driver does not know the duplex mode");
  card.rings = RingSizes{256, 256, 256, 256};
  card.channels = ChannelCounts{0, 0, 1, 0, 0, 1};
  card.coalescing = NotHere<Coalescing>("ethtool: Operation not supported (EOPNOTSUPP)");
  card.numa_node = -1;
  return card;
}

InterfaceFacts Veth() {
  InterfaceFacts veth = Card("eth0", 12, 1);
  veth.kind = "veth";
  veth.driver = "veth";
  veth.virtual_device = true;
  veth.qdisc = "noqueue";
  veth.addresses = {"172.17.0.2/16"};
  return veth;
}

}  // namespace

void SetCounter(NetCounters& counters, const std::string& group, const std::string& name,
                std::int64_t value) {
  const auto found = std::ranges::find_if(
      counters.all, [&](const NetCounter& one) { return one.group == group && one.name == name; });
  if (found != counters.all.end()) {
    found->value = value;
  } else {
    counters.all.push_back({group, name, value});
  }
}

void MoveCounter(HostFacts& facts, const std::string& group, const std::string& name,
                 std::int64_t first, std::int64_t last) {
  CounterReadings readings = facts.counters ? *facts.counters : CounterReadings{};
  SetCounter(readings.first, group, name, first);
  SetCounter(readings.last, group, name, last);
  readings.seconds = 1;
  facts.counters = readings;
}

HostFacts QuietFacts() {
  HostFacts host;
  host.unix_seconds = 1'795'000'000;
  host.kernel = {"6.12.9",
                 "#1 SMP",
                 "x86_64",
                 "2f1f0f8e-8a5e-4f7c-9d5e-0c1f6f0a9b11",
                 "quiet",
                 "Debian GNU/Linux 13 (trixie)",
                 250,
                 4096,
                 4'026'531'840,
                 true,
                 0};
  host.tunables = QuietTunables();
  GiveLimits(host, 1'048'576, 1'048'576);
  host.files = FileTable{1'200, 9'223'372'036'854'775'807ULL, 1'073'741'816, 7};
  host.memory = MemoryNow{16 * kGiB, 14 * kGiB, 0, 0};
  host.sockets = SocketCounts{20, 0, 3, 22, 40};
  host.conntrack_loaded = false;
  host.conntrack = NotHere<Conntrack>("/proc/sys/net/netfilter: no such folder");
  host.listeners = std::vector<ListeningSocket>{Listener(22, 128, "sshd")};
  GiveCpus(host, Cpus("Intel(R) Xeon(R) E-2334", 4), "performance");
  host.clock = ClockSource{"tsc", {"tsc", "hpet", "acpi_pm"}};
  host.cgroup = CgroupFacts{2, "/system.slice/run.service", {}, {}, {}, {}, {}, 40'000'000, 4'915};
  host.pressure = Pressure{0, 0, 0};
  host.load_average = 0.1;
  host.busy = std::vector<BusyProcess>{};
  host.virtualisation = Virtualisation{"", ""};
  host.vulnerabilities =
      std::map<std::string, std::string>{{"meltdown", "Not affected"}, {"mds", "Not affected"}};
  host.transparent_hugepages = std::string("madvise");
  host.threads_max = std::uint32_t{127'000};
  host.threads_now = std::uint32_t{310};
  host.pid_max = std::uint32_t{4'194'304};
  host.interfaces = std::vector<InterfaceFacts>{Loopback(), Card("eth0", 2, 4)};
  host.routes = std::vector<RouteFacts>{Route("default", "eth0"), Route("10.0.0.0/24", "eth0")};
  return host;
}

HostFacts BareMetalHost() {
  HostFacts host = QuietFacts();
  host.kernel.release = "6.1.0-28-amd64";
  host.kernel.hostname = "metal";
  GiveLimits(host, 1'024, 1'048'576);
  GiveCpus(host, Cpus("Intel(R) Xeon(R) Gold 6338", 128), "powersave");
  CpuFacts cpu = *host.cpu;
  cpu.threads_per_core = 2;
  cpu.numa_nodes = 2;
  host.cpu = cpu;
  FrequencyFacts frequency = *host.frequency;
  frequency.driver = "intel_pstate";
  frequency.turbo = true;
  frequency.now_khz[5] = 800'000;
  host.frequency = frequency;
  host.vulnerabilities = std::map<std::string, std::string>{
      {"meltdown", "Not affected"},
      {"spectre_v2", "Mitigation: Enhanced / Automatic IBRS; IBPB: conditional"},
      {"mmio_stale_data", "Mitigation: Clear CPU buffers; SMT vulnerable"}};
  host.transparent_hugepages = std::string("always");
  InterfaceFacts card = Card("enp65s0f0", 4, 63);
  card.driver = "ice";
  card.speed_mbps = std::uint32_t{25'000};
  card.numa_node = 1;
  card.qdisc = "mq";
  card.coalescing = Coalescing{50, std::nullopt, 50, std::nullopt, true, true};
  host.interfaces = std::vector<InterfaceFacts>{Loopback(), card};
  host.routes = std::vector<RouteFacts>{Route("default", "enp65s0f0")};
  host.tunables["net.ipv4.tcp_slow_start_after_idle"] = "1";
  host.conntrack_loaded = true;
  host.conntrack = Table(61'000, 262'144, 65'536);
  return host;
}

HostFacts KvmGuest() {
  HostFacts host = QuietFacts();
  host.kernel.release = "6.18.44";
  host.kernel.hostname = "guest";
  GiveLimits(host, 20'000, 20'000);
  GiveCpus(host, Cpus("AMD EPYC Processor", 2), "performance");
  host.frequency = NotHere<FrequencyFacts>("/sys/devices/system/cpu/cpufreq: no such folder");
  CounterReadings counters = *host.counters;
  counters.ticks_last.steal = 12;
  host.counters = counters;
  host.clock = ClockSource{"kvm-clock", {"kvm-clock", "tsc", "acpi_pm"}};
  host.virtualisation = Virtualisation{"kvm", ""};
  host.tunables["net.ipv4.tcp_congestion_control"] = "bbr";
  host.tunables["net.ipv4.tcp_slow_start_after_idle"] = "1";
  host.interfaces = std::vector<InterfaceFacts>{Loopback(), VirtioCard("ens3")};
  host.routes = std::vector<RouteFacts>{Route("default", "ens3")};
  return host;
}

HostFacts ContainerHost() {
  HostFacts host = QuietFacts();
  host.kernel.hostname = "box";
  host.kernel.netns = 4'026'532'500;
  host.kernel.initial_netns = false;
  for (const char* key :
       {"net.core.netdev_max_backlog", "net.ipv4.tcp_mem", "net.ipv4.tcp_max_orphans"}) {
    host.tunables.erase(key);
  }
  host.virtualisation = Virtualisation{"", "docker"};
  host.cgroup = CgroupFacts{2, "/", 150'000, 100'000, 812, 40'500'000, 2 * kGiB, kGiB / 2, 4'096};
  host.interfaces = std::vector<InterfaceFacts>{Loopback(), Veth()};
  host.routes = std::vector<RouteFacts>{Route("default", "eth0")};
  host.conntrack_loaded = true;
  Conntrack table = Table(0, 262'144, 262'144);
  table.in_use = NotHere<bool>("no rule is visible from this namespace");
  host.conntrack = table;
  host.listeners = std::vector<ListeningSocket>{Listener(8080, 511, "node")};
  return host;
}

HostFacts ManyCardsHost() {
  HostFacts host = QuietFacts();
  host.kernel.hostname = "router";
  std::vector<InterfaceFacts> all{Loopback()};
  for (std::uint32_t card = 0; card < 8; ++card) {
    all.push_back(Card("eth" + std::to_string(card), card + 2, 4));
  }
  all[2].speed_mbps = std::uint32_t{100};
  all[3].duplex = std::string("half");
  all[4].rings = NotHere<RingSizes>("ethtool: Operation not supported (EOPNOTSUPP)");
  all[5].rings = RingSizes{256, 4096, 256, 4096};
  all[6].errors.rx_missed = 60'000;
  all[7].offloads = std::map<std::string, bool>{{"rx-gro", false}, {"rx-checksum", true}};
  all[8].up = all[8].carrier = false;
  all[8].qdisc = "noop";
  host.interfaces = all;
  RouteFacts tuned = Route("10.7.0.0/16", "eth3");
  tuned.quickack = 1;
  tuned.initcwnd = 30;
  tuned.mtu = 1400;
  host.routes = std::vector<RouteFacts>{Route("default", "eth0"), tuned};
  host.listeners =
      std::vector<ListeningSocket>{Listener(22, 128, "sshd"), Listener(33'060, 70, "mysqld")};
  return host;
}

HostFacts OneCpuHost() {
  HostFacts host = QuietFacts();
  host.kernel.hostname = "small";
  GiveLimits(host, 1'024, 4'096);
  GiveCpus(host, Cpus("Intel(R) Atom(TM) CPU D525", 1), "ondemand");
  host.memory = MemoryNow{512ULL << 20, 30ULL << 20, kGiB, kGiB / 4};
  host.clock = ClockSource{"hpet", {"hpet", "acpi_pm"}};
  host.tunables["net.ipv4.tcp_mem"] = "2700\t3600\t5400";
  host.tunables["net.ipv4.tcp_rmem"] = "4096\t131072\t3000000";
  host.tunables["net.ipv4.tcp_slow_start_after_idle"] = "1";
  host.sockets = SocketCounts{200, 10, 4'000, 230, 2'900};
  host.load_average = 2.5;
  host.busy = std::vector<BusyProcess>{Busy(431, "mysqld", 0.3), Busy(990, "php", 0.4)};
  host.pressure = Pressure{35.5, 12, 48};
  InterfaceFacts card = Card("enp1s0", 2, 1);
  card.driver = "r8169";
  card.speed_mbps = std::uint32_t{1'000};
  card.channels = NotHere<ChannelCounts>("ethtool: Operation not supported (EOPNOTSUPP)");
  card.rings = RingSizes{256, 256, 256, 256};
  host.interfaces = std::vector<InterfaceFacts>{Loopback(), card};
  host.routes = std::vector<RouteFacts>{Route("default", "enp1s0")};
  return host;
}

HostFacts OldKernelHost() {
  HostFacts host = QuietFacts();
  host.kernel.release = "4.19.0-27-amd64";
  host.kernel.hostname = "old";
  host.kernel.distribution = "Debian GNU/Linux 10 (buster)";
  GiveLimits(host, 1'024, 4'096);
  host.tunables["net.core.somaxconn"] = "128";
  host.tunables["net.ipv4.tcp_max_syn_backlog"] = "512";
  host.tunables["net.core.rmem_max"] = "212992";
  host.tunables["net.core.wmem_max"] = "212992";
  host.tunables["net.ipv4.tcp_tw_reuse"] = "0";
  host.tunables["net.ipv4.tcp_slow_start_after_idle"] = "1";
  host.pressure = NotHere<Pressure>("/proc/pressure: no such folder");
  host.files = FileTable{3'000, 1'620'000, 1'048'576, 7};
  host.conntrack_loaded = true;
  host.conntrack = Table(60'000, 65'536, 16'384);
  CounterReadings counters = *host.counters;
  counters.last = {};
  counters.softnet_last.clear();
  counters.ticks_last = {};
  counters.seconds = 0;
  SetCounter(counters.first, "TcpExt", "ListenOverflows", 5'120);
  host.counters = counters;
  InterfaceFacts card = Card("eth0", 2, 4);
  card.driver = "igb";
  card.speed_mbps = std::uint32_t{1'000};
  card.qdisc = "pfifo_fast";
  card.rings = RingSizes{256, 4'096, 256, 4'096};
  card.rps = std::vector<std::vector<std::uint32_t>>{};
  host.interfaces = std::vector<InterfaceFacts>{Loopback(), card};
  return host;
}

std::vector<MadeHost> MadeHosts() {
  return {{"bare metal", BareMetalHost}, {"kvm guest", KvmGuest}, {"container", ContainerHost},
          {"many cards", ManyCardsHost}, {"one cpu", OneCpuHost}, {"old kernel", OldKernelHost}};
}

}  // namespace tunewire
