// Real runs over loopback. Bounds are wide: the machine may be busy, a jiffy may be 10 ms.
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "host/precise_clock.h"
#include "host/socket_address.h"
#include "probe/drive.h"
#include "tunewire/host/tcp.h"
#include "tunewire/probe/ends.h"

namespace tunewire {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::int64_t kMs = 1'000'000;

Step Write(std::uint32_t bytes) { return {StepKind::kWrite, {bytes}, {}}; }
Step More(std::uint32_t bytes) { return {StepKind::kMore, {bytes}, {}}; }
Step Read(std::uint32_t bytes) { return {StepKind::kRead, {bytes}, {}}; }
Step Sleep(microseconds pause) { return {StepKind::kSleep, {}, pause}; }
Step Plain(StepKind kind) { return {kind, {}, {}}; }

RunSpec TwoWrites(std::uint64_t count) {
  RunSpec spec;
  spec.traffic.client = {Write(200), Write(1000), Read(100)};
  spec.traffic.server = {Read(1200), Write(100)};
  spec.count = count;
  spec.keep = 10'000;
  return spec;
}

RunSpec PingPong(std::uint64_t count) {
  RunSpec spec;
  spec.traffic.client = {Write(64), Read(64)};
  spec.traffic.server = {Read(64), Write(64)};
  spec.count = count;
  spec.keep = 10'000;
  return spec;
}

RunEvidence Run(const RunSpec& spec) {
  const auto ends = LocalEnds("", "");
  REQUIRE(ends);
  Result<RunEvidence> run = (*ends)->Run(spec, {});
  if (!run) FAIL(run.error().code << ": " << run.error().message);
  return std::move(*run);
}

std::int64_t Counted(const CounterChanges& changes, std::string_view name) {
  for (const auto& [key, change] : changes) {
    if (key == name) return change;
  }
  return 0;
}

std::int64_t MedianOf(const RunEvidence& run) {
  std::vector<std::int64_t> lengths;
  for (const auto& one : run.exchanges) lengths.push_back(one.end_ns - one.begin_ns);
  REQUIRE_FALSE(lengths.empty());
  std::nth_element(lengths.begin(),
                   lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() / 2),
                   lengths.end());
  return lengths[lengths.size() / 2];
}

std::vector<Event> StepsOf(const std::vector<Event>& events, std::uint32_t step) {
  std::vector<Event> chosen;
  for (const Event& event : events) {
    if (event.step == step) chosen.push_back(event);
  }
  return chosen;
}

/// Does the kernel delay ACKs here from the second exchange on, as it comes?
bool Default(const RunEvidence& run) {
  return run.server && run.server->facts.pingpong_thresh.value_or(1) == 1;
}

TEST_CASE("two small writes stall for a delayed ACK, and the stamps show why") {
  RunSpec spec = TwoWrites(20);
  spec.stamping = Stamping::kOn;
  const RunEvidence run = Run(spec);
  REQUIRE(Default(run));
  CHECK(run.latency.count() == 20);
  CHECK(run.exchanges.size() == 20);
  CHECK(MedianOf(run) > 30 * kMs);
  CHECK(MedianOf(run) < 70 * kMs);
  CHECK(Counted(run.server->counters, "DelayedACKs") >= 10);

  const std::vector<Event> second = StepsOf(run.client.events, 1);
  REQUIRE(second.size() == 20);
  int held = 0;
  for (const Event& event : second) {
    REQUIRE(event.sched_ns);
    REQUIRE(event.sent_ns);
    REQUIRE(event.acked_ns);
    CHECK(event.begin_ns <= *event.sched_ns);
    CHECK(*event.sched_ns <= *event.sent_ns);
    CHECK(*event.sent_ns <= *event.acked_ns);
    const bool waited = *event.sched_ns - event.end_ns > 20 * kMs;
    held += waited ? 1 : 0;
    // What is held is in the queue behind something unacknowledged: that is Nagle's rule.
    if (waited) CHECK(event.notsent_bytes.value_or(0) == 1000);
    if (waited) CHECK(event.unacked_segments.value_or(0) > 0);
  }
  CHECK(held >= 10);
  for (const Event& event : StepsOf(run.client.events, 0)) {
    REQUIRE(event.sched_ns);
    CHECK(*event.sched_ns - event.end_ns < 20 * kMs);
  }
  int arrived = 0;
  for (const Event& event : StepsOf(run.server->events, 0)) {
    if (!event.arrived_ns) continue;
    ++arrived;
    CHECK(*event.arrived_ns <= event.end_ns);
  }
  CHECK(arrived >= 15);  // the kernel begins to stamp arrivals a moment after it is asked to
}

TEST_CASE("TCP_NODELAY and QUICKACK after every read make the stall go away") {
  RunSpec spec = TwoWrites(40);
  SUBCASE("nodelay") { spec.traffic.client_options.nagle = Nagle::kOff; }
  SUBCASE("quickack") { spec.traffic.server_options.quickack = QuickAck::kAlways; }
  SUBCASE("one writev") { spec.traffic.client[0] = {StepKind::kWritev, {200, 1000}, {}}; }
  SUBCASE("msg_more") { spec.traffic.client[0] = More(200); }
  SUBCASE("nodelay as a flush") {
    spec.traffic.client = {Write(200), Write(1000), Plain(StepKind::kNoDelay),
                           Plain(StepKind::kNagle), Read(100)};
  }
  SUBCASE("cork and uncork") {
    spec.traffic.client = {Plain(StepKind::kCork), Write(200), Write(1000),
                           Plain(StepKind::kUncork), Read(100)};
  }
  if (spec.traffic.client[0].kind == StepKind::kWritev) {
    spec.traffic.client.erase(spec.traffic.client.begin() + 1);
  }
  CHECK(MedianOf(Run(spec)) < 20 * kMs);
}

TEST_CASE("QUICKACK set once does not last") {
  RunSpec spec = TwoWrites(20);
  spec.traffic.server_options.quickack = QuickAck::kOnce;
  const RunEvidence run = Run(spec);
  REQUIRE(Default(run));
  CHECK(MedianOf(run) > 30 * kMs);
}

TEST_CASE("the delayed-ACK maximum shortens the stall where the kernel has it") {
  RunSpec spec = TwoWrites(20);
  spec.traffic.server_options.delack_max = milliseconds(8);
  const auto ends = LocalEnds("", "");
  REQUIRE(ends);
  const Result<RunEvidence> run = (*ends)->Run(spec, {});
  if (!run) {
    CHECK(run.error().code == "not_supported");
    CHECK(run.error().operation == "setsockopt TCP_DELACK_MAX_US");
    return;
  }
  CHECK(MedianOf(*run) < 30 * kMs);
}

TEST_CASE("a cork left open is held in an empty pipe") {
  RunSpec spec = TwoWrites(3);
  spec.stamping = Stamping::kOn;
  spec.traffic.client = {Plain(StepKind::kCork), Write(200), Write(1000), Read(100)};
  const RunEvidence run = Run(spec);
  CHECK(MedianOf(run) > 150 * kMs);
  const std::vector<Event> writes = StepsOf(run.client.events, 2);
  REQUIRE(writes.size() == 3);
  CHECK(writes[2].unacked_segments == 0U);
  CHECK(writes[2].notsent_bytes == 1200U);
  // The first write went out in one piece with the second one.
  const std::vector<Event> first = StepsOf(run.client.events, 1);
  CHECK(first[2].sched_ns == writes[2].sched_ns);
}

TEST_CASE("the segment size asked for is the connection's") {
  RunSpec spec = PingPong(3);
  spec.traffic.mss = 1460;
  const RunEvidence run = Run(spec);
  for (const EndEvidence* end : {&run.client, &*run.server}) {
    REQUIRE(end->tcp.send_mss);
    CHECK(*end->tcp.send_mss <= 1460);
    CHECK(*end->tcp.send_mss >= 1448);
    CHECK(end->facts.hz >= 100);
    CHECK(end->facts.netns_inode != 0);
    CHECK(end->tcp.congestion.value_or("") == end->facts.congestion);
  }
}

TEST_CASE("congestion control is as asked, or named where it is not there") {
  RunSpec spec = PingPong(3);
  spec.traffic.client_options.congestion = "reno";
  CHECK(Run(spec).client.tcp.congestion == "reno");
  spec.traffic.client_options.congestion = "no_such_thing";
  const auto ends = LocalEnds("", "");
  REQUIRE(ends);
  for (const bool server : {false, true}) {
    if (server) std::swap(spec.traffic.client_options, spec.traffic.server_options);
    const Result<RunEvidence> run = (*ends)->Run(spec, {});
    REQUIRE_FALSE(run);
    CHECK(run.error().code == "not_supported");
    CHECK(run.error().operation == "setsockopt TCP_CONGESTION");
  }
}

TEST_CASE("only so many exchanges have time lines, and only so many are listed") {
  RunSpec spec = PingPong(kMostTimelines + 200);
  spec.stamping = Stamping::kOn;
  spec.keep = 30;
  const RunEvidence run = Run(spec);
  CHECK(run.latency.count() == kMostTimelines + 200);
  CHECK(run.early.count() == kEarly);
  CHECK(run.exchanges.size() == 30);
  CHECK(run.client.events.size() == 2 * kMostTimelines);
  CHECK(run.server->events.size() == 2 * kMostTimelines);
  int whole = 0;
  for (const Event& event : StepsOf(run.client.events, 0)) {
    whole += event.sched_ns && event.sent_ns && event.acked_ns ? 1 : 0;
  }
  CHECK(whole == static_cast<int>(kMostTimelines));
}

TEST_CASE("plain runs leave no time lines and need the clock once an exchange") {
  const RunEvidence run = Run(PingPong(2000));
  CHECK(run.client.events.empty());
  REQUIRE(run.exchanges.size() == 2000);
  int joined = 0;
  for (std::size_t i = 1; i < run.exchanges.size(); ++i) {
    CHECK(run.exchanges[i].begin_ns >= run.exchanges[i - 1].end_ns);
    joined += run.exchanges[i].begin_ns == run.exchanges[i - 1].end_ns ? 1 : 0;
  }
  CHECK(joined > 1500);
  CHECK(run.corrected == run.latency);
}

TEST_CASE("with an interval, lateness counts from the intended start") {
  RunSpec spec = PingPong(10);
  spec.interval = milliseconds(2);
  // One slow answer: those behind it are late without being slow themselves.
  spec.traffic.server = {Read(64), Sleep(milliseconds(6)), Write(64)};
  const RunEvidence run = Run(spec);
  REQUIRE(run.exchanges.size() == 10);
  for (std::size_t i = 0; i < 10; ++i) {
    CHECK(run.exchanges[i].intended_ns - run.exchanges[0].intended_ns ==
          static_cast<std::int64_t>(i) * 2 * kMs);
    CHECK(run.exchanges[i].begin_ns >= run.exchanges[i].intended_ns);
  }
  CHECK(run.latency.count() == 10);
  CHECK(run.corrected.count() == 10);
  CHECK(run.corrected.largest() > run.latency.smallest() + 20 * kMs);
}

TEST_CASE("intervals and think times are kept, and are in no latency") {
  RunSpec spec = PingPong(5);
  SUBCASE("interval") { spec.interval = milliseconds(30); }
  SUBCASE("think") { spec.think = milliseconds(30); }
  const RunEvidence run = Run(spec);
  CHECK(run.elapsed_ns >= 4 * 30 * kMs);
  CHECK(run.latency.smallest() < 20 * kMs);
}

TEST_CASE("a duration ends a run") {
  RunSpec spec = PingPong(0);
  spec.duration = milliseconds(100);
  const RunEvidence run = Run(spec);
  CHECK(run.elapsed_ns >= 100 * kMs);
  CHECK(run.latency.count() > 10);
  CHECK_FALSE(run.interrupted);
  spec.interval = milliseconds(40);
  const RunEvidence paced = Run(spec);  // at 0, 40 and 80 ms; a busy machine may lose some
  CHECK(paced.latency.count() <= 3);
  CHECK(paced.elapsed_ns < 1000 * kMs);
}

TEST_CASE("waiting for the ACK makes the next write free") {
  RunSpec spec = TwoWrites(10);
  spec.stamping = Stamping::kOn;
  spec.traffic.client = {Write(200), Plain(StepKind::kAwaitAck), Write(1000), Read(100)};
  const RunEvidence run = Run(spec);
  for (const Event& event : StepsOf(run.client.events, 2)) {
    REQUIRE(event.sched_ns);
    CHECK(*event.sched_ns - event.end_ns < 20 * kMs);
  }
}

TEST_CASE("both ends may write in turns, one way included") {
  RunSpec spec = PingPong(20);
  SUBCASE("one way") {
    spec.traffic.client = {Write(3000)};
    spec.traffic.server = {Read(3000)};
  }
  SUBCASE("the server begins") {
    spec.traffic.client = {Read(50), Write(70)};
    spec.traffic.server = {Write(50), Read(70)};
  }
  SUBCASE("large") {
    spec.traffic.client = {{StepKind::kWritev, {kLargestPiece, 1, kLargestPiece}, {}}, Read(1)};
    spec.traffic.server = {Read(kLargestPiece), Read(kLargestPiece), Read(1), Write(1)};
  }
  spec.stamping = Stamping::kOn;
  const RunEvidence run = Run(spec);
  CHECK(run.latency.count() == 20);
  CHECK(run.server->events.size() == 20 * spec.traffic.server.size());
}

TEST_CASE("a run that is stopped says so and keeps what it has") {
  const auto ends = LocalEnds("", "");
  REQUIRE(ends);
  RunSpec spec = TwoWrites(100'000);
  SUBCASE("while it stalls") {}
  SUBCASE("at full speed") { spec.traffic.client_options.nagle = Nagle::kOff; }
  SUBCASE("in a pause of the script") {
    spec.traffic.client.insert(spec.traffic.client.begin() + 1, Sleep(std::chrono::seconds(10)));
  }
  SUBCASE("while it thinks") { spec.think = std::chrono::seconds(10); }
  SUBCASE("while the server sleeps") {
    spec.traffic.server.insert(spec.traffic.server.begin() + 1, Sleep(std::chrono::seconds(10)));
  }
  std::uint64_t seen = 0;
  const std::int64_t begin = MonotonicNow();
  std::int64_t asked = 0;
  const Result<RunEvidence> run =
      (*ends)->Run(spec, [&](std::uint64_t done, std::chrono::nanoseconds elapsed) {
        seen = done;
        CHECK(elapsed.count() >= 0);
        if (MonotonicNow() - begin < 200 * kMs) return false;
        if (asked == 0) asked = MonotonicNow();
        return true;
      });
  REQUIRE(run);
  CHECK(run->interrupted);
  CHECK(run->latency.count() >= seen);
  CHECK(run->latency.count() < 100'000);
  CHECK(asked != 0);
  // 100 ms of grace, 100 ms of looking around, and as much again for a busy machine, five times.
  CHECK(MonotonicNow() - asked < 1000 * kMs);
}

/// A listener of the test's own, and what it does with one connection.
class Peer {
 public:
  explicit Peer(std::function<void(int)> work) {
    Result<UniqueFd> listener = ListenTcp(LoopbackV4(), 1);
    REQUIRE(listener);
    listener_ = std::move(*listener);
    address_ = LocalAddressOf(listener_.get()).value();
    thread_ = std::thread([this, work = std::move(work)] {
      SocketAddress from;
      const Result<UniqueFd> fd = AcceptTcp(listener_.get(), milliseconds(5000), from);
      if (fd && fd->valid()) work(fd->get());
    });
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() { thread_.join(); }

  [[nodiscard]] std::string text() const { return address_.Text(); }
  [[nodiscard]] const SocketAddress& address() const { return address_; }

 private:
  UniqueFd listener_;
  SocketAddress address_;
  std::thread thread_;
};

void Echo(int fd, int rounds) {
  std::array<std::byte, 64> room{};
  for (int i = 0; i < rounds; ++i) {
    if (!ReceiveAll(fd, room.data(), room.size(), milliseconds(5000))) return;
    if (!SendAll(fd, room.data(), room.size(), milliseconds(5000))) return;
  }
}

TEST_CASE("an echo server is enough") {
  const Peer peer([](int fd) { Echo(fd, 1000); });
  const auto ends = EchoEnds(peer.text());
  REQUIRE(ends);
  CHECK((*ends)->Describe() == peer.text());
  CHECK_FALSE((*ends)->OneHost());
  const Result<RunEvidence> run = (*ends)->Run(PingPong(50), {});
  REQUIRE(run);
  CHECK(run->latency.count() == 50);
  CHECK_FALSE(run->server);
}

TEST_CASE("an echo server cannot answer more or less than it got") {
  const auto ends = EchoEnds("127.0.0.1:9");
  REQUIRE(ends);
  for (const Script& script :
       {Script{Write(64), Read(65)}, Script{Write(64), Read(63)}, Script{Read(64), Write(64)}}) {
    RunSpec spec = PingPong(5);
    spec.traffic.client = script;
    const Result<RunEvidence> run = (*ends)->Run(spec, {});
    REQUIRE_FALSE(run);
    CHECK(run.error().code == "size_mismatch");
  }
}

TEST_CASE("nobody there is an error at once") {
  std::string closed;
  {
    const Result<UniqueFd> listener = ListenTcp(LoopbackV4(), 1);
    REQUIRE(listener);
    closed = LocalAddressOf(listener->get()).value().Text();
  }
  const auto ends = EchoEnds(closed);
  REQUIRE(ends);
  const Result<RunEvidence> run = (*ends)->Run(PingPong(5), {});
  REQUIRE_FALSE(run);
  CHECK(run.error().code == "refused");
  CHECK(EchoEnds("nonsense").error().code == "invalid_address");
}

TEST_CASE("a peer that dies in the middle is noticed") {
  const Peer peer([](int fd) { Echo(fd, 3); });
  const auto ends = EchoEnds(peer.text());
  REQUIRE(ends);
  const Result<RunEvidence> run = (*ends)->Run(PingPong(50), {});
  REQUIRE_FALSE(run);
  CHECK(run.error().code == "peer_gone");
}

TEST_CASE("a peer that never answers ends the run") {
  std::atomic<bool> over = false;
  const Peer peer([&](int) {
    while (!over) std::this_thread::sleep_for(milliseconds(10));
  });
  const auto ends = EchoEnds(peer.text());
  REQUIRE(ends);
  const Result<RunEvidence> run = (*ends)->Run(PingPong(5), {});
  over = true;
  REQUIRE_FALSE(run);
  CHECK(run.error().code == "timed_out");
}

TEST_CASE("what cannot be run is refused before anything is sent") {
  const auto ends = LocalEnds("", "");
  REQUIRE(ends);
  CHECK((*ends)->OneHost());
  CHECK((*ends)->Describe() == "loopback");
  CHECK((*ends)->Run(PingPong(0), {}).error().code == "invalid_count");
  for (const Step& bad : {Write(0), Write(kLargestPiece + 1), Step{StepKind::kRead, {}, {}},
                          Step{StepKind::kWritev, std::vector<std::uint32_t>(17, 1), {}},
                          Step{StepKind::kWrite, {1, 1}, {}}, Sleep(std::chrono::seconds(11)),
                          Sleep(milliseconds(-1))}) {
    for (const bool server : {false, true}) {
      RunSpec spec = PingPong(5);
      (server ? spec.traffic.server : spec.traffic.client).push_back(bad);
      CHECK((*ends)->Run(spec, {}).error().code == "invalid_pattern");
    }
  }
  CHECK(LocalEnds("no-such-namespace", "").error().code == "no_such_namespace");
}

/// The server's half against a hand-made client.
Result<EndEvidence> ServeTo(const RunSpec& spec, const DriveLimits& limits,
                            const std::function<bool()>& stop,
                            const std::function<void(int)>& client) {
  std::optional<Result<EndEvidence>> result;
  {
    const Peer peer([&](int fd) { result = DriveServer(fd, spec, limits, stop); });
    const Result<UniqueFd> fd = ConnectTcp(peer.address(), {0, "", milliseconds(5000)});
    REQUIRE(fd);
    client(fd->get());
  }
  REQUIRE(result);
  return std::move(*result);
}

void Exchange(int fd, int times) {
  std::array<std::byte, 64> room{};
  for (int i = 0; i < times; ++i) {
    REQUIRE(SendAll(fd, room.data(), room.size(), milliseconds(5000)));
    REQUIRE(ReceiveAll(fd, room.data(), room.size(), milliseconds(5000)));
  }
}

TEST_CASE("a server ends with its client, between two exchanges or in the middle of one") {
  RunSpec spec = PingPong(0);
  spec.stamping = Stamping::kOn;
  const auto whole = ServeTo(spec, {}, {}, [](int fd) {
    Exchange(fd, 7);
    ::shutdown(fd, SHUT_WR);
  });
  REQUIRE(whole);
  CHECK(whole->events.size() == 14);
  const auto half = ServeTo(spec, {}, {}, [](int fd) {
    Exchange(fd, 7);
    const std::byte one{};
    REQUIRE(SendAll(fd, &one, 1, milliseconds(5000)));
    ::shutdown(fd, SHUT_WR);
  });
  REQUIRE_FALSE(half);
  CHECK(half.error().code == "peer_gone");
}

TEST_CASE("a server has limits, whatever its client does") {
  const auto wait_for_end = [](int fd) {
    std::byte one{};
    while (ReceiveAll(fd, &one, 1, milliseconds(5000))) {
    }
  };
  DriveLimits limits;
  SUBCASE("idle") {
    limits.idle = milliseconds(100);
    const auto served = ServeTo(PingPong(0), limits, {}, wait_for_end);
    REQUIRE_FALSE(served);
    CHECK(served.error().code == "timed_out");
  }
  SUBCASE("the whole run") {
    limits.most = milliseconds(200);
    const auto served = ServeTo(PingPong(0), limits, {}, [&](int fd) {
      std::array<std::byte, 64> room{};
      while (SendAll(fd, room.data(), room.size(), milliseconds(5000)) &&
             ReceiveAll(fd, room.data(), room.size(), milliseconds(5000))) {
      }
    });
    REQUIRE_FALSE(served);
    CHECK(served.error().code == "timed_out");
  }
  SUBCASE("exchanges") {
    limits.exchanges = 3;
    const auto served = ServeTo(PingPong(10), limits, {}, [&](int fd) {
      Exchange(fd, 3);
      const std::byte one{};
      REQUIRE(SendAll(fd, &one, 1, milliseconds(5000)));
      wait_for_end(fd);
    });
    REQUIRE_FALSE(served);
    CHECK(served.error().code == "timed_out");
  }
  SUBCASE("more than agreed") {
    const auto served = ServeTo(PingPong(3), limits, {}, [&](int fd) {
      Exchange(fd, 3);
      const std::byte one{};
      REQUIRE(SendAll(fd, &one, 1, milliseconds(5000)));
      wait_for_end(fd);
    });
    REQUIRE_FALSE(served);
    CHECK(served.error().code == "size_mismatch");
  }
  SUBCASE("its owner") {
    const std::int64_t begin = MonotonicNow();
    const auto served = ServeTo(
        PingPong(0), limits, [&] { return MonotonicNow() - begin > 100 * kMs; }, wait_for_end);
    CHECK(served);
    CHECK(MonotonicNow() - begin < 1000 * kMs);
  }
}

// Driven by tests/ns/test_probe_ends.py, which makes the namespaces.
TEST_CASE("ends in two namespaces meet where there is a path") {
  const char* other = std::getenv("TUNEWIRE_OTHER_NETNS");
  const char* expected = std::getenv("TUNEWIRE_EXPECTED");
  if (other == nullptr || expected == nullptr) return;
  for (const bool reversed : {false, true}) {
    const auto ends = reversed ? LocalEnds(other, "") : LocalEnds("", other);
    if (std::string(expected) != "stall") {
      REQUIRE_FALSE(ends);
      CHECK(ends.error().code == expected);
      continue;
    }
    if (!ends) FAIL(ends.error().message);
    RunSpec spec = TwoWrites(10);
    spec.stamping = Stamping::kOn;
    const Result<RunEvidence> run = (*ends)->Run(spec, {});
    if (!run) FAIL(run.error().message);
    CHECK(MedianOf(*run) > 30 * kMs);
    CHECK(run->client.facts.netns_inode != run->server->facts.netns_inode);
    CHECK(Counted(run->server->counters, "DelayedACKs") >= 4);
    CHECK(Counted(run->client.counters, "DelayedACKs") == 0);
    CHECK(run->client.tcp.send_mss.value_or(0) <= 1448);
  }
}

}  // namespace
}  // namespace tunewire
