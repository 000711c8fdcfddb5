// Walls: the numbers that were measured in network namespaces, and the verdict over them.
#include "tunewire/check/walls.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/made_hosts.h"
#include "tunewire/profile/profile.h"

namespace tunewire {
namespace {

SocketAddress At(const std::string& host, std::uint16_t port) {
  return ResolveHost({host, port}).value().front();
}

LoadWish Client(std::uint64_t connections) {
  LoadWish wish;
  wish.connections = connections;
  wish.keepalive = true;
  wish.destinations = {At("127.0.0.1", 9000)};
  return wish;
}

/// New connections, one a request.
LoadWish Churn(std::uint64_t connections, double rate) {
  LoadWish wish = Client(connections);
  wish.keepalive = false;
  wish.rate = rate;
  return wish;
}

LoadWish Server(std::uint64_t connections) {
  LoadWish wish;
  wish.side = LoadSide::kServer;
  wish.connections = connections;
  wish.keepalive = true;
  wish.listen_port = 8080;
  return wish;
}

/// A hundred ports, as the measurements had.
HostFacts Hundred() {
  HostFacts facts = QuietFacts();
  facts.tunables["net.ipv4.ip_local_port_range"] = "40000\t40099";
  return facts;
}

Wall WallOf(const std::string& resource, const LoadWish& wish, const HostFacts& facts,
            const PortUse& ports) {
  for (const Wall& wall : FindWalls(wish, facts, ports, std::nullopt)) {
    if (wall.resource == resource) return wall;
  }
  Wall none;
  none.resource = "none";
  return none;
}

Wall WallOf(const std::string& resource, const LoadWish& wish, const HostFacts& facts) {
  return WallOf(resource, wish, facts, {});
}

Wall Ports(const LoadWish& wish, const HostFacts& facts) {
  return WallOf("source_ports", wish, facts);
}

void UseTable(HostFacts& facts, std::uint64_t count, std::uint64_t most) {
  Conntrack table;
  table.count = count;
  table.most = most;
  table.buckets = most;
  table.in_use = true;
  table.rules_seen = true;
  facts.conntrack_loaded = true;
  facts.conntrack = table;
}

std::vector<std::string> Resources(const std::vector<Wall>& walls) {
  std::vector<std::string> names;
  for (const Wall& wall : walls) {
    if (!wall.enough && wall.unknown.empty()) names.push_back(wall.resource);
  }
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("walls: source ports of one range") {
  CHECK(Ports(Client(100), Hundred()).enough);
  const Wall wall = Ports(Client(101), Hundred());
  CHECK_FALSE(wall.enough);
  CHECK(wall.error == "EADDRNOTAVAIL");
  CHECK(wall.operation == "connect");
  CHECK(wall.at_connections == 100);
  CHECK(wall.title == "source ports to one target");
  CHECK(wall.formula ==
        "need 101 at a time = 101; have (40099 - 40000 + 1 - 0 reserved) x 1 source x 1 target - "
        "0 taken = 100");
  HostFacts reserved = Hundred();
  reserved.tunables["net.ipv4.ip_local_reserved_ports"] = "40010-40019,50000";
  CHECK(Ports(Client(101), reserved).at_connections == 90);
}

TEST_CASE("walls: ports that others have") {
  const PortUse busy{30, 10, 1};
  HostFacts facts = Hundred();
  // TIME_WAIT towards loopback comes back with tcp_tw_reuse 2, elsewhere it does not.
  CHECK(WallOf("source_ports", Client(101), facts, busy).at_connections == 79);
  facts.tunables["net.ipv4.tcp_tw_reuse"] = "0";
  CHECK(WallOf("source_ports", Client(101), facts, busy).at_connections == 69);
  // More taken than there are is none left.
  CHECK(WallOf("source_ports", Client(1), facts, {200, 0, 0}).at_connections == 0);
}

TEST_CASE("walls: listeners stand in where nobody looked at ports") {
  HostFacts facts = Hundred();
  std::vector<ListeningSocket> listeners = *facts.listeners;
  listeners.resize(3, listeners.front());
  listeners[1].port = listeners[2].port = 40'050;
  facts.listeners = listeners;
  const auto walls = FindWalls(Client(101), facts, std::nullopt, std::nullopt);
  REQUIRE_FALSE(walls.empty());
  CHECK(walls.front().at_connections == 99);
  CHECK(walls.front().formula.find("not looked at") != std::string::npos);
}

TEST_CASE("walls: where the widest range is too small, the profile says how many it takes") {
  const auto why = [](const LoadWish& wish) { return Ports(wish, Hundred()).profile.front().why; };
  CHECK(why(Client(64'512)).find("at most") == std::string::npos);
  CHECK(why(Client(64'513))
            .ends_with("; 64512 at most, so this load takes 2 source addresses or "
                       "targets"));
  // A port rests for a second then.
  CHECK(why(Churn(64'000, 513)).find("takes 2") != std::string::npos);
}

TEST_CASE("walls: several targets and sources multiply") {
  LoadWish wish = Client(1'000);
  wish.destinations.push_back(At("127.0.0.2", 9000));
  CHECK(Ports(wish, Hundred()).at_connections == 200);
  wish.sources = {"127.0.0.5", "127.0.0.6", "127.0.0.7"};
  CHECK(Ports(wish, Hundred()).at_connections == 600);
  // Taken in turns, they end with the busiest pair.
  CHECK(WallOf("source_ports", wish, Hundred(), {30, 0, 0, 30, 30}).at_connections == 420);
  CHECK(WallOf("source_ports", wish, Hundred(), {60, 0, 0, 10, 10}).at_connections == 540);
  // A bound port is lost to each pair.
  CHECK(WallOf("source_ports", wish, Hundred(), {0, 0, 1}).at_connections == 594);
  wish.bind_takes_port = true;
  const Wall wall = Ports(wish, Hundred());
  CHECK(wall.at_connections == 300);
  CHECK(wall.error == "EADDRINUSE");
  CHECK(wall.operation == "bind");
}

TEST_CASE("walls: TIME_WAIT takes ports at a rate") {
  HostFacts facts = Hundred();
  facts.tunables["net.ipv4.tcp_tw_reuse"] = "0";
  // 1 + 1.65 a second x 60 s.
  CHECK(Ports(Churn(1, 1.65), facts).enough);
  const Wall slow = Ports(Churn(1, 1.67), facts);
  CHECK_FALSE(slow.enough);
  CHECK(slow.need == 102);
  const Wall fast = Ports(Churn(1, 50), facts);
  CHECK(fast.at_connections == 100);
  CHECK(fast.at_seconds == doctest::Approx(2));
  REQUIRE(fast.profile.size() == 2);
  CHECK(fast.profile[1].key == "net.ipv4.tcp_tw_reuse");
  LoadWish brief = Churn(1, 50);
  brief.duration = std::chrono::milliseconds(1'900);
  CHECK(Ports(brief, facts).enough);
  // The side that closes first keeps TIME_WAIT.
  LoadWish closed = Churn(1, 50);
  closed.closes_first = LoadSide::kServer;
  CHECK(Ports(closed, facts).enough);
  // What does not fit into the table of TIME_WAIT is forgotten.
  facts.tunables["net.ipv4.tcp_max_tw_buckets"] = "40";
  CHECK(Ports(Churn(1, 50), facts).enough);
}

TEST_CASE("walls: TIME_WAIT that is reused") {
  HostFacts facts = Hundred();  // tcp_tw_reuse 2, over loopback
  CHECK(Ports(Churn(1, 99), facts).enough);
  CHECK_FALSE(Ports(Churn(1, 100), facts).enough);
  facts.tunables["net.ipv4.tcp_tw_reuse_delay"] = "200";
  CHECK(Ports(Churn(1, 495), facts).enough);
  CHECK_FALSE(Ports(Churn(1, 496), facts).enough);
  facts.tunables["net.ipv4.tcp_timestamps"] = "0";
  CHECK_FALSE(Ports(Churn(1, 3), facts).enough);
  facts.tunables["net.ipv4.tcp_timestamps"] = "1";
  LoadWish away = Churn(1, 3);
  away.destinations = {At("192.0.2.1", 80)};
  CHECK_FALSE(Ports(away, facts).enough);
  facts.tunables["net.ipv4.tcp_tw_reuse"] = "1";
  CHECK(Ports(away, facts).enough);
}

TEST_CASE("walls: connections as fast as they go need a rate") {
  const Wall wall = Ports(Churn(10, 0), Hundred());
  CHECK(wall.unknown.find("100 new connections a second") != std::string::npos);
  const Calibration calibration{10'000, 50'000, 1e9, 1, 0};
  const auto walls = FindWalls(Churn(10, 0), Hundred(), PortUse{}, calibration);
  CHECK(walls.front().resource == "source_ports");
  CHECK_FALSE(walls.front().enough);
}

TEST_CASE("walls: descriptors") {
  HostFacts facts = QuietFacts();
  facts.nofile = {200, 200};
  CHECK(WallOf("descriptors", Client(194), facts).enough);
  const Wall wall = WallOf("descriptors", Client(195), facts);
  CHECK_FALSE(wall.enough);
  CHECK(wall.error == "EMFILE");
  CHECK(wall.operation == "socket");
  CHECK(wall.at_connections == 194);
  CHECK(wall.profile.size() == 1);
  CHECK(WallOf("descriptors", Server(195), facts).operation == "accept");
  facts.nofile = {200, 4'096};
  CHECK(WallOf("descriptors", Client(195), facts).profile.size() == 1);
  // nofile cannot be above fs.nr_open.
  facts.nofile = {200, 200};
  facts.files = FileTable{100, 10'000'000, 1'000, 7};
  const Wall above = WallOf("descriptors", Client(2'000), facts);
  REQUIRE(above.profile.size() == 2);
  CHECK(above.profile[1].key == "fs.nr_open");
  facts.nofile = {kUnlimited, kUnlimited};
  CHECK(WallOf("descriptors", Client(1'000'000), facts).enough);
}

TEST_CASE("walls: open files of the host") {
  HostFacts facts = QuietFacts();
  facts.files = FileTable{1'000, 1'212, 1'048'576, 7};
  // 212 left: two ends of each connection, and 12 beside.
  CHECK(WallOf("file_max", Client(100), facts).enough);
  const Wall wall = WallOf("file_max", Client(101), facts);
  CHECK_FALSE(wall.enough);
  CHECK(wall.error == "ENFILE");
  CHECK(wall.at_connections == 100);
  CHECK(WallOf("file_max", Server(206), facts).enough);
  CHECK_FALSE(WallOf("file_max", Server(207), facts).enough);
}

TEST_CASE("walls: accept queue") {
  HostFacts facts = QuietFacts();
  LoadWish wish = Server(11);
  wish.backlog = 10;
  CHECK(WallOf("accept_backlog", wish, facts).enough);
  wish.connections = 12;
  const Wall wall = WallOf("accept_backlog", wish, facts);
  CHECK_FALSE(wall.enough);
  CHECK(wall.at_connections == 11);
  CHECK(wall.error == "ETIMEDOUT");
  // somaxconn cuts what was asked for.
  wish.backlog = 1'000;
  facts.tunables["net.core.somaxconn"] = "20";
  CHECK(WallOf("accept_backlog", wish, facts).have == 21);
  // Where a listener is there, its own backlog counts.
  std::vector<ListeningSocket> listeners = *facts.listeners;
  listeners.front().port = 8080;
  listeners.front().backlog = 5;
  facts.listeners = listeners;
  wish.backlog = 0;
  CHECK(WallOf("accept_backlog", wish, facts).have == 6);
  listeners.front().queue = 4;
  facts.listeners = listeners;
  CHECK(WallOf("accept_backlog", wish, facts).have == 2);
  listeners.front().queue = 7;
  facts.listeners = listeners;
  CHECK(WallOf("accept_backlog", wish, facts).have == 0);
  listeners.front().queue = 0;
  facts.listeners = listeners;
  // At a rate, what comes in a tenth of a second.
  LoadWish rated = wish;
  rated.keepalive = false;
  rated.connections = 1'000;
  rated.rate = 60;
  CHECK(WallOf("accept_backlog", rated, facts).enough);
  rated.rate = 61;
  CHECK_FALSE(WallOf("accept_backlog", rated, facts).enough);
  // A server that accepts meanwhile takes them all: nothing is promised about their number.
  CHECK(JudgeHost({}, {wall}, wish).sentence ==
        "the accept queue here holds 11 of 12 connections that may arrive at once");
  // Each target's own listener gets its share; a longer one elsewhere on the port is nobody's.
  LoadWish two = Client(1'000);
  two.destinations = {At("127.0.0.1", 8080), At("127.0.0.2", 8080)};
  listeners.resize(3, listeners.front());
  listeners[0].address = "127.0.0.1";
  listeners[1].address = "127.0.0.2";
  listeners[2].address = "0.0.0.0";
  listeners[1].backlog = 3;
  listeners[2].backlog = 1;
  facts.listeners = listeners;
  CHECK(WallOf("accept_backlog", two, facts).have == 8);
  two.destinations.pop_back();
  CHECK(WallOf("accept_backlog", two, facts).have == 6);
  two.destinations = {At("127.0.0.3", 8080), At("127.0.0.4", 8080), At("127.0.0.1", 8080)};
  CHECK(WallOf("accept_backlog", two, facts).have == 3);
  // Nobody here knows a queue of another host.
  LoadWish away = Client(1'000);
  away.destinations = {At("192.0.2.1", 80)};
  CHECK(WallOf("accept_backlog", away, facts).resource == "none");
  CHECK(WallOf("accept_backlog", Client(1'000), facts).resource == "accept_backlog");
}

TEST_CASE("walls: somaxconn is advised where it is what cuts the queue") {
  HostFacts facts = QuietFacts();
  facts.tunables["net.core.somaxconn"] = "4096";
  LoadWish wish = Server(200);
  wish.backlog = 5;
  const Wall small = WallOf("accept_backlog", wish, facts);
  CHECK(small.profile.empty());
  CHECK(small.what_happens.ends_with("the server itself has to ask listen(2) for a longer queue"));
  // Both have to.
  wish.connections = 5'000;
  const Wall both = WallOf("accept_backlog", wish, facts);
  REQUIRE(both.profile.size() == 1);
  CHECK(both.profile.front().value == "{\"at_least\": 5000}");
  CHECK(both.what_happens.ends_with("for a longer queue"));
  wish.backlog = 65'535;
  const Wall capped = WallOf("accept_backlog", wish, facts);
  CHECK(capped.profile.size() == 1);
  CHECK(capped.what_happens.ends_with("after 1 s"));
}

TEST_CASE("walls: a rate alone fills the accept queue while nobody accepts") {
  HostFacts facts = QuietFacts();
  LoadWish wish = Server(0);
  wish.keepalive = false;
  wish.rate = 50'000;
  wish.backlog = 4'999;
  facts.tunables["net.core.somaxconn"] = "65535";
  const Wall wall = WallOf("accept_backlog", wish, facts);
  CHECK(wall.enough);
  CHECK(wall.need == 5'000);
  CHECK(wall.formula.starts_with("need 50000 a second x 0.1 s without accept = 5000; "));
  wish.rate = 50'010;
  CHECK_FALSE(WallOf("accept_backlog", wish, facts).enough);
  // Where it is said how many there are, no more of them wait.
  wish.connections = 100;
  CHECK(WallOf("accept_backlog", wish, facts).need == 100);
}

TEST_CASE("walls: SYN backlog") {
  HostFacts facts = QuietFacts();
  LoadWish wish = Server(200);
  wish.backlog = 1'000;
  facts.tunables["net.ipv4.tcp_syncookies"] = "0";
  const auto holds = [&](const char* most, std::uint32_t backlog) {
    facts.tunables["net.ipv4.tcp_max_syn_backlog"] = most;
    wish.backlog = backlog;
    return WallOf("syn_backlog", wish, facts).have;
  };
  CHECK(holds("64", 1'000) == 49);
  CHECK(holds("100", 1'000) == 76);
  CHECK(holds("-5", 1'000) == 1);
  CHECK(holds("1000", 50) == 51);
  CHECK_FALSE(WallOf("syn_backlog", wish, facts).enough);
  facts.tunables["net.ipv4.tcp_syncookies"] = "1";
  const Wall cookies = WallOf("syn_backlog", wish, facts);
  CHECK(cookies.enough);
  CHECK_FALSE(cookies.what_happens.empty());
  // At a rate, those of one round trip.
  facts.tunables["net.ipv4.tcp_syncookies"] = "0";
  LoadWish rated = wish;
  rated.keepalive = false;
  rated.rate = 1'000;
  rated.rtt = std::chrono::milliseconds(50);
  CHECK(WallOf("syn_backlog", rated, facts).need == 50);
  CHECK(
      WallOf("syn_backlog", rated, facts).formula.starts_with("need 1000 a second x 0.05 s round"));
  rated.rtt = {};
  CHECK(WallOf("syn_backlog", rated, facts).unknown.ends_with("round trip: --rtt says it"));
}

TEST_CASE("walls: conntrack") {
  HostFacts facts = QuietFacts();
  CHECK(WallOf("conntrack", Client(1'000), facts).resource == "none");
  UseTable(facts, 700, 1'000);
  CHECK(WallOf("conntrack", Client(300), facts).enough);
  const Wall wall = WallOf("conntrack", Client(301), facts);
  CHECK_FALSE(wall.enough);
  CHECK(wall.at_connections == 300);
  CHECK(wall.error == "ETIMEDOUT");
  CHECK(wall.profile.front().value == "{\"at_least\": 1001}");
  // Closed connections keep their entry for 120 s.
  CHECK(WallOf("conntrack", Churn(60, 2), facts).enough);
  const Wall churn = WallOf("conntrack", Churn(61, 2), facts);
  CHECK_FALSE(churn.enough);
  CHECK(churn.at_seconds == doctest::Approx(150));
  facts.tunables["net.netfilter.nf_conntrack_tcp_timeout_time_wait"] = "10";
  CHECK(WallOf("conntrack", Churn(61, 2), facts).enough);
  // Forgotten at once, no rate fills it.
  facts.tunables["net.netfilter.nf_conntrack_tcp_timeout_time_wait"] = "0";
  LoadWish endless = Churn(61, 2);
  endless.rate = 0;
  CHECK(WallOf("conntrack", endless, facts).unknown.empty());
  Conntrack table = *facts.conntrack;
  table.loopback_tracked = false;
  facts.conntrack = table;
  CHECK(WallOf("conntrack", Client(301), facts).resource == "none");
  CHECK(WallOf("conntrack", Server(301), facts).resource == "conntrack");
  table.in_use = Known<bool>::Unknown("no rule is visible");
  facts.conntrack = table;
  CHECK(WallOf("conntrack", Server(300), facts).enough);
  CHECK_FALSE(WallOf("conntrack", Server(301), facts).unknown.empty());
  table.in_use = false;
  facts.conntrack = table;
  CHECK(WallOf("conntrack", Server(301), facts).resource == "none");
}

TEST_CASE("walls: memory") {
  HostFacts facts = QuietFacts();
  // As measured: 1 page for 1 byte and for 1000, 5 for 16000, 17 for 64000.
  facts.tunables["net.ipv4.tcp_mem"] = "1000 1500 2040";
  LoadWish wish = Client(2'001);
  const auto fits = [&](std::uint64_t bytes) {
    wish.message_bytes = bytes;
    return WallOf("tcp_memory", wish, facts).at_connections;
  };
  CHECK(WallOf("tcp_memory", wish, facts).resource == "none");
  CHECK(fits(1) == 2'000);
  CHECK(fits(1'000) == 2'000);
  CHECK(fits(16'000) == 400);
  CHECK(fits(64'000) == 117);
  CHECK(WallOf("tcp_memory", wish, facts).error.empty());
  facts.tunables["net.ipv4.tcp_mem"] = "1000 1500 4503599627370496";
  CHECK(WallOf("tcp_memory", wish, facts).enough);
  // The tighter of host and control group.
  CgroupFacts group = *facts.cgroup;
  group.memory_limit_bytes = 10'000'000;
  group.memory_used_bytes = 2'200'000;
  facts.cgroup = group;
  wish.message_bytes = 0;
  wish.connections = 1'001;
  CHECK(WallOf("memory", wish, facts).at_connections == 1'000);
}

TEST_CASE("walls: TIME_WAIT takes memory of the end that closes first") {
  HostFacts facts = QuietFacts();
  facts.tunables["net.ipv4.tcp_max_tw_buckets"] = "1000";
  LoadWish wish = Server(0);
  wish.keepalive = false;
  wish.rate = 10;
  CHECK(WallOf("memory", wish, facts).need == 0);
  wish.closes_first = LoadSide::kServer;
  CHECK(WallOf("memory", wish, facts).need == 600 * 256);
  wish.rate = 100;
  CHECK(WallOf("memory", wish, facts).need == 1'000 * 256);
  LoadWish away = Churn(0, 10);
  away.destinations = {At("192.0.2.1", 80)};
  CHECK(WallOf("memory", away, facts).need == 600 * 256);
  away.closes_first = LoadSide::kServer;
  CHECK(WallOf("memory", away, facts).need == 0);
}

TEST_CASE("walls: no tcp_mem is advised that the host has no memory for") {
  HostFacts facts = QuietFacts();
  facts.tunables["net.ipv4.tcp_mem"] = "10 15 20";
  MemoryNow memory = *facts.memory;
  // 40 pages are in use already.
  memory.total_bytes = memory.available_bytes = 175 * 4096;
  facts.memory = memory;
  LoadWish wish = Client(100);
  wish.message_bytes = 1;
  REQUIRE(WallOf("tcp_memory", wish, facts).profile.size() == 1);
  CHECK(WallOf("tcp_memory", wish, facts).profile.front().value ==
        "[\"keep\", {\"at_least\": 140}, {\"at_least\": 175}]");
  wish.connections = 101;
  CHECK_FALSE(WallOf("tcp_memory", wish, facts).enough);
  CHECK(WallOf("tcp_memory", wish, facts).profile.empty());
}

TEST_CASE("walls: threads, processor, link, window") {
  HostFacts facts = QuietFacts();
  LoadWish wish = Client(10);
  CHECK(WallOf("threads", wish, facts).resource == "none");
  wish.threads = 600;
  CHECK(WallOf("threads", wish, facts).enough);
  CgroupFacts group = *facts.cgroup;
  group.pids_limit = 700;
  group.pids_used = 100;
  facts.cgroup = group;
  CHECK(WallOf("threads", wish, facts).enough);
  group.pids_used = 101;
  facts.cgroup = group;
  CHECK_FALSE(WallOf("threads", wish, facts).enough);
  CHECK(WallOf("threads", wish, facts).have == 599);
  // RLIMIT_NPROC does not hold root.
  facts.nproc = {300, 300};
  CHECK(WallOf("threads", wish, facts).have == 599);
  facts.kernel.uid = 1000;
  CHECK(WallOf("threads", wish, facts).have == 300);

  LoadWish busy = Churn(10, 50'000);
  const Calibration calibration{10'000, 100'000, 1e9, 1, 0};
  const auto cpu = [&](const LoadWish& load) {
    for (const Wall& wall : FindWalls(load, facts, PortUse{}, calibration)) {
      if (wall.resource == "cpu") return wall;
    }
    return Wall{};
  };
  CHECK(cpu(busy).need == doctest::Approx(5));
  CHECK_FALSE(cpu(busy).enough);
  busy.destinations = {At("192.0.2.1", 80)};
  CHECK(cpu(busy).need == doctest::Approx(2.5));
  busy.keepalive = true;
  busy.message_bytes = 10'000;
  CHECK(cpu(busy).need == doctest::Approx(0.5));

  LoadWish away = Client(10);
  away.destinations = {At("192.0.2.1", 80)};
  away.rate = 1'000;
  away.message_bytes = 1'448;
  CHECK_FALSE(WallOf("bandwidth", away, facts).unknown.empty());
  std::vector<RouteFacts> routes = *facts.routes;
  routes[0].chosen = true;
  facts.routes = routes;
  CHECK(WallOf("bandwidth", away, facts).need == doctest::Approx(1'538.0 * 8 * 1'000));
  away.bandwidth_bits_per_s = 12'303'999;
  CHECK_FALSE(WallOf("bandwidth", away, facts).enough);
  CHECK(WallOf("window", away, facts).resource == "none");
  // 6291456 / 2 bytes in 80 ms are 314.6 Mbit/s.
  away.rtt = std::chrono::milliseconds(80);
  away.bandwidth_bits_per_s = 314'572'800;
  CHECK(WallOf("window", away, facts).enough);
  away.bandwidth_bits_per_s = 314'573'000;
  CHECK_FALSE(WallOf("window", away, facts).enough);
}

TEST_CASE("walls: they come in the order they are met") {
  HostFacts facts = QuietFacts();
  facts.nofile = {20'000, 20'000};
  LoadWish wish = Churn(200'000, 50'000);
  wish.destinations = {At("192.0.2.1", 80)};
  wish.rtt = std::chrono::milliseconds(80);
  wish.bandwidth_bits_per_s = 10'000'000'000;
  const auto walls = FindWalls(wish, facts, PortUse{}, std::nullopt);
  CHECK(Resources(walls) == Names{"descriptors", "source_ports", "window"});
  const CheckVerdict verdict = JudgeHost({}, walls, wish);
  CHECK(verdict.readiness == Readiness::kNotReady);
  CHECK(verdict.sentence == "this host can open 19994 of the 200000 connections you asked for");
  // Of those that are enough, the tightest comes first.
  for (std::size_t at = 4; at < walls.size(); ++at) {
    if (!walls[at].unknown.empty()) break;
    CHECK(walls[at - 1].need * walls[at].have >= walls[at].need * walls[at - 1].have);
  }
}

TEST_CASE("walls: what a pause of the server would break stands behind what breaks in any case") {
  HostFacts facts = QuietFacts();
  facts.nofile = {20'000, 20'000};
  LoadWish wish = Server(200'000);
  wish.backlog = 100;
  const auto walls = FindWalls(wish, facts, PortUse{}, std::nullopt);
  CHECK(Resources(walls) == Names{"descriptors", "accept_backlog"});
  CHECK(walls[0].at_connections > walls[1].at_connections);
  CHECK(walls[0].only_while.empty());
  CHECK(walls[1].only_while == "the server accepts nothing");
}

TEST_CASE("walls: nothing known is unknown and never breaks") {
  for (const LoadWish& wish : {Client(1'000), Churn(1'000, 0), Churn(10, 10), Server(1'000)}) {
    const auto walls = FindWalls(wish, {}, std::nullopt, std::nullopt);
    CHECK_FALSE(walls.empty());
    for (const Wall& wall : walls) {
      INFO(wall.resource);
      CHECK_FALSE(wall.unknown.empty());
    }
    CHECK(JudgeHost({}, walls, wish).readiness == Readiness::kUnknown);
  }
  for (const MadeHost& host : MadeHosts()) {
    for (const Wall& wall : FindWalls(Client(5'000), host.make(), PortUse{}, std::nullopt)) {
      INFO(host.name, ": ", wall.resource);
      CHECK_FALSE(wall.title.empty());
      if (!wall.unknown.empty()) continue;
      CHECK_FALSE(wall.formula.empty());
      CHECK(wall.enough == wall.what_happens.empty());
      CHECK(wall.enough != wall.at_connections.has_value());
    }
  }
}

TEST_CASE("verdict: bad checks, unknown ones, ready") {
  const auto judged = [](const HostFacts& facts) {
    return JudgeHost(RunChecks(facts, {}), {}, std::nullopt);
  };
  CHECK(judged(QuietFacts()).readiness == Readiness::kReady);
  CHECK(judged(QuietFacts()).sentence == "nothing known here spoils a measurement");
  const CheckVerdict old = judged(OldKernelHost());
  CHECK(old.readiness == Readiness::kReady);
  CHECK(old.sentence == "nothing known here spoils a measurement; 8 warnings");
  const CheckVerdict small = judged(OneCpuHost());
  CHECK(small.readiness == Readiness::kNotReady);
  CHECK(
      small.sentence ==
      "5 conditions spoil a measurement here: other processes, load average, pressure and 2 more");
  CHECK(judged({}).readiness == Readiness::kUnknown);
  const LoadWish wish = Client(100);
  const auto walls = FindWalls(wish, QuietFacts(), PortUse{}, std::nullopt);
  CHECK(JudgeHost(RunChecks(QuietFacts(), {}), walls, wish).sentence ==
        "this host carries the 100 connections you asked for");
}

namespace {

Profile ReadProfile(const std::string& text) {
  const auto profile = ParseProfile({"ready.json", text, false});
  if (!profile) FAIL(profile.error().front().message, ": ", text);
  return *profile;
}

std::string Wanted(const Profile& profile, const std::string& key) {
  for (const Setting& setting : profile.settings) {
    if (setting.key.name() == key) return setting.want.ToText();
  }
  return "none";
}

}  // namespace

TEST_CASE("ready profile: nothing to mend is nothing") {
  CHECK(
      ReadyProfile(JudgeHost(RunChecks(QuietFacts(), {}), {}, std::nullopt), QuietFacts()).empty());
}

TEST_CASE("ready profile: every host's is a valid profile") {
  for (const MadeHost& host : MadeHosts()) {
    INFO(host.name);
    const HostFacts facts = host.make();
    LoadWish wish = Churn(200'000, 50'000);
    wish.message_bytes = 100'000;
    wish.rtt = std::chrono::milliseconds(80);
    wish.bandwidth_bits_per_s = 10'000'000'000;
    for (const LoadSide side : {LoadSide::kClient, LoadSide::kServer}) {
      wish.side = side;
      const auto walls = FindWalls(wish, facts, PortUse{}, std::nullopt);
      const std::string text = ReadyProfile(JudgeHost(RunChecks(facts, {}), walls, wish), facts);
      const Profile profile = ReadProfile(text);
      CHECK(profile.name == "ready");
      CHECK_FALSE(profile.settings.empty());
      for (const Setting& setting : profile.settings) CHECK_FALSE(setting.why.empty());
    }
  }
}

TEST_CASE("ready profile: no more than keys can hold") {
  HostFacts facts = QuietFacts();
  UseTable(facts, 0, 1'000);
  LoadWish wish = Churn(900'000'000, 50'000'000);
  wish.message_bytes = 1'000'000;
  wish.rtt = std::chrono::milliseconds(300);
  wish.bandwidth_bits_per_s = 100'000'000'000;
  for (const LoadSide side : {LoadSide::kClient, LoadSide::kServer}) {
    wish.side = side;
    const auto walls = FindWalls(wish, facts, PortUse{}, std::nullopt);
    const Profile profile = ReadProfile(ReadyProfile(JudgeHost({}, walls, wish), facts));
    CHECK(Wanted(profile, "net.netfilter.nf_conntrack_max") == ">=2147483647");
    CHECK(Wanted(profile, "net.ipv4.tcp_rmem") == "keep keep >=2147483647");
  }
}

TEST_CASE("ready profile: the larger of two floors, the load's before a check's") {
  HostFacts facts = QuietFacts();
  facts.tunables["net.core.somaxconn"] = "128";
  facts.nofile = {1'024, 4'096};
  LoadWish wish = Server(20'000);
  wish.backlog = 65'535;
  const auto walls = FindWalls(wish, facts, std::nullopt, std::nullopt);
  const CheckVerdict verdict = JudgeHost(RunChecks(facts, {}), walls, wish);
  const Profile profile = ReadProfile(ReadyProfile(verdict, facts));
  CHECK(Wanted(profile, "net.core.somaxconn") == ">=20000");
  REQUIRE(profile.limits.size() == 2);
  CHECK(profile.limits[0].item == "nofile");
  CHECK(profile.limits[0].hard == 65'536);
  facts.files = FileTable{100, 1'000'000, 50'000, 7};
  CHECK(ReadProfile(ReadyProfile(verdict, facts)).limits[0].hard == 50'000);
}

TEST_CASE("ready profile: a soft limit is raised without lowering the hard one") {
  HostFacts facts = QuietFacts();
  facts.nofile = {1'024, 1'048'576};
  const LoadWish wish = Client(20'000);
  const auto walls = FindWalls(wish, facts, PortUse{}, std::nullopt);
  const CheckVerdict verdict = JudgeHost(RunChecks(facts, {}), walls, wish);
  const Profile profile = ReadProfile(ReadyProfile(verdict, facts));
  REQUIRE(profile.limits.size() == 2);
  CHECK(profile.limits[0].soft == 20'006);
  CHECK(profile.limits[0].hard == 1'048'576);
}

TEST_CASE("walls: source addresses that are not here") {
  HostFacts facts = QuietFacts();
  LoadWish wish = Client(100);
  wish.sources = {"10.0.0.9", "10.0.0.10", "10.0.0.11"};
  for (const Wall& wall : FindWalls(wish, facts, PortUse{}, std::nullopt))
    CHECK(wall.resource != "source_address");
  facts.refused_sources = {
      {"10.0.0.11", {"EADDRNOTAVAIL", "Cannot assign requested address (EADDRNOTAVAIL)"}}};
  const Wall wall = FindWalls(wish, facts, PortUse{}, std::nullopt).front();
  CHECK(wall.resource == "source_address");
  CHECK(wall.at_connections == 2);
  CHECK(wall.error == "EADDRNOTAVAIL");
  CHECK(wall.operation == "bind");
  CHECK(wall.what_happens == "no interface here has 10.0.0.11");
  wish.sources = {"fe80::1"};
  facts.refused_sources = {{"fe80::1", {"EINVAL", "Invalid argument (EINVAL)"}}};
  CHECK(FindWalls(wish, facts, PortUse{}, std::nullopt).front().error == "EINVAL");
}

TEST_CASE("checks: a target that no route leads to") {
  HostFacts facts = QuietFacts();
  const auto look = [&facts] {
    for (const CheckResult& check : RunChecks(facts, {}))
      if (check.id == "route_to_target") return check;
    return CheckResult{};
  };
  CHECK(look().state == CheckState::kOk);
  facts.no_route = "no route to 10.9.9.9:80: Network is unreachable";
  CHECK(look().state == CheckState::kBad);
  CHECK(look().have == facts.no_route);
  CHECK(JudgeHost(RunChecks(facts, {}), {}, std::nullopt).sentence ==
        "one condition spoils a measurement here: route to the target");
}

TEST_CASE("ready profile: a namespace leaves the host's keys to the host") {
  HostFacts facts = ContainerHost();
  facts.tunables["net.core.rmem_max"] = "100000";
  facts.tunables["net.core.somaxconn"] = "128";
  const CheckVerdict verdict = JudgeHost(RunChecks(facts, {}), {}, std::nullopt);
  const std::vector<std::string> elsewhere = HostKeys(verdict, facts);
  CHECK(std::ranges::find(elsewhere, "net.core.rmem_max") != elsewhere.end());
  CHECK(std::ranges::find(elsewhere, "net.core.somaxconn") == elsewhere.end());
  const std::string text = ReadyProfile(verdict, facts);
  CHECK(text.find("// This network namespace cannot set these") == 0);
  const Profile profile = ReadProfile(text);
  CHECK(Wanted(profile, "net.core.rmem_max") == "none");
  CHECK(Wanted(profile, "net.core.somaxconn") == ">=8192");
}

TEST_CASE("names of states") {
  CHECK(NameOf(CheckState::kUnknown) == "unknown");
  CHECK(NameOf(Readiness::kNotReady) == "not_ready");
  CHECK(NameOf(Readiness::kReady) == "ready");
}

}  // namespace tunewire
