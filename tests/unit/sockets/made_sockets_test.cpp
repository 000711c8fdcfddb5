// The fakes against the real kernel: what they encode and how they filter.
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "sockets/socket_filter.h"
#include "support/loopback_sockets.h"
#include "support/made_sockets.h"

namespace tunewire {
namespace {

using loopback::Family;
using loopback::LocalOf;
using loopback::Pair;

std::vector<SocketInfo> Answers(SocketSource& source, const SocketFilter& filter) {
  std::vector<SocketInfo> sockets;
  const auto dump = source.Dump(filter, [&](std::span<const std::byte> raw) {
    const auto socket = DecodeSocket(raw);
    REQUIRE(socket.has_value());
    sockets.push_back(*socket);
  });
  REQUIRE(dump.has_value());
  return sockets;
}

std::unique_ptr<SocketSource> RealSockets() {
  auto source = LinuxSockets();
  REQUIRE(source.has_value());
  return std::move(*source);
}

using Ends = std::set<std::pair<SocketEnd, SocketEnd>>;

Ends EndsOf(const std::vector<SocketInfo>& sockets, const std::set<std::uint16_t>& ports) {
  Ends ends;
  for (const SocketInfo& socket : sockets) {
    if (ports.contains(socket.local.port)) ends.emplace(socket.local, socket.remote);
  }
  return ends;
}

}  // namespace

TEST_CASE("made sockets: what the kernel sends is decoded, encoded and decoded without a loss") {
  const Pair four(Family::kV4);
  const Pair six(Family::kV6);
  const Pair mapped(Family::kMapped);
  REQUIRE(::send(four.client.get(), "hello", 5, 0) == 5);
  const auto sockets = Answers(*RealSockets(), {});
  CHECK(sockets.size() >= 9);
  for (const SocketInfo& socket : sockets) {
    CAPTURE(socket.local.Text());
    const auto again = DecodeSocket(EncodeSocket(socket));
    REQUIRE(again.has_value());
    CHECK(*again == socket);
  }
}

TEST_CASE("made sockets: made ones come back as they were made") {
  SocketInfo held = RestingConnection(1, "10.0.0.1:80", "10.0.0.9:4711");
  PutUnsent(held, 100, 1, 200);
  for (const SocketInfo& socket :
       {held, RestingConnection(2, "[::1]:80", "[::1]:4711"), RestingListener(3, "0.0.0.0:80", 511),
        TimeWaitSocket(4, "10.0.0.1:80", "10.0.0.9:4712")}) {
    CAPTURE(socket.local.Text());
    CHECK(DecodeSocket(EncodeSocket(socket)) == socket);
  }
}

TEST_CASE("made sockets: filters take what the kernel's take") {
  const Pair four(Family::kV4);
  const Pair six(Family::kV6);
  const Pair mapped(Family::kMapped);
  std::set<std::uint16_t> ours;
  for (const Pair* pair : {&four, &six, &mapped}) {
    ours.insert(LocalOf(pair->client.get()).port);
    ours.insert(LocalOf(pair->listener.get()).port);
  }
  auto real = RealSockets();
  FakeSockets fake;
  fake.now = Answers(*real, {});
  const std::uint16_t port = LocalOf(mapped.client.get()).port;
  const std::vector<SocketFilter> filters{
      {},
      {.states = kListenOnly},
      {.states = kConnections},
      {.port = LocalOf(four.listener.get()).port},
      {.peer = End("127.0.0.1:0")},
      {.peer = End("[::1]:0")},
      {.peer = End("127.0.0.0:0"), .peer_prefix = 8},
      {.peer = End("128.0.0.0:0"), .peer_prefix = 1},
      {.peer = End("[::ffff:127.0.0.1]:0")},
      {.peer = End("[::]:0"), .peer_prefix = 64},
      {.peer = End("[::]:0"), .peer_prefix = 127},
      {.port = port, .peer = End("127.0.0.1:0")},
      {.peer = LocalOf(six.client.get())},
  };
  for (std::size_t at = 0; at < filters.size(); ++at) {
    CAPTURE(at);
    const auto wanted = Answers(*real, filters[at]);
    CHECK(EndsOf(Answers(fake, filters[at]), ours) == EndsOf(wanted, ours));
  }
}

TEST_CASE("made sockets: single ones are asked for by name, and what has gone is left out") {
  FakeSockets fake;
  fake.now = {RestingConnection(1, "10.0.0.1:80", "10.0.0.9:1"),
              RestingConnection(2, "10.0.0.1:80", "10.0.0.9:2")};
  const std::vector<SocketName> names{
      {.local = fake.now[1].local, .remote = fake.now[1].remote, .cookie = 2},
      {.local = fake.now[1].local, .remote = fake.now[1].remote, .cookie = 3}};
  std::vector<std::uint64_t> got;
  const auto dump = fake.Ask(
      names, [&](std::span<const std::byte> raw) { got.push_back(DecodeSocket(raw)->cookie); });
  REQUIRE(dump.has_value());
  CHECK(dump->seen == 1);
  CHECK(got == std::vector<std::uint64_t>{2});
}

}  // namespace tunewire
