// Looks joined by cookie: what becomes evidence, and in how much room.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/format.h"
#include "support/made_sockets.h"
#include "tunewire/sockets/evidence.h"

namespace tunewire {
namespace {

using Sockets = std::vector<SocketInfo>;

constexpr std::int64_t kMs = 1'000'000;

SocketInfo Connection(std::uint64_t number) {
  return RestingConnection(number, "10.0.0.1:80", Format("10.0.0.9:{}", 1000 + number));
}

SocketInfo Held(std::uint64_t number) {
  SocketInfo socket = Connection(number);
  PutUnsent(socket, 100, 1, 100);
  socket.tcp.last_data_sent = 20;
  return socket;
}

void Look(LookSink& sink, LookHead head, const Sockets& sockets) {
  sink.Begin(std::move(head));
  for (const SocketInfo& socket : sockets) sink.Socket(EncodeSocket(socket));
  sink.End({.seen = sockets.size()});
}

Process ProcessWith(int pid, const std::string& command) {
  Process process;
  process.id.pid = pid;
  process.command = command;
  return process;
}

}  // namespace

TEST_CASE("evidence: signs are tallied by looks, episodes and their longest") {
  EvidenceBuilder builder({}, std::nullopt);
  const std::vector<bool> held{true, true, false, true, true, true, false};
  for (std::size_t at = 0; at < held.size(); ++at) {
    Look(builder, {.at_ns = static_cast<std::int64_t>(at) * kMs},
         {held[at] ? Held(1) : Connection(1)});
  }
  const Evidence evidence = builder.Finish({});
  CHECK(evidence.looks == 7);
  CHECK(evidence.span_ns == 6 * kMs);
  REQUIRE(evidence.connections.size() == 1);
  const ConnectionEvidence& connection = evidence.connections[0];
  CHECK(connection.looks == 7);
  CHECK(connection.last_ns == 6 * kMs);
  const SignTally& tally = connection.Tally(Sign::kHeldSmall);
  CHECK(tally.looks == 5);
  CHECK(tally.episodes == 2);
  CHECK(tally.first_ns == 0);
  CHECK(tally.last_ns == 5 * kMs);
  CHECK(tally.longest_ns == 2 * kMs);
  CHECK(connection.Tally(Sign::kCorked) == SignTally{});
  CHECK(connection.trends.held_quiet_looks == 5);
  CHECK(connection.trends.held_quiet_max_ms == 20);
}

TEST_CASE("evidence: first and last look, queues and cwnd of each connection") {
  EvidenceBuilder builder({}, std::nullopt);
  SocketInfo socket = Connection(1);
  socket.receive_queue = 10;
  Look(builder, {.at_ns = 0}, {socket, Connection(2)});
  socket.receive_queue = 500;
  socket.send_queue = 7;
  socket.tcp.snd_cwnd = 40;
  Look(builder, {.at_ns = kMs}, {Connection(2), socket});
  socket.receive_queue = 0;
  socket.tcp.snd_cwnd = 20;
  Look(builder, {.at_ns = 2 * kMs}, {socket});
  const Evidence evidence = builder.Finish({});
  REQUIRE(evidence.connections.size() == 2);
  const ConnectionEvidence& first = evidence.connections[0];
  CHECK(first.first.receive_queue == 10);
  CHECK(first.last == socket);
  CHECK(first.receive_queue_max == 500);
  CHECK(first.send_queue_max == 7);
  CHECK(first.cwnd_min == 10);
  CHECK(first.cwnd_max == 40);
  const ConnectionEvidence& second = evidence.connections[1];
  CHECK(second.looks == 2);
  CHECK(second.last_ns == kMs);
  CHECK(second.first == Connection(2));
}

TEST_CASE("evidence: cwnd that collapses after a pause is told from the look before") {
  EvidenceBuilder builder({}, std::nullopt);
  SocketInfo socket = Connection(1);
  socket.tcp.snd_cwnd = 80;
  socket.tcp.last_data_sent = 5000;
  Look(builder, {.at_ns = 0}, {socket});
  socket.tcp.snd_cwnd = 10;
  socket.tcp.last_data_sent = 0;
  Look(builder, {.at_ns = kMs}, {socket});
  const Evidence evidence = builder.Finish({});
  CHECK(evidence.connections[0].trends.idle_collapses == 1);
  CHECK(evidence.connections[0].trends.collapse_from == 80);
}

TEST_CASE("evidence: filter and wanted inodes choose connections, listeners are always kept") {
  const Sockets sockets{Connection(1), Connection(2), RestingListener(3, "0.0.0.0:80", 128),
                        RestingConnection(4, "10.0.0.1:5000", "10.0.0.9:443")};
  EvidenceBuilder by_port({.port = 443}, std::nullopt);
  Look(by_port, {}, sockets);
  const Evidence ported = by_port.Finish({});
  REQUIRE(ported.connections.size() == 1);
  CHECK(ported.connections[0].last.cookie == 4);
  CHECK(ported.listeners.size() == 1);
  CHECK(ported.sockets_seen == 4);

  EvidenceBuilder by_inode({}, std::vector<std::uint64_t>{1002});
  Look(by_inode, {}, sockets);
  const Evidence wanted = by_inode.Finish({});
  REQUIRE(wanted.connections.size() == 1);
  CHECK(wanted.connections[0].last.cookie == 2);
}

TEST_CASE("evidence: a selected process's sockets are those it is known to hold") {
  EvidenceBuilder builder(SocketSelection{.pids = {7}});
  builder.Held(std::vector<HeldSocket>{{1001, 7, 3}, {1002, 8, 3}});
  Look(builder, {.at_ns = 0}, {Connection(1), Connection(2), Connection(3)});
  builder.Held(std::vector<HeldSocket>{{1003, 7, 4}});
  SocketInfo closed = Connection(1);
  closed.inode = 0;
  closed.state = TcpState::kFinWait1;
  Look(builder, {.at_ns = kMs}, {closed, Connection(2), Connection(3)});
  SocketSurroundings around;
  around.processes = {ProcessWith(7, "server")};
  around.held = {{1001, 7, 3}, {1002, 8, 3}, {1003, 7, 4}};
  const Evidence evidence = builder.Finish(around);
  REQUIRE(evidence.connections.size() == 2);
  CHECK(evidence.connections[0].last.state == TcpState::kFinWait1);
  CHECK(evidence.connections[0].owner == 0U);  // it had one while it was open
  CHECK(evidence.connections[1].last.cookie == 3);
  CHECK(evidence.connections[1].looks == 1);
}

TEST_CASE("evidence: owners, options and surroundings") {
  EvidenceBuilder builder({}, std::nullopt);
  Look(builder, {},
       {Connection(1), Connection(2), Connection(3), RestingListener(4, "0.0.0.0:80", 5)});
  SocketSurroundings around;
  around.processes = {ProcessWith(7, "server"), ProcessWith(9, "client")};
  around.held = {{1001, 5, 3}, {1001, 9, 3}, {1002, 7, 4}, {1004, 7, 5}};
  around.options = {{1004, {.nodelay = true}}, {1002, {.nodelay = false}}};
  around.unreadable = 2;
  around.settings.somaxconn = 4096;
  const Evidence evidence = builder.Finish(around);
  CHECK(evidence.connections[0].owner == 1U);  // the other holder is not known
  CHECK(evidence.connections[1].owner == 0U);
  CHECK(evidence.connections[1].options->nodelay == false);
  CHECK_FALSE(evidence.connections[2].owner.has_value());
  CHECK(evidence.listeners[0].owner == 0U);
  CHECK(evidence.listeners[0].options->nodelay == true);
  CHECK(evidence.unreadable == 2);
  CHECK(evidence.settings.somaxconn == 4096U);
}

TEST_CASE("evidence: listeners with their fullest queue") {
  EvidenceBuilder builder({}, std::nullopt);
  SocketInfo listener = RestingListener(1, "0.0.0.0:80", 5);
  for (const std::uint32_t queue : {0U, 5U, 6U, 3U}) {
    listener.receive_queue = queue;
    Look(builder, {}, {listener});
  }
  const Evidence evidence = builder.Finish({});
  REQUIRE(evidence.listeners.size() == 1);
  CHECK(evidence.listeners[0].looks == 4);
  CHECK(evidence.listeners[0].queue_max == 6);
  CHECK(evidence.listeners[0].full_looks == 1);
  CHECK(evidence.listeners[0].last.receive_queue == 3);
}

TEST_CASE("evidence: ACK states count in the looks that read them") {
  EvidenceBuilder builder({}, std::nullopt);
  const AckState pingpong{.inode = 1001, .ato_ticks = 4, .pingpong = true};
  Look(builder, {.at_ns = 0, .acks = {pingpong}}, {Connection(1), Connection(2)});
  Look(builder, {.at_ns = kMs}, {Connection(1), Connection(2)});
  Look(builder, {.at_ns = 2 * kMs, .acks = {pingpong}}, {Connection(1), Connection(2)});
  const Evidence evidence = builder.Finish({});
  const ConnectionEvidence& read = evidence.connections[0];
  CHECK(read.ack == pingpong);
  CHECK(read.ack_looks == 2);
  CHECK(read.Tally(Sign::kPingPong).looks == 2);
  CHECK(read.Tally(Sign::kPingPong).episodes == 1);  // the look between could not tell
  CHECK(read.Tally(Sign::kPingPong).longest_ns == 2 * kMs);
  CHECK_FALSE(evidence.connections[1].ack.has_value());
}

TEST_CASE("evidence: counters are first against last of the looks that read them") {
  EvidenceBuilder builder({}, std::nullopt);
  for (const std::int64_t value : {10, 12, 30}) {
    Look(builder, {.counters = {{{"TcpExt", "DelayedACKs", value}, {"TcpExt", "Still", 1}}}}, {});
    Look(builder, {}, {});
  }
  const Evidence evidence = builder.Finish({});
  CHECK(evidence.counters.all == std::vector<NetCounter>{{"TcpExt", "DelayedACKs", 20}});
}

TEST_CASE("evidence: sockets by state and destination, TIME_WAIT counted and not kept") {
  EvidenceBuilder builder({}, std::nullopt);
  Sockets sockets;
  for (std::uint64_t at = 0; at < 300; ++at) {
    sockets.push_back(TimeWaitSocket(at + 1, Format("10.0.0.1:{}", 20000 + at), "10.0.0.5:443"));
  }
  for (std::uint64_t at = 0; at < 50; ++at) {
    sockets.push_back(
        RestingConnection(1000 + at, Format("10.0.0.1:{}", 30000 + at), "10.0.0.5:443"));
    sockets.push_back(
        RestingConnection(2000 + at, "10.0.0.1:80", Format("10.0.0.7:{}", 4000 + at)));
  }
  Look(builder, {.at_ns = 0, .scope = LookScope::kAll}, sockets);
  Look(builder, {.at_ns = 0, .scope = LookScope::kAll}, sockets);
  Look(builder, {.at_ns = kMs, .scope = LookScope::kSome}, {sockets.back()});
  Look(builder, {.at_ns = 2 * kMs, .scope = LookScope::kFiltered}, {sockets.back()});
  const Evidence evidence = builder.Finish({});
  CHECK(evidence.sockets_seen == 400);
  CHECK(evidence.by_state[static_cast<std::size_t>(TcpState::kTimeWait)] == 300);
  CHECK(evidence.by_state[static_cast<std::size_t>(TcpState::kEstablished)] == 100);
  CHECK(evidence.connections.size() == 100);
  REQUIRE(evidence.destinations.size() == 1);
  CHECK(evidence.destinations[0] ==
        Evidence::Destination{End("10.0.0.5:443"), End("10.0.0.1:0"), 350, 300});
}

TEST_CASE("evidence: any partial look makes it partial") {
  EvidenceBuilder builder({}, std::nullopt);
  builder.Begin({});
  builder.End({.partial = true});
  Look(builder, {}, {});
  CHECK(builder.Finish({}).partial);
}

TEST_CASE("evidence: what is no socket is passed over") {
  EvidenceBuilder builder({}, std::nullopt);
  builder.Begin({});
  builder.Socket({});
  builder.Socket(std::vector<std::byte>(71));
  builder.Socket(std::vector<std::byte>(200));
  builder.End({});
  CHECK(builder.Finish({}).connections.empty());
}

TEST_CASE("evidence: room for very many connections, and for the worst of them when laid out") {
  constexpr std::size_t kMany = 20000;
  EvidenceBuilder builder({}, std::nullopt);
  EvidenceBuilder nobody({.port = 1}, std::nullopt);
  for (int look = 0; look < 4; ++look) {
    builder.Begin({.at_ns = look * kMs});
    nobody.Begin({.at_ns = look * kMs});
    for (std::uint64_t at = 0; at < kMany; ++at) {
      SocketInfo socket = at % 1000 == 999 ? Held(at + 1) : Connection(at + 1);
      socket.tcp.bytes_sent = 1000 + static_cast<std::uint64_t>(look);
      const auto raw = EncodeSocket(socket);
      builder.Socket(raw);
      nobody.Socket(raw);
    }
    builder.End({});
    nobody.End({});
  }
  CHECK(builder.MemoryBytes() < 600 * kMany);
  CHECK(nobody.MemoryBytes() < 1024 * 1024);
  const Evidence evidence = builder.Finish({});
  CHECK(evidence.connections.size() == kMostConnections);
  CHECK(evidence.left_out == kMany - kMostConnections);
  const auto held = std::count_if(
      evidence.connections.begin(), evidence.connections.end(),
      [](const ConnectionEvidence& one) { return one.Tally(Sign::kHeldSmall).looks == 4; });
  CHECK(held == kMany / 1000);
}

}  // namespace tunewire
