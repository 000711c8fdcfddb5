// Each check at its boundaries: a quiet host with one thing changed.
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "support/made_hosts.h"
#include "tunewire/check/check.h"

namespace tunewire {
namespace {

using Change = std::function<void(HostFacts&)>;

CheckResult Look(const std::string& id, const HostFacts& facts, const CheckWish& wish) {
  for (const CheckResult& result : RunChecks(facts, wish)) {
    if (result.id == id) return result;
  }
  FAIL("no check ", id);
  return {};
}

std::string StateOf(const std::string& id, const Change& change) {
  HostFacts facts = QuietFacts();
  change(facts);
  return std::string(NameOf(Look(id, facts, {}).state));
}

Change Tunable(const std::string& key, const std::string& value) {
  return [=](HostFacts& facts) { facts.tunables[key] = value; };
}

Change Without(const std::string& key) {
  return [=](HostFacts& facts) { facts.tunables.erase(key); };
}

/// A fact with one thing in it changed.
template <class T, class Edit>
Change In(Known<T> HostFacts::*fact, Edit edit) {
  return [=](HostFacts& facts) {
    T value = *(facts.*fact);
    edit(value);
    facts.*fact = value;
  };
}

template <class Edit>
Change Card(Edit edit) {
  return In(&HostFacts::interfaces, [=](std::vector<InterfaceFacts>& all) { edit(all[1]); });
}

template <class Edit>
Change Route(Edit edit) {
  return In(&HostFacts::routes, [=](std::vector<RouteFacts>& all) { edit(all[0]); });
}

Change Counter(const std::string& name, std::int64_t first, std::int64_t last) {
  return [=](HostFacts& facts) { MoveCounter(facts, "TcpExt", name, first, last); };
}

/// Only the first reading was taken.
Change Once(const std::string& name, std::int64_t value) {
  return In(&HostFacts::counters, [=](CounterReadings& readings) {
    readings.seconds = 0;
    SetCounter(readings.first, "TcpExt", name, value);
  });
}

Change Resent(std::int64_t again, std::int64_t sent) {
  return [=](HostFacts& facts) {
    MoveCounter(facts, "Tcp", "RetransSegs", 40, 40 + again);
    MoveCounter(facts, "Tcp", "OutSegs", 1'000, 1'000 + sent);
  };
}

Change Soft(std::uint64_t soft) {
  return [=](HostFacts& facts) { facts.nofile.soft = soft; };
}
Change Hard(std::uint64_t hard) {
  return [=](HostFacts& facts) { facts.nofile = {hard, hard}; };
}

Change Conntracked(std::uint64_t count, std::uint64_t most, std::uint64_t buckets) {
  return [=](HostFacts& facts) {
    Conntrack table;
    table.count = count;
    table.most = most;
    table.buckets = buckets;
    table.in_use = true;
    table.rules_seen = true;
    facts.conntrack_loaded = true;
    facts.conntrack = table;
  };
}

struct Boundary {
  const char* id;
  const char* state;
  Change change;
};

void CheckAll(const std::vector<Boundary>& cases) {
  for (std::size_t at = 0; at < cases.size(); ++at) {
    INFO(cases[at].id, ", case ", at);
    CHECK(StateOf(cases[at].id, cases[at].change) == cases[at].state);
  }
}

}  // namespace

TEST_CASE("boundaries: limits") {
  CheckAll({
      {"nofile_soft", "ok", Soft(65'536)},
      {"nofile_soft", "warn", Soft(65'535)},
      {"nofile_soft", "warn", Soft(1'024)},
      {"nofile_soft", "bad", Soft(1'023)},
      {"nofile_hard", "ok", Hard(65'536)},
      {"nofile_hard", "warn", Hard(4'096)},
      {"nofile_hard", "bad", Hard(4'095)},
      {"file_table", "ok",
       [](HostFacts& f) {
         f.files = FileTable{80'000, 100'000, 1'048'576, 7};
       }},
      {"file_table", "warn",
       [](HostFacts& f) {
         f.files = FileTable{80'001, 100'000, 1'048'576, 7};
       }},
      {"file_table", "bad",
       [](HostFacts& f) {
         f.files = FileTable{95'001, 100'000, 1'048'576, 7};
       }},
      {"threads", "ok", [](HostFacts& f) { f.threads_now = std::uint32_t{101'600}; }},
      {"threads", "warn", [](HostFacts& f) { f.threads_now = std::uint32_t{101'601}; }},
      {"threads", "bad", [](HostFacts& f) { f.threads_now = std::uint32_t{126'000}; }},
      {"threads", "bad", [](HostFacts& f) { f.pid_max = std::uint32_t{320}; }},
      {"pids_limit", "ok", In(&HostFacts::cgroup, [](CgroupFacts& g) { g.pids_limit.reset(); })},
      {"pids_limit", "ok", In(&HostFacts::cgroup, [](CgroupFacts& g) { g.pids_limit = 512; })},
      {"pids_limit", "warn", In(&HostFacts::cgroup, [](CgroupFacts& g) { g.pids_limit = 511; })},
      {"pids_limit", "bad", In(&HostFacts::cgroup, [](CgroupFacts& g) { g.pids_limit = 63; })},
  });
}

TEST_CASE("boundaries: ports") {
  const auto waiting = [](std::uint64_t count) {
    return In(&HostFacts::sockets, [=](SocketCounts& s) { s.tcp_time_wait = count; });
  };
  CheckAll({
      {"port_range", "warn", Tunable("net.ipv4.ip_local_port_range", "32768 60998")},
      {"port_range", "warn", Tunable("net.ipv4.ip_local_port_range", "40000 40999")},
      {"port_range", "bad", Tunable("net.ipv4.ip_local_port_range", "40000 40998")},
      {"port_range", "unknown", Tunable("net.ipv4.ip_local_port_range", "many")},
      {"reserved_ports", "ok", Tunable("net.ipv4.ip_local_reserved_ports", "1-32767")},
      {"reserved_ports", "ok", Tunable("net.ipv4.ip_local_reserved_ports", "40000-42822")},
      {"reserved_ports", "warn", Tunable("net.ipv4.ip_local_reserved_ports", "40000-42823")},
      {"reserved_ports", "bad", Tunable("net.ipv4.ip_local_reserved_ports", "40000-54116")},
      {"reserved_ports", "unknown", Tunable("net.ipv4.ip_local_reserved_ports", "some")},
      {"listeners_in_range", "warn", Tunable("net.ipv4.ip_local_port_range", "22 60999")},
      {"listeners_in_range", "ok",
       [](HostFacts& f) {
         f.tunables["net.ipv4.ip_local_port_range"] = "22 60999";
         f.tunables["net.ipv4.ip_local_reserved_ports"] = "22";
       }},
      {"time_wait", "ok", waiting(2'823)},
      {"time_wait", "warn", waiting(2'824)},
      {"time_wait", "warn", waiting(28'232)},
      {"time_wait", "bad", waiting(28'233)},
      {"time_wait_table", "ok", Tunable("net.ipv4.tcp_max_tw_buckets", "16384")},
      {"time_wait_table", "warn", Tunable("net.ipv4.tcp_max_tw_buckets", "16383")},
      {"time_wait_table", "warn", Counter("TCPTimeWaitOverflow", 4, 5)},
      {"time_wait_table", "unknown", Without("net.ipv4.tcp_max_tw_buckets")},
  });
}

TEST_CASE("boundaries: backlogs") {
  const auto orphans = [](std::uint64_t count) {
    return In(&HostFacts::sockets, [=](SocketCounts& s) { s.tcp_orphans = count; });
  };
  const auto waiting = [](std::uint32_t count) {
    return In(&HostFacts::listeners, [=](std::vector<ListeningSocket>& all) {
      all[0].backlog = 100;
      all[0].queue = count;
    });
  };
  const auto without_cookies = [](const char* backlog) {
    return [=](HostFacts& f) {
      f.tunables["net.ipv4.tcp_syncookies"] = "0";
      f.tunables["net.ipv4.tcp_max_syn_backlog"] = backlog;
    };
  };
  CheckAll({
      {"somaxconn", "ok", Tunable("net.core.somaxconn", "4096")},
      {"somaxconn", "warn", Tunable("net.core.somaxconn", "4095")},
      {"somaxconn", "warn", Tunable("net.core.somaxconn", "128")},
      {"somaxconn", "bad", Tunable("net.core.somaxconn", "127")},
      {"somaxconn", "unknown", Tunable("net.core.somaxconn", "4096 1")},
      {"syn_backlog", "ok", Tunable("net.ipv4.tcp_max_syn_backlog", "128")},
      {"syn_backlog", "warn", Tunable("net.ipv4.tcp_max_syn_backlog", "127")},
      {"syn_backlog", "ok", without_cookies("1024")},
      {"syn_backlog", "warn", without_cookies("1023")},
      {"syn_backlog", "bad", without_cookies("255")},
      {"syncookies_sent", "bad", Counter("SyncookiesSent", 7, 8)},
      {"syncookies_sent", "ok", Counter("SyncookiesSent", 7, 7)},
      {"syncookies_sent", "warn", Once("SyncookiesSent", 7)},
      {"syncookies_sent", "ok", Once("SyncookiesSent", 0)},
      {"listen_overflows", "bad", Counter("ListenOverflows", 7, 8)},
      {"listen_overflows", "warn", Once("ListenOverflows", 7)},
      {"accept_queues", "ok", waiting(50)},
      {"accept_queues", "warn", waiting(51)},
      {"accept_queues", "bad", waiting(91)},
      {"accept_queues", "ok", [](HostFacts& f) { f.listeners = std::vector<ListeningSocket>{}; }},
      {"abort_on_overflow", "warn", Tunable("net.ipv4.tcp_abort_on_overflow", "1")},
      {"orphans", "ok", orphans(16'384)},
      {"orphans", "warn", orphans(16'385)},
      {"orphans", "bad", orphans(60'000)},
  });
}

TEST_CASE("boundaries: connection tracking") {
  const Change exempt = [](HostFacts& f) {
    Conntracked(10, 1'000, 1'000)(f);
    Conntrack table = *f.conntrack;
    table.loopback_tracked = false;
    f.conntrack = table;
  };
  CheckAll({
      {"conntrack_room", "ok", Conntracked(750, 1'000, 1'000)},
      {"conntrack_room", "warn", Conntracked(751, 1'000, 1'000)},
      {"conntrack_room", "bad", Conntracked(951, 1'000, 1'000)},
      {"conntrack_room", "ok", Conntracked(951, 0, 1'000)},
      {"conntrack_room", "unknown", [](HostFacts& f) { f.conntrack_loaded = true; }},
      {"conntrack_buckets", "ok", Conntracked(1, 4'000, 1'000)},
      {"conntrack_buckets", "warn", Conntracked(1, 4'001, 1'000)},
      {"conntrack_buckets", "bad", Conntracked(1, 16'001, 1'000)},
      {"conntrack_buckets", "unknown", Conntracked(1, 4'001, 0)},
      {"conntrack_loopback", "ok", Conntracked(1, 4'000, 1'000)},
  });
  HostFacts facts = QuietFacts();
  Conntracked(1, 4'000, 1'000)(facts);
  CHECK(Look("conntrack_loopback", facts, {"", true}).state == CheckState::kWarn);
  exempt(facts);
  CHECK(Look("conntrack_loopback", facts, {"", true}).state == CheckState::kOk);
}

TEST_CASE("boundaries: TCP") {
  const auto pages = [](std::uint64_t count) {
    return In(&HostFacts::sockets, [=](SocketCounts& s) { s.tcp_memory_pages = count; });
  };
  CheckAll({
      {"tcp_memory", "ok", pages(190'551)},
      {"tcp_memory", "warn", pages(190'552)},
      {"tcp_memory", "bad", pages(254'071)},
      {"tcp_memory", "unknown", Tunable("net.ipv4.tcp_mem", "1 2")},
      {"tcp_buffers", "ok", Tunable("net.ipv4.tcp_rmem", "4096 131072 4194304")},
      {"tcp_buffers", "warn", Tunable("net.ipv4.tcp_rmem", "4096 131072 4194303")},
      {"tcp_buffers", "warn", Tunable("net.ipv4.tcp_wmem", "4096 16384 4194303")},
      {"tcp_buffers", "bad", Tunable("net.ipv4.tcp_wmem", "4096 16384 131071")},
      {"socket_buffers", "ok", Tunable("net.core.rmem_max", "212992")},
      {"socket_buffers", "warn", Tunable("net.core.rmem_max", "212991")},
      {"socket_buffers", "bad", Tunable("net.core.wmem_max", "65535")},
      {"receive_autotuning", "bad", Tunable("net.ipv4.tcp_moderate_rcvbuf", "0")},
      {"tcp_features", "bad", Tunable("net.ipv4.tcp_window_scaling", "0")},
      {"tcp_features", "warn", Tunable("net.ipv4.tcp_sack", "0")},
      {"tcp_features", "warn", Tunable("net.ipv4.tcp_timestamps", "0")},
      {"tcp_features", "ok", Tunable("net.ipv4.tcp_timestamps", "2")},
      {"tcp_features", "unknown", Without("net.ipv4.tcp_sack")},
      {"slow_start_after_idle", "warn", Tunable("net.ipv4.tcp_slow_start_after_idle", "1")},
      {"congestion_control", "ok", Tunable("net.ipv4.tcp_congestion_control", "reno")},
      {"congestion_control", "warn", Tunable("net.ipv4.tcp_congestion_control", "bbr")},
      {"congestion_control", "warn", Tunable("net.ipv4.tcp_congestion_control", "dctcp")},
      {"retransmissions", "ok", Resent(10, 10'000)},
      {"retransmissions", "warn", Resent(11, 10'000)},
      {"retransmissions", "bad", Resent(101, 10'000)},
      {"retransmissions", "warn", Resent(1, 20)},
      {"retransmissions", "ok", Resent(0, 0)},
      {"retransmissions", "unknown",
       In(&HostFacts::counters, [](CounterReadings& r) { r.seconds = 0; })},
  });
}

TEST_CASE("a captured tree is not advised to be counted") {
  HostFacts facts = QuietFacts();
  In(&HostFacts::counters, [](CounterReadings& r) { r.seconds = 0; })(facts);
  CHECK(Look("retransmissions", facts, {}).why.find("--for") != std::string::npos);
  In(&HostFacts::counters, [](CounterReadings& r) { r.grows = false; })(facts);
  CHECK(Look("retransmissions", facts, {}).why.find("--for") == std::string::npos);
}

TEST_CASE("boundaries: card") {
  const auto rings = [](std::uint32_t rx, std::uint32_t most) {
    return Card([=](InterfaceFacts& c) { c.rings = RingSizes{rx, most, rx, most}; });
  };
  const auto queues = [](std::uint32_t now, std::uint32_t most) {
    return Card([=](InterfaceFacts& c) { c.channels = ChannelCounts{0, 0, now, 0, 0, most}; });
  };
  const auto wait = [](std::uint32_t usecs, bool adaptive) {
    return Card(
        [=](InterfaceFacts& c) { c.coalescing = Coalescing{usecs, {}, 0, {}, adaptive, {}}; });
  };
  const auto off = [](const std::string& feature) {
    return Card([=](InterfaceFacts& c) {
      auto all = *c.offloads;
      all[feature] = false;
      c.offloads = all;
    });
  };
  const auto node = [](int number, std::uint32_t nodes, std::uint32_t allowed) {
    return [=](HostFacts& f) {
      Card([=](InterfaceFacts& c) { c.numa_node = number; })(f);
      In(&HostFacts::cpu, [=](CpuFacts& c) {
        c.numa_nodes = nodes;
        c.allowed = allowed;
      })(f);
    };
  };
  CheckAll({
      {"nic_rings", "ok", rings(512, 4'096)},
      {"nic_rings", "warn", rings(511, 4'096)},
      {"nic_rings", "ok", rings(256, 256)},
      {"nic_rings", "unknown", rings(256, 0)},
      {"nic_channels", "ok", queues(4, 8)},
      {"nic_channels", "warn", queues(3, 8)},
      {"nic_channels", "ok", queues(1, 1)},
      {"nic_channels", "unknown", queues(0, 0)},
      {"nic_coalescing", "ok", wait(50, false)},
      {"nic_coalescing", "warn", wait(51, false)},
      {"nic_coalescing", "bad", wait(501, false)},
      {"nic_coalescing", "warn", wait(1, true)},
      {"nic_coalescing", "unknown", Card([](InterfaceFacts& c) { c.coalescing = Coalescing{}; })},
      {"nic_offloads", "warn", off("rx-gro")},
      {"nic_offloads", "warn", off("tx-checksum-ip-generic")},
      {"nic_offloads", "ok", off("rx-lro")},
      {"nic_numa_node", "ok", node(1, 2, 2)},
      {"nic_numa_node", "warn", node(1, 2, 3)},
      {"nic_numa_node", "unknown", node(-1, 2, 4)},
      {"nic_numa_node", "ok", node(-1, 1, 4)},
      {"nic_rings", "unknown", Card([](InterfaceFacts& c) { c.carrier = false; })},
  });
  CHECK(Look("nic_rings", QuietFacts(), {"lo", false}).why == "lo is no network card");
  CHECK(Look("nic_rings", QuietFacts(), {"eth7", false}).why == "there is no interface eth7");
}

TEST_CASE("boundaries: link") {
  const auto speed = [](std::uint32_t mbps) {
    return Card([=](InterfaceFacts& c) { c.speed_mbps = mbps; });
  };
  const auto errors = [](std::uint64_t count) {
    return Card([=](InterfaceFacts& c) {
      c.errors.rx_packets = 10'000'000;
      c.errors.tx_packets = 0;
      c.errors.rx_errors = count;
    });
  };
  const auto qdisc = [](const std::string& name, const std::string& congestion) {
    return [=](HostFacts& f) {
      f.tunables["net.ipv4.tcp_congestion_control"] = congestion;
      Card([=](InterfaceFacts& c) { c.qdisc = name; })(f);
    };
  };
  const auto mtu = [](std::uint32_t link, std::optional<std::uint32_t> route) {
    return [=](HostFacts& f) {
      Card([=](InterfaceFacts& c) { c.mtu = link; })(f);
      Route([=](RouteFacts& r) { r.mtu = route; })(f);
    };
  };
  CheckAll({
      {"link_speed", "ok", speed(1'000)},
      {"link_speed", "warn", speed(999)},
      {"link_speed", "warn", speed(100)},
      {"link_speed", "bad", speed(99)},
      {"link_duplex", "bad", Card([](InterfaceFacts& c) { c.duplex = std::string("half"); })},
      {"nic_errors", "ok", errors(100)},
      {"nic_errors", "warn", errors(101)},
      {"nic_errors", "bad", errors(1'001)},
      {"qdisc", "ok", qdisc("mq", "cubic")},
      {"qdisc", "warn", qdisc("pfifo_fast", "cubic")},
      {"qdisc", "bad", qdisc("noqueue", "cubic")},
      {"qdisc", "warn", qdisc("fq_codel", "bbr")},
      {"qdisc", "ok", qdisc("fq", "bbr")},
      {"qdisc", "unknown", qdisc("", "cubic")},
      {"mtu", "ok", mtu(1'500, {})},
      {"mtu", "ok", mtu(1'500, 1'500)},
      {"mtu", "warn", mtu(1'500, 1'400)},
      {"mtu", "bad", mtu(1'500, 9'000)},
      {"mtu", "warn", mtu(9'000, {})},
      {"mtu", "ok", mtu(1'280, {})},
      {"mtu", "warn", mtu(1'501, {})},
      {"mtu", "bad", mtu(1'279, {})},
      {"mtu", "unknown",
       [](HostFacts& f) { f.routes = Known<std::vector<RouteFacts>>::Unknown("refused"); }},
  });
}

TEST_CASE("boundaries: receive path") {
  const auto interrupts = [](std::vector<std::vector<std::uint32_t>> masks) {
    return Card([=](InterfaceFacts& c) {
      std::vector<QueueInterrupt> all;
      for (const auto& mask : masks) all.push_back({30, "eth0", mask});
      c.interrupts = all;
    });
  };
  const auto softnet = [](std::uint64_t SoftnetCpu::*field, std::uint64_t grown) {
    return In(&HostFacts::counters, [=](CounterReadings& r) { r.softnet_last[1].*field += grown; });
  };
  // virtio: one interrupt receives, the other sends.
  const Change sending = [](HostFacts& f) {
    Card([](InterfaceFacts& c) {
      c.channels = ChannelCounts{0, 0, 1, 0, 0, 1};
      c.interrupts = std::vector<QueueInterrupt>{{30, "input.0", {0}}, {31, "output.0", {1}}};
    })(f);
  };
  const Change by_rps = [](HostFacts& f) {
    Card([](InterfaceFacts& c) {
      c.interrupts = std::vector<QueueInterrupt>{{30, "eth0", {0}}};
      c.rps = std::vector<std::vector<std::uint32_t>>{{0, 1, 2}};
    })(f);
  };
  CheckAll({
      {"interrupt_spread", "ok", interrupts({{0}, {1}})},
      {"interrupt_spread", "warn", interrupts({{0}, {0}})},
      {"interrupt_spread", "warn", interrupts({{0, 1, 2, 3}})},
      {"interrupt_spread", "warn", sending},
      {"interrupt_spread", "unknown", interrupts({})},
      {"interrupt_spread", "ok", by_rps},
      {"softnet_drops", "bad", softnet(&SoftnetCpu::dropped, 1)},
      {"softnet_drops", "warn",
       In(&HostFacts::counters,
          [](CounterReadings& r) {
            r.seconds = 0;
            r.softnet_first[2].dropped = 9;
          })},
      {"softnet_drops", "unknown",
       In(&HostFacts::counters, [](CounterReadings& r) { r.softnet_last.clear(); })},
      // 40,000 packets in the window.
      {"time_squeeze", "ok", softnet(&SoftnetCpu::time_squeeze, 40)},
      {"time_squeeze", "warn", softnet(&SoftnetCpu::time_squeeze, 41)},
      {"time_squeeze", "bad", softnet(&SoftnetCpu::time_squeeze, 401)},
      {"time_squeeze", "warn",
       In(&HostFacts::counters,
          [](CounterReadings& r) {
            r.seconds = 0;
            r.softnet_first = {{.cpu = 0, .processed = 500, .time_squeeze = 6}};
          })},
      {"netdev_max_backlog", "ok", Tunable("net.core.netdev_max_backlog", "1000")},
      {"netdev_max_backlog", "warn", Tunable("net.core.netdev_max_backlog", "999")},
      {"netdev_max_backlog", "bad", Tunable("net.core.netdev_max_backlog", "99")},
  });
}

TEST_CASE("boundaries: routes") {
  CheckAll({
      {"route_quickack", "warn", Route([](RouteFacts& r) { r.quickack = 1; })},
      {"route_quickack", "ok", Route([](RouteFacts& r) { r.quickack = 0; })},
      {"route_windows", "warn", Route([](RouteFacts& r) { r.initcwnd = 30; })},
      {"route_windows", "ok", Route([](RouteFacts& r) { r.initcwnd = 10; })},
      {"route_windows", "warn", Route([](RouteFacts& r) { r.advmss = 536; })},
      {"route_rto_min", "warn", Route([](RouteFacts& r) { r.rto_min_ms = 10; })},
      {"route_congestion", "warn", Route([](RouteFacts& r) { r.congestion_control = "bbr"; })},
      {"route_congestion", "unknown", [](HostFacts& f) { f.routes = std::vector<RouteFacts>{}; }},
  });
  // Where a destination was asked for, the other routes do not matter.
  HostFacts facts = QuietFacts();
  Route([](RouteFacts& r) { r.quickack = 1; })(facts);
  In(&HostFacts::routes, [](std::vector<RouteFacts>& all) { all[1].chosen = true; })(facts);
  CHECK(Look("route_quickack", facts, {}).state == CheckState::kOk);
}

TEST_CASE("boundaries: processor") {
  const auto governor = [](const std::string& name, const std::string& driver) {
    return In(&HostFacts::frequency, [=](FrequencyFacts& f) {
      f.governors = {{name, 4}};
      f.driver = driver;
    });
  };
  const auto slowest = [](std::uint64_t khz) {
    return In(&HostFacts::frequency, [=](FrequencyFacts& f) { f.now_khz[3] = khz; });
  };
  const auto steal = [](std::uint64_t ticks) {
    return In(&HostFacts::counters, [=](CounterReadings& r) {
      r.ticks_first = {0, 0, 1'000, 0, 0, 0, 0};
      r.ticks_last = {0, 0, 2'000 - ticks, 0, 0, 0, ticks};
    });
  };
  const auto quota = [](std::uint64_t us) {
    return In(&HostFacts::cgroup, [=](CgroupFacts& g) {
      g.cpu_quota_us = us;
      g.cpu_period_us = 100'000;
    });
  };
  const auto cpus = [](std::uint32_t online, std::uint32_t allowed) {
    return In(&HostFacts::cpu, [=](CpuFacts& c) {
      c.online = online;
      c.allowed = allowed;
    });
  };
  CheckAll({
      {"cpu_count", "ok", cpus(2, 2)},
      {"cpu_count", "warn", cpus(1, 1)},
      {"cpus_allowed", "ok", cpus(4, 4)},
      {"cpus_allowed", "warn", cpus(4, 3)},
      {"cpus_allowed", "bad", cpus(4, 1)},
      {"cpus_allowed", "ok", cpus(1, 1)},
      {"governor", "warn", governor("schedutil", "acpi-cpufreq")},
      {"governor", "bad", governor("powersave", "acpi-cpufreq")},
      {"governor", "warn", governor("powersave", "intel_pstate")},
      {"governor", "unknown",
       In(&HostFacts::frequency, [](FrequencyFacts& f) { f.governors = {}; })},
      {"turbo", "warn", In(&HostFacts::frequency, [](FrequencyFacts& f) { f.turbo = true; })},
      {"turbo", "unknown", In(&HostFacts::frequency, [](FrequencyFacts& f) { f.turbo.reset(); })},
      {"frequency_drift", "ok", slowest(2'700'001)},
      {"frequency_drift", "warn", slowest(2'690'000)},
      {"frequency_drift", "bad", slowest(1'790'000)},
      {"frequency_drift", "warn",
       In(&HostFacts::frequency,
          [](FrequencyFacts& f) {
            f.governors = {{"schedutil", 4}};
            f.now_khz = {800'000, 3'700'000};
          })},
      {"frequency_drift", "unknown",
       In(&HostFacts::frequency, [](FrequencyFacts& f) { f.now_khz.clear(); })},
      {"steal", "ok", steal(10)},
      {"steal", "warn", steal(11)},
      {"steal", "bad", steal(51)},
      {"cpu_quota", "warn", quota(100'000)},
      {"cpu_quota", "bad", quota(99'999)},
      {"cpu_quota", "warn", quota(399'999)},
      {"cpu_quota", "ok", quota(400'000)},
      {"throttling", "unknown", quota(100'000)},
      {"throttling", "ok", In(&HostFacts::cgroup, [](CgroupFacts& g) { g.throttled_periods = 0; })},
      {"throttling", "warn",
       In(&HostFacts::cgroup, [](CgroupFacts& g) { g.throttled_periods = 1; })},
      {"busy_processes", "ok",
       [](HostFacts& f) {
         f.busy = std::vector<BusyProcess>{{Process{}, 0.4}};
       }},
      {"busy_processes", "warn",
       [](HostFacts& f) {
         f.busy = std::vector<BusyProcess>{{Process{}, 0.41}};
       }},
      {"busy_processes", "bad",
       [](HostFacts& f) {
         f.busy = std::vector<BusyProcess>{{Process{}, 2.01}};
       }},
      // A glance of 20 ms, and a load average that knows nothing of it.
      {"busy_processes", "warn",
       [](HostFacts& f) {
         f.busy = std::vector<BusyProcess>{{Process{}, 2.01}};
         f.counters = CounterReadings{};
       }},
      {"load_average", "ok", [](HostFacts& f) { f.load_average = 2.0; }},
      {"load_average", "warn", [](HostFacts& f) { f.load_average = 2.01; }},
      {"load_average", "bad", [](HostFacts& f) { f.load_average = 4.01; }},
      {"pressure", "ok",
       [](HostFacts& f) {
         f.pressure = Pressure{10, 0, 0};
       }},
      {"pressure", "warn",
       [](HostFacts& f) {
         f.pressure = Pressure{0, 10.1, 0};
       }},
      {"pressure", "bad",
       [](HostFacts& f) {
         f.pressure = Pressure{0, 0, 40.1};
       }},
  });
}

TEST_CASE("boundaries: memory and kernel") {
  const auto memory = [](std::uint64_t available, std::uint64_t swap_free) {
    return [=](HostFacts& f) { f.memory = MemoryNow{1'000, available, 1'000, swap_free}; };
  };
  const auto group = [](std::uint64_t used) {
    return In(&HostFacts::cgroup, [=](CgroupFacts& g) {
      g.memory_limit_bytes = 1'000;
      g.memory_used_bytes = used;
    });
  };
  const auto clock = [](const std::string& name) {
    return [=](HostFacts& f) { f.clock = ClockSource{name, {name}}; };
  };
  CheckAll({
      {"free_memory", "ok", memory(100, 1'000)},
      {"free_memory", "warn", memory(99, 1'000)},
      {"free_memory", "bad", memory(49, 1'000)},
      {"free_memory", "unknown", [](HostFacts& f) { f.memory = MemoryNow{}; }},
      {"swap", "ok", memory(100, 900)},
      {"swap", "warn", memory(100, 899)},
      {"swap", "bad", memory(100, 499)},
      {"memory_limit", "ok", group(750)},
      {"memory_limit", "warn", group(751)},
      {"memory_limit", "bad", group(901)},
      {"hugepages", "warn", [](HostFacts& f) { f.transparent_hugepages = std::string("always"); }},
      {"hugepages", "ok", [](HostFacts& f) { f.transparent_hugepages = std::string("never"); }},
      {"clock_source", "ok", clock("kvm-clock")},
      {"clock_source", "bad", clock("acpi_pm")},
      {"clock_source", "warn", clock("xen")},
      {"virtualisation", "warn",
       [](HostFacts& f) {
         f.virtualisation = Virtualisation{"kvm", ""};
       }},
      {"container", "warn",
       [](HostFacts& f) {
         f.virtualisation = Virtualisation{"", "lxc"};
       }},
      {"mitigations", "warn",
       [](HostFacts& f) {
         f.vulnerabilities = std::map<std::string, std::string>{{"mds", "Mitigation: Clear"}};
       }},
      {"mitigations", "ok",
       [](HostFacts& f) {
         f.vulnerabilities = std::map<std::string, std::string>{{"mds", "Vulnerable"}};
       }},
  });
}

TEST_CASE("checks: words of one of each kind") {
  HostFacts facts = QuietFacts();
  facts.tunables["net.core.somaxconn"] = "128";
  const CheckResult result = Look("somaxconn", facts, {});
  CHECK(result.have == "128");
  CHECK(result.want == "4096 or more");
  CHECK(result.evidence == "/proc/sys/net/core/somaxconn = 128");
  REQUIRE(result.profile.size() == 1);
  CHECK(result.profile[0].key == "net.core.somaxconn");
  CHECK(result.profile[0].value == "{\"at_least\": 8192}");
  MoveCounter(facts, "TcpExt", "ListenOverflows", 117, 120);
  const CheckResult moved = Look("listen_overflows", facts, {});
  CHECK(moved.have == "3 in 1.0 s");
  CHECK(moved.evidence == "/proc/net/netstat: TcpExt ListenOverflows 3 in 1.0 s, 120 since boot");
  facts.kernel.initial_netns = false;
  facts.tunables.erase("net.ipv4.tcp_mem");
  CHECK(Look("tcp_memory", facts, {}).why ==
        "net.ipv4.tcp_mem is not shown in this network namespace");
}

}  // namespace tunewire
