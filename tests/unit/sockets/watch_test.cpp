// When it is looked, at what, and what that may cost.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/format.h"
#include "support/fake_clock.h"
#include "support/made_sockets.h"
#include "tunewire/sockets/watch.h"

namespace tunewire {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// A host whose looks take time, with one process that holds every made socket.
struct Host {
  FakeClock clock;
  FakeSockets sockets;
  std::vector<HeldSocket> held;
  std::vector<Process> processes;
  nanoseconds look_cost = milliseconds(1);
  std::function<void(nanoseconds now)> between;  ///< while nobody looks
  nanoseconds begin = clock.SinceBoot();
  nanoseconds stop_at = std::chrono::hours(1);
  int counted = 0, acks_read = 0, held_asked = 0, options_asked = 0;
  bool options = false;

  nanoseconds Now() const { return clock.SinceBoot() - begin; }

  void Hold(int pid, const SocketInfo& socket) {
    held.push_back({socket.inode, pid, static_cast<int>(held.size()) + 3});
    std::sort(held.begin(), held.end());
    Process process;
    process.id.pid = pid;
    process.command = Format("program{}", pid);
    if (std::find(processes.begin(), processes.end(), process) == processes.end()) {
      processes.push_back(process);
    }
  }

  HeldSockets HeldBy(std::span<const int> pids) const {
    HeldSockets found;
    for (const HeldSocket& one : held) {
      if (pids.empty() || std::find(pids.begin(), pids.end(), one.pid) != pids.end()) {
        found.held.push_back(one);
      }
    }
    return found;
  }

  WatchHost Seam() {
    sockets.on_call = [this](std::size_t) { clock.Advance(look_cost); };
    WatchHost host{.sockets = sockets, .clock = clock};
    host.counters = [this] {
      ++counted;
      return Result<NetCounters>(NetCounters{{{"TcpExt", "DelayedACKs", counted}}});
    };
    host.ack_states = [this] {
      ++acks_read;
      return Result<std::vector<AckState>>(std::vector<AckState>{{.inode = 1001}});
    };
    host.held = [this](std::span<const int> pids) {
      ++held_asked;
      return Result<HeldSockets>(HeldBy(pids));
    };
    host.processes = [this] { return Result<std::vector<Process>>(processes); };
    host.settings = [] { return NetworkSettings{.somaxconn = 4096}; };
    host.pause = [this](nanoseconds time) {
      CHECK(time > nanoseconds(0));
      clock.Advance(time);
      if (between) between(Now());
      return Now() >= stop_at;
    };
    if (options) {
      host.options = [this](const Process& process, const HeldSocket& one) {
        ++options_asked;
        if (process.id.pid == 13) return Result<SocketOptions>(Fail(Error{}));
        return Result<SocketOptions>(SocketOptions{.nodelay = one.inode == 1001});
      };
    }
    return host;
  }

  Evidence Watch(const WatchWish& wish) {
    EvidenceBuilder builder(wish.selection);
    const std::array<LookSink*, 1> sinks{&builder};
    WatchHost host = Seam();
    const auto around = WatchSockets(host, wish, sinks);
    REQUIRE(around.has_value());
    return builder.Finish(*around);
  }
};

SocketInfo Connection(std::uint64_t number) {
  return RestingConnection(number, "10.0.0.1:80", Format("10.0.0.9:{}", 1000 + number));
}

void Fill(Host& host, std::uint64_t from, std::uint64_t number, int pid) {
  for (std::uint64_t at = from; at < from + number; ++at) {
    host.sockets.now.push_back(Connection(at));
    host.Hold(pid, host.sockets.now.back());
  }
}

}  // namespace

TEST_CASE("watch: looks at every interval, from the first moment to the last") {
  Host host;
  Fill(host, 1, 3, 7);
  const Evidence evidence = host.Watch({.time = milliseconds(1000), .interval = milliseconds(50)});
  CHECK(evidence.looks == 21);
  CHECK(evidence.span_ns == nanoseconds(milliseconds(1000)).count());
  CHECK(host.sockets.dumps.size() == 21);
  CHECK(evidence.connections.size() == 3);
  CHECK(evidence.connections[0].looks == 21);
  REQUIRE(evidence.processes.size() == 1);
  CHECK(evidence.connections[0].owner == 0U);
  CHECK(evidence.settings.somaxconn == 4096U);
  CHECK(evidence.counters.all.at(0).value == host.counted - 1);
}

TEST_CASE("watch: looks that take long come seldom, and never take more than a tenth") {
  Host host;
  Fill(host, 1, 3, 7);
  host.look_cost = milliseconds(20);
  const Evidence evidence = host.Watch({.time = milliseconds(10000), .interval = milliseconds(25)});
  CHECK(evidence.looks * milliseconds(20) <= milliseconds(1000));
  CHECK(evidence.looks >= 25);
}

TEST_CASE("watch: on a busy host looks take long and cost little: they come as often") {
  Host host;
  Fill(host, 1, 3, 7);
  host.look_cost = milliseconds(20);
  WatchHost seam = host.Seam();
  seam.cpu = [&host] { return microseconds(100) * host.sockets.dumps.size(); };
  EvidenceBuilder builder({}, std::nullopt);
  const std::array<LookSink*, 1> sinks{&builder};
  REQUIRE(WatchSockets(seam, {.time = milliseconds(5000), .interval = milliseconds(50)}, sinks));
  CHECK(builder.Finish({}).looks >= 95);
}

TEST_CASE("watch: one look that cost much by accident keeps the next ones no longer") {
  Host host;
  Fill(host, 1, 3, 7);
  WatchHost seam = host.Seam();
  seam.cpu = [&host] {
    const std::size_t looks = host.sockets.dumps.size();
    return microseconds(100) * looks + milliseconds(looks >= 1 ? 45 : 0) +
           milliseconds(looks >= 30 ? 200 : 0);
  };
  EvidenceBuilder builder({}, std::nullopt);
  const std::array<LookSink*, 1> sinks{&builder};
  REQUIRE(WatchSockets(seam, {.time = milliseconds(5000), .interval = milliseconds(50)}, sinks));
  CHECK(builder.Finish({}).looks >= 95);
}

TEST_CASE("watch: one that takes longer than there is time for comes twice") {
  Host host;
  Fill(host, 1, 3, 7);
  host.look_cost = milliseconds(400);
  CHECK(host.Watch({.time = milliseconds(1000)}).looks == 2);
}

TEST_CASE("watch: where looks take long, connections in trouble are asked for in between") {
  Host host;
  Fill(host, 1, 100, 7);
  PutUnsent(host.sockets.now[41], 100, 1, 100);
  host.sockets.on_call = {};
  WatchHost seam = host.Seam();
  host.sockets.on_call = [&host](std::size_t answered) {
    host.clock.Advance(answered > 1 ? milliseconds(200) : milliseconds(0));
  };
  EvidenceBuilder builder({}, std::nullopt);
  const std::array<LookSink*, 1> sinks{&builder};
  REQUIRE(WatchSockets(seam, {.time = milliseconds(2000), .interval = milliseconds(50)}, sinks));
  const Evidence evidence = builder.Finish({});
  CHECK(evidence.connections[41].looks > 30);
  CHECK(evidence.connections[41].Tally(Sign::kHeldSmall).looks == evidence.connections[41].looks);
  CHECK(evidence.connections[40].looks == 2);
  CHECK(evidence.sockets_seen == 100);
}

TEST_CASE("watch: of one process among many sockets, only its own are asked for") {
  Host host;
  Fill(host, 1, 100, 7);
  Fill(host, 101, 2, 8);
  host.look_cost = std::chrono::microseconds(100);
  const Evidence evidence = host.Watch(
      {.selection = {.pids = {8}}, .time = milliseconds(2000), .interval = milliseconds(50)});
  REQUIRE(evidence.connections.size() == 2);
  CHECK(evidence.connections[0].last.cookie == 101);
  CHECK(evidence.connections[0].looks >= 35);
  CHECK(evidence.sockets_seen == 102);
  CHECK(std::all_of(host.sockets.asks.begin(), host.sockets.asks.end(),
                    [](std::size_t names) { return names == 2; }));
  const auto wide =
      std::count(host.sockets.dumps.begin(), host.sockets.dumps.end(), SocketFilter{});
  CHECK(wide >= 3);  // the first, the last, and one every half second
  CHECK(wide <= 6);
  REQUIRE(evidence.processes.size() == 1);
  CHECK(evidence.processes[0].command == "program8");
}

TEST_CASE("watch: connections that a process makes meanwhile are found, closed ones end") {
  Host host;
  Fill(host, 1, 100, 7);
  Fill(host, 101, 1, 8);
  host.between = [&host](nanoseconds now) {
    if (now < milliseconds(700) || host.sockets.now.size() > 101) return;
    host.sockets.now.erase(host.sockets.now.begin() + 100);
    Fill(host, 200, 1, 8);
    Fill(host, 300, 1, 7);
  };
  const Evidence evidence = host.Watch({.selection = {.pids = {8}}, .time = milliseconds(2000)});
  REQUIRE(evidence.connections.size() == 2);
  CHECK(evidence.connections[0].last.cookie == 101);
  CHECK(evidence.connections[0].last_ns < nanoseconds(milliseconds(700)).count());
  CHECK(evidence.connections[1].last.cookie == 200);
  CHECK(evidence.connections[1].first_ns < nanoseconds(milliseconds(1300)).count());
  CHECK(evidence.connections[1].owner == 0U);
}

TEST_CASE("watch: what its process has closed is followed until it is gone") {
  Host host;
  Fill(host, 1, 100, 7);
  Fill(host, 101, 2, 8);
  host.between = [&host](nanoseconds now) {
    if (now < milliseconds(700)) return;
    host.sockets.now.back().inode = 0;
    host.sockets.now.back().state = TcpState::kFinWait1;
  };
  const Evidence evidence = host.Watch({.selection = {.pids = {8}}, .time = milliseconds(2000)});
  REQUIRE(evidence.connections.size() == 2);
  CHECK(evidence.connections[1].last.state == TcpState::kFinWait1);
  CHECK(evidence.connections[1].looks == evidence.looks);
  CHECK(evidence.connections[1].owner == 0U);
}

TEST_CASE("watch: a peer is asked of the kernel, listeners beside it") {
  Host host;
  Fill(host, 1, 3, 7);
  host.sockets.now.push_back(RestingListener(50, "0.0.0.0:80", 128));
  const Evidence evidence = host.Watch(
      {.selection = {.filter = {.peer = End("10.0.0.9:1002")}}, .time = milliseconds(100)});
  CHECK(evidence.connections.size() == 1);
  CHECK(evidence.listeners.size() == 1);
  CHECK(evidence.sockets_seen == 2);
  CHECK(host.sockets.dumps[0].peer == End("10.0.0.9:1002"));
  CHECK(host.sockets.dumps[1].states == kListenOnly);
}

TEST_CASE("watch: ACK states are read a few times, and not of a huge table") {
  Host host;
  Fill(host, 1, 3, 7);
  const Evidence evidence = host.Watch({.time = milliseconds(3000)});
  CHECK(host.acks_read >= 3);
  CHECK(host.acks_read <= 6);
  CHECK(evidence.connections[0].ack_looks == static_cast<std::uint32_t>(host.acks_read));

  Host huge;
  const SocketInfo one = Connection(1);
  huge.sockets.now.assign(20001, one);
  huge.Watch({.time = milliseconds(60), .interval = milliseconds(25)});
  CHECK(huge.acks_read == 0);
}

TEST_CASE("watch: a stop ends it, and what was seen counts") {
  Host host;
  Fill(host, 1, 3, 7);
  host.stop_at = milliseconds(500);
  const Evidence evidence = host.Watch({.time = milliseconds(60000)});
  CHECK(evidence.looks >= 10);
  CHECK(evidence.span_ns < nanoseconds(milliseconds(500)).count());
  CHECK(evidence.connections[0].owner == 0U);
  CHECK_FALSE(evidence.counters.all.empty());
}

TEST_CASE("watch: the first look's error is the answer, a later one leaves a partial look") {
  Host host;
  Fill(host, 1, 3, 7);
  Error error;
  error.code = "refused";
  host.sockets.error = error;
  WatchHost seam = host.Seam();
  EvidenceBuilder none({}, std::nullopt);
  const std::array<LookSink*, 1> sinks{&none};
  const auto failed = WatchSockets(seam, {}, sinks);
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().code == "refused");

  host.sockets.error.reset();
  host.begin = host.clock.SinceBoot();
  host.between = [&](nanoseconds now) {
    host.sockets.error =
        now > milliseconds(100) && now < milliseconds(200) ? std::optional(error) : std::nullopt;
  };
  const Evidence evidence = host.Watch({.time = milliseconds(400)});
  CHECK(evidence.partial);
  CHECK(evidence.connections.size() == 3);
  CHECK(evidence.connections[0].looks < evidence.looks);
  CHECK(evidence.sockets_seen == 3);
}

TEST_CASE("watch: options are asked once a socket, of whichever holder is open to us") {
  Host host;
  Fill(host, 1, 2, 13);
  host.Hold(14, host.sockets.now[0]);
  host.options = true;
  const Evidence evidence = host.Watch({.time = milliseconds(100)});
  CHECK(host.options_asked == 3);
  REQUIRE(evidence.connections[0].options.has_value());
  CHECK(evidence.connections[0].options->nodelay == true);
  CHECK_FALSE(evidence.connections[1].options.has_value());
}

TEST_CASE("watch: a process that has ended before the end is still named") {
  Host host;
  Fill(host, 1, 2, 7);
  host.between = [&host](nanoseconds now) {
    if (now < milliseconds(300)) return;
    host.held.clear();
    host.processes.clear();
    host.sockets.now.clear();
    Fill(host, 10, 1, 5);
  };
  const Evidence evidence = host.Watch({.time = milliseconds(1000)});
  REQUIRE(evidence.connections.size() == 3);
  REQUIRE(evidence.processes.size() == 2);
  CHECK(evidence.connections[0].owner == 1U);
  CHECK(evidence.processes[1].command == "program7");
  CHECK(evidence.connections[2].owner == 0U);  // it began meanwhile
}

}  // namespace tunewire
