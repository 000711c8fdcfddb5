#include "tunewire/host/tcp.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <vector>

#include "host/socket_address.h"
#include "tunewire/host/noise.h"

namespace tunewire {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience{5000};
constexpr milliseconds kShort{50};

std::string MessageOf(const std::string& text) {
  const Result<HostPort> parsed = ParseHostPort(text);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().kind == ErrorKind::kUsage);
  CHECK(parsed.error().code == "invalid_address");
  return parsed.error().message;
}

TEST_CASE("host and port are read as people write them") {
  CHECK(ParseHostPort("10.0.0.9:80").value() == HostPort{"10.0.0.9", 80});
  CHECK(ParseHostPort("[::1]:80").value() == HostPort{"::1", 80});
  CHECK(ParseHostPort("[fe80::1%eth0]:7411").value() == HostPort{"fe80::1%eth0", 7411});
  CHECK(ParseHostPort("db-1.example:65535").value() == HostPort{"db-1.example", 65535});
}

TEST_CASE("what is wrong with an address is said") {
  CHECK(MessageOf("") == "'' is no address: the host is missing");
  CHECK(MessageOf("name") == "'name' is no address: the port is missing");
  CHECK(MessageOf("name:") == "'name:' is no address: the port is missing");
  CHECK(MessageOf(":80") == "':80' is no address: the host is missing");
  CHECK(MessageOf("name:0") == "'name:0' is no address: the port is 1..65535, not '0'");
  CHECK(MessageOf("name:65536") == "'name:65536' is no address: the port is 1..65535, not '65536'");
  CHECK(MessageOf("name:+80") == "'name:+80' is no address: the port is 1..65535, not '+80'");
  CHECK(MessageOf("::1") == "'::1' is no address: an IPv6 address stands in brackets");
  CHECK(MessageOf("fe80::9:x") == "'fe80::9:x' is no address: an IPv6 address stands in brackets");
  CHECK(MessageOf("[::1:80") == "'[::1:80' is no address: the closing bracket is missing");
  CHECK(MessageOf("[::1]80") == "'[::1]80' is no address: the port is missing");
  CHECK(MessageOf("[name]:80") ==
        "'[name]:80' is no address: between the brackets stands no IPv6 address");
  CHECK(MessageOf("a b:80") == "'a b:80' is no address: 'a b' is no host name");
  CHECK(MessageOf("\x1b[m:80") == "'\\x1b[m:80' is no address: '\\x1b[m' is no host name");
  CHECK(MessageOf(std::string("a\0b:80", 6)) == "'a\\x00b:80' is no address: it holds a NUL byte");
  CHECK(MessageOf(std::string(254, 'a') + ":80").find("at most 253") != std::string::npos);
}

TEST_CASE("numbers resolve to themselves, in both families") {
  const auto v4 = ResolveHost({"127.0.0.1", 80});
  REQUIRE(v4);
  REQUIRE(v4->size() == 1);
  CHECK(v4->front().Text() == "127.0.0.1:80");
  CHECK(v4->front().port() == 80);
  const auto v6 = ResolveHost({"::1", 443});
  REQUIRE(v6);
  CHECK(v6->front().Text() == "[::1]:443");
  CHECK(v6->front().SameHost(WithPort(v6->front(), 1)));
  CHECK_FALSE(v6->front().SameHost(v4->front()));
  CHECK(SocketAddress{}.Text() == "no address");
  CHECK_FALSE(SocketAddress{}.SameHost(SocketAddress{}));
}

TEST_CASE("a name without an address is an error with the resolver's words") {
  // RFC 6761: nothing below .invalid ever resolves. A label longer than 63 needs no server to know.
  const auto none = ResolveHost({std::string(64, 'a') + ".invalid", 80});
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == ErrorKind::kNotFound);
  CHECK(none.error().code == "no_such_host");
  CHECK(none.error().message.find("no address for 'aaa") == 0);
}

/// A connection over loopback.
struct Pair {
  UniqueFd client, server;

  explicit Pair(const SocketAddress& address = LoopbackV4(), std::uint32_t mss = 0) {
    const Result<UniqueFd> listener = ListenTcp(address, 1);
    REQUIRE(listener);
    const auto bound = LocalAddressOf(listener->get());
    REQUIRE(bound);
    Result<UniqueFd> connected = ConnectTcp(*bound, {mss, "", kPatience});
    REQUIRE(connected);
    client = std::move(*connected);
    SocketAddress peer;
    Result<UniqueFd> accepted = AcceptTcp(listener->get(), kPatience, peer);
    REQUIRE(accepted);
    REQUIRE(accepted->valid());
    server = std::move(*accepted);
    CHECK(peer == LocalAddressOf(client.get()).value());
    CHECK(*bound == PeerAddressOf(client.get()).value());
  }
};

TEST_CASE("bytes go both ways, over IPv6 too where it is there") {
  std::vector<SocketAddress> addresses{LoopbackV4()};
  if (ListenTcp(LoopbackV6(), 1)) addresses.push_back(LoopbackV6());
  for (const SocketAddress& address : addresses) {
    const Pair pair(address);
    const std::vector<std::byte> sent(300'000, std::byte{7});
    std::vector<std::byte> got(4);
    REQUIRE(SendAll(pair.client.get(), sent.data(), 4, kPatience));
    REQUIRE(ReceiveAll(pair.server.get(), got.data(), 4, kPatience));
    CHECK(got[3] == std::byte{7});
  }
}

TEST_CASE("every wait has an end") {
  const Pair pair;
  std::array<std::byte, 4> room{};
  const Status quiet = ReceiveAll(pair.client.get(), room.data(), room.size(), kShort);
  REQUIRE_FALSE(quiet);
  CHECK(quiet.error().code == "timed_out");
  // More than both buffers take while nobody reads.
  const std::vector<std::byte> much(64U << 20);
  const Status full = SendAll(pair.client.get(), much.data(), much.size(), kShort);
  REQUIRE_FALSE(full);
  CHECK(full.error().code == "timed_out");
  const Result<UniqueFd> listener = ListenTcp(LoopbackV4(), 1);
  REQUIRE(listener);
  SocketAddress peer;
  const Result<UniqueFd> nobody = AcceptTcp(listener->get(), kShort, peer);
  REQUIRE(nobody);
  CHECK_FALSE(nobody->valid());
}

TEST_CASE("a peer that goes away is noticed") {
  Pair pair;
  pair.server.Reset();
  std::array<std::byte, 4> room{};
  const Status gone = ReceiveAll(pair.client.get(), room.data(), room.size(), kPatience);
  REQUIRE_FALSE(gone);
  CHECK(gone.error().code == "peer_gone");
}

TEST_CASE("connecting fails with a reason") {
  SocketAddress closed;
  {
    const Result<UniqueFd> listener = ListenTcp(LoopbackV4(), 1);
    REQUIRE(listener);
    closed = LocalAddressOf(listener->get()).value();
  }
  const Result<UniqueFd> refused = ConnectTcp(closed, {0, "", kPatience});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "refused");
  CHECK(refused.error().operation == "connect");

  const Result<UniqueFd> foreign = ConnectTcp(closed, {0, "192.0.2.1", kPatience});
  REQUIRE_FALSE(foreign);
  CHECK(foreign.error().code == "invalid_address");
  CHECK(foreign.error().kind == ErrorKind::kUsage);

  const Result<UniqueFd> tiny = ConnectTcp(closed, {1, "", kPatience});
  REQUIRE_FALSE(tiny);
  CHECK(tiny.error().code == "invalid_mss");

  const Result<UniqueFd> listener = ListenTcp(LoopbackV4(), 1);
  REQUIRE(listener);
  const Result<UniqueFd> second = ListenTcp(LocalAddressOf(listener->get()).value(), 1);
  REQUIRE_FALSE(second);
  CHECK(second.error().operation == "bind");
}

TEST_CASE("a connection that nobody takes does not hang") {
  // A full accept queue drops the handshake's last step or its first: either way connect waits.
  const Result<UniqueFd> listener = ListenTcp(LoopbackV4(), 0);
  REQUIRE(listener);
  const SocketAddress where = LocalAddressOf(listener->get()).value();
  std::vector<UniqueFd> waiting;
  for (int i = 0; i < 8; ++i) {
    Result<UniqueFd> one = ConnectTcp(where, {0, "", milliseconds(200)});
    if (one) {
      waiting.push_back(std::move(*one));
      continue;
    }
    CHECK(one.error().code == "timed_out");
    return;
  }
  FAIL("the queue never filled");
}

TEST_CASE("the host's noise has figures that can be") {
  const Noise noise = MeasureNoise();
  CHECK(noise.clock_resolution_ns >= 1);
  CHECK(noise.clock_call_ns >= 0);
  CHECK(noise.clock_call_ns < 1'000'000);
  CHECK(noise.largest_gap_ns >= noise.clock_call_ns);
  CHECK(noise.wakeup_max_ns >= noise.wakeup_p50_ns);
  CHECK(noise.wakeup_p50_ns > 0);
}

}  // namespace
}  // namespace tunewire
