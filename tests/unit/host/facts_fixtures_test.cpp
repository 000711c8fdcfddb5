// Whole hosts, captured as the files they are known by: what each says is read, and what it does
// not say stays unknown with the reason.
#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "host/facts.h"
#include "tunewire/host/capture_facts.h"
#include "tunewire/profile/profile.h"

namespace tunewire {
namespace {

HostFacts Captured(const std::string& name) {
  return CaptureFrom(std::string(TUNEWIRE_SOURCE_DIR "/tests/fixtures/hosts/") + name,
                     TunablesWanted::kForChecks);
}

TEST_CASE("bare metal with two nodes") {
  const HostFacts facts = Captured("metal-two-nodes");
  CHECK(facts.kernel.release == "6.1.0-18-amd64");
  CHECK(facts.kernel.machine == "x86_64");
  CHECK(facts.kernel.hostname == "rack7-12");
  CHECK(facts.kernel.distribution == "Debian GNU/Linux 12 (bookworm)");
  CHECK(facts.kernel.initial_netns);
  CHECK(facts.tunables.at("net.ipv4.tcp_mem") == "381630\t508842\t763260");
  CHECK(facts.tunables.at("net.ipv4.ip_local_reserved_ports").empty());
  CHECK(facts.nofile == Limits{1024, 1048576});
  CHECK(facts.files == Known<FileTable>({2848, 9223372036854775807, 1048576, 0}));
  CHECK(facts.memory == Known<MemoryNow>({134893363200, 123392000000, 0, 0}));
  CHECK(facts.sockets == Known<SocketCounts>({49, 2, 311, 371, 120}));
  CHECK(facts.conntrack_loaded == Known<bool>(true));
  REQUIRE(facts.conntrack);
  CHECK(facts.conntrack->count == 812);
  CHECK(facts.conntrack->buckets == 65536);
  CHECK(facts.conntrack->in_use == Known<bool>(true));
  CHECK(facts.cpu ==
        Known<CpuFacts>({"Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz", 8, 8, 6, 2, 2, {6, 7}}));
  REQUIRE(facts.frequency);
  CHECK(facts.frequency->governors ==
        std::map<std::string, std::uint32_t>{{"performance", 2}, {"powersave", 6}});
  CHECK(facts.frequency->driver == "intel_pstate");
  CHECK(facts.frequency->turbo == true);
  CHECK(facts.frequency->lowest_khz == 800000);
  CHECK(facts.frequency->highest_khz == 3900000);
  CHECK(facts.frequency->now_khz.at(7) == 1000007);
  CHECK(facts.clock == Known<ClockSource>({"tsc", {"tsc", "hpet", "acpi_pm"}}));
  REQUIRE(facts.cgroup);
  CHECK(facts.cgroup->version == 2);
  CHECK(facts.cgroup->path == "/user.slice/user-1000.slice/session-3.scope");
  CHECK_FALSE(facts.cgroup->cpu_quota_us);
  CHECK_FALSE(facts.cgroup->memory_limit_bytes);
  CHECK(facts.cgroup->memory_used_bytes == 104857600U);
  CHECK(facts.cgroup->pids_limit == 169800U);  // an ancestor's
  CHECK(facts.virtualisation == Known<Virtualisation>({"", ""}));
  CHECK(facts.vulnerabilities->at("meltdown") == "Not affected");
  CHECK(facts.transparent_hugepages == Known<std::string>("always"));
  CHECK(facts.load_average == Known<double>(0.42));
  CHECK(facts.threads_now == Known<std::uint32_t>(912));
  CHECK(facts.threads_max == Known<std::uint32_t>(1030000));
  REQUIRE(facts.counters);
  CHECK(facts.counters->first.Value("Tcp", "RetransSegs") == 30);
  CHECK(facts.counters->softnet_first.at(7) == SoftnetCpu{7, 7017, 0, 7});
  CHECK(facts.counters->ticks_first == CpuTicks{4855, 1120, 16250856, 2023, 40, 180, 0});
  CHECK(facts.counters->seconds == 0);
  CHECK(facts.counters->last == NetCounters{});
  CHECK(facts.counters->uptime_seconds == 864213.77);
}

TEST_CASE("a virtual machine") {
  const HostFacts facts = Captured("kvm-guest");
  CHECK(facts.virtualisation == Known<Virtualisation>({"qemu", ""}));
  CHECK(facts.clock->current == "kvm-clock");
  CHECK_FALSE(facts.frequency);
  CHECK(facts.frequency.why() == "/sys/devices/system/cpu/cpu0/cpufreq: no such folder");
  CHECK(facts.counters->ticks_first.steal == 45120);
  CHECK(facts.counters->first.Value("TcpExt", "ListenOverflows") == 12);
  CHECK(facts.counters->softnet_first.at(0).dropped == 3);
  CHECK(facts.pressure == Known<Pressure>({14.5, 0.25, 0}));
  CHECK(facts.memory->swap_free_bytes == 1228800000);
  CHECK(facts.nproc.soft == kUnlimited);
  CHECK(facts.conntrack_loaded == Known<bool>(false));
  CHECK_FALSE(facts.conntrack);
  CHECK(facts.conntrack.why() == "/proc/sys/net/netfilter/nf_conntrack_count: no such file");
  CHECK(facts.cgroup->pids_limit == 4631U);
}

TEST_CASE("a container with limits of its own") {
  const HostFacts facts = Captured("docker-limited");
  CHECK(facts.virtualisation == Known<Virtualisation>({"microsoft", "docker"}));
  CHECK_FALSE(facts.kernel.initial_netns);
  CHECK_FALSE(facts.tunables.contains("net.core.netdev_max_backlog"));
  CHECK(facts.tunables.at("net.core.somaxconn") == "4096");
  REQUIRE(facts.cgroup);
  CHECK(facts.cgroup->version == 2);
  CHECK(facts.cgroup->cpu_quota_us == 150000U);
  CHECK(facts.cgroup->cpu_period_us == 100000U);
  CHECK(facts.cgroup->throttled_periods == 1234U);
  CHECK(facts.cgroup->throttled_us == 61234567U);
  CHECK(facts.cgroup->memory_limit_bytes == 536870912U);
  CHECK(facts.cgroup->memory_used_bytes == 500170752U);
  CHECK(facts.cgroup->pids_limit == 100U);
  CHECK(facts.cpu->online == 3);
  CHECK(facts.cpu->possible == 8);
  CHECK(facts.cpu->allowed == 2);
  CHECK(facts.counters->softnet_first.at(2).cpu == 3);
  // Connections in TIME_WAIT and no entry: they are not tracked.
  CHECK(facts.conntrack->in_use == Known<bool>(false));
  CHECK_FALSE(facts.conntrack->rules_seen);
  CHECK(facts.vulnerabilities.why() == "/sys/devices/system/cpu/vulnerabilities: no such folder");
}

TEST_CASE("limits of the groups around a group: the tightest counts") {
  const HostFacts facts = Captured("many-nics");
  REQUIRE(facts.cgroup);
  CHECK(facts.cgroup->path == "/system.slice/system-bench.slice/bench@1.service");
  // Four CPUs of the group in the middle, not eight of the group itself.
  CHECK(facts.cgroup->cpu_quota_us == 200000U);
  CHECK(facts.cgroup->cpu_period_us == 50000U);
  CHECK(facts.cgroup->throttled_periods == 77U);
  CHECK(facts.cgroup->memory_limit_bytes == 2147483648U);
  CHECK(facts.cgroup->memory_used_bytes == 1900000000U);
  CHECK(facts.cgroup->pids_limit == 4096U);
  CHECK(facts.frequency->turbo == false);
  CHECK(facts.frequency->governors == std::map<std::string, std::uint32_t>{{"schedutil", 12}});
  CHECK(facts.frequency->now_khz.size() == 12);
  CHECK(facts.frequency->now_khz.at(6) == 2794000);
  CHECK(facts.memlock.soft == kUnlimited);
  CHECK(facts.conntrack->count == 261900);
  CHECK(facts.sockets->tcp_orphans == 4100);
}

TEST_CASE("one processor, a release of years ago, control groups of version 1") {
  const HostFacts facts = Captured("one-cpu-old");
  CHECK(facts.cpu ==
        Known<CpuFacts>({"Intel(R) Atom(TM) CPU N270   @ 1.60GHz", 1, 1, 1, 1, 1, {}}));
  CHECK(facts.files == Known<FileTable>({896, 98765, 1048576, 0}));
  CHECK(facts.counters->softnet_first ==
        std::vector<SoftnetCpu>{{.cpu = 0, .processed = 0x1f5a2, .dropped = 4, .time_squeeze = 1}});
  CHECK(facts.counters->ticks_first == CpuTicks{510, 300, 5000, 120, 0, 7, 0});
  CHECK_FALSE(facts.pressure);
  CHECK(facts.pressure.why() == "/proc/pressure/cpu: no such file");
  REQUIRE(facts.cgroup);
  CHECK(facts.cgroup->version == 1);
  CHECK(facts.cgroup->cpu_quota_us == 50000U);
  CHECK(facts.cgroup->throttled_us == 480000U);
  CHECK(facts.cgroup->memory_limit_bytes == 268435456U);
  CHECK(facts.cgroup->memory_used_bytes == 201326592U);
  CHECK(facts.cgroup->pids_limit == 1127U);
  CHECK(facts.virtualisation == Known<Virtualisation>({"", ""}));
  CHECK(facts.pid_max == Known<std::uint32_t>(32768));
}

TEST_CASE("a container on an ARM server, controllers in both versions") {
  const HostFacts facts = Captured("arm-container");
  CHECK(facts.cpu->model == "Neoverse-N1");
  CHECK(facts.cpu->online == 80);
  CHECK(facts.virtualisation == Known<Virtualisation>({"", "lxc"}));
  REQUIRE(facts.cgroup);
  CHECK(facts.cgroup->version == 2);
  CHECK(facts.cgroup->cpu_quota_us == 1600000U);  // of the group around it
  CHECK(facts.cgroup->throttled_periods == 2U);
  CHECK(facts.cgroup->memory_limit_bytes == 17179869184U);  // version 1's
  CHECK_FALSE(facts.cgroup->pids_limit);
  CHECK(facts.counters->softnet_first.size() == 4);
}

TEST_CASE("what only a running system answers is unknown of a captured host") {
  const HostFacts facts = Captured("kvm-guest");
  const std::string why = "a captured tree: there is no kernel to ask";
  CHECK(facts.listeners.why() == why);
  CHECK(facts.busy.why() == why);
  CHECK(facts.interfaces.why() == why);
  CHECK(facts.routes.why() == why);
}

void CheckNothingKnown(const HostFacts& facts) {
  CHECK(facts.kernel.release.empty());
  CHECK(facts.tunables.empty());
  CHECK(facts.nofile == Limits{});
  CHECK(facts.files.why() == "/proc/sys/fs/file-nr: no such file");
  CHECK(facts.memory.why() == "/proc/meminfo: no such file");
  CHECK(facts.sockets.why() == "/proc/net/sockstat: no such file");
  CHECK(facts.counters.why() == "/proc/net/netstat: no such file");
  CHECK(facts.conntrack_loaded.why() == "/proc/sys/net: no such folder");
  CHECK(facts.conntrack.why() == "/proc/sys/net/netfilter/nf_conntrack_count: no such file");
  CHECK(facts.cpu.why() == "/sys/devices/system/cpu/online: no such file");
  CHECK(facts.frequency.why() == "/sys/devices/system/cpu/cpu0/cpufreq: no such folder");
  CHECK(facts.clock.why() ==
        "/sys/devices/system/clocksource/clocksource0/current_clocksource: no such file");
  CHECK(facts.cgroup.why() == "/proc/self/cgroup: no such file");
  CHECK(facts.pressure.why() == "/proc/pressure/cpu: no such file");
  CHECK(facts.load_average.why() == "/proc/loadavg: no such file");
  CHECK(facts.threads_max.why() == "/proc/sys/kernel/threads-max: no such file");
  CHECK(facts.virtualisation.why() == "/proc/cpuinfo: no such file");
  CHECK(facts.vulnerabilities.why() == "/sys/devices/system/cpu/vulnerabilities: no such folder");
  CHECK(facts.transparent_hugepages.why() ==
        "/sys/kernel/mm/transparent_hugepage/enabled: no such file");
}

TEST_CASE("of an empty folder, and of none, nothing is known and every reason is given") {
  const auto folder = std::filesystem::temp_directory_path() / "tunewire-empty-host";
  std::filesystem::create_directories(folder);
  CheckNothingKnown(CaptureFrom(folder.string(), TunablesWanted::kAll));
  std::filesystem::remove_all(folder);
  CheckNothingKnown(CaptureFrom(folder.string(), TunablesWanted::kAll));
}

}  // namespace
}  // namespace tunewire
