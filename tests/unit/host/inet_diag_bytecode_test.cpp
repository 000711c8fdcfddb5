// Filters run as net/ipv4/inet_diag.c runs them; socket_table_test.cpp gives them to the kernel.
#include "host/inet_diag_bytecode.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <linux/inet_diag.h>

#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

namespace tunewire {
namespace {

SocketEnd End(const std::string& host, std::uint16_t port) {
  SocketEnd end;
  end.port = port;
  end.v6 = host.find(':') != std::string::npos;
  REQUIRE(::inet_pton(end.v6 ? AF_INET6 : AF_INET, host.c_str(), end.address.data()) == 1);
  return end;
}

template <class T>
T At(const std::vector<std::byte>& program, std::size_t place) {
  T value{};
  REQUIRE(place + sizeof value <= program.size());
  std::memcpy(&value, program.data() + place, sizeof value);
  return value;
}

/// The first `bits` of both are the same.
bool SameBits(const std::uint8_t* one, const std::byte* other, std::size_t bits) {
  for (std::size_t bit = 0; bit < bits; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
    if ((one[bit / 8] & mask) != (std::to_integer<std::uint8_t>(other[bit / 8]) & mask)) {
      return false;
    }
  }
  return true;
}

bool PeerHolds(const std::vector<std::byte>& program, std::size_t place, const SocketEnd& peer) {
  const auto condition = At<inet_diag_hostcond>(program, place + sizeof(inet_diag_bc_op));
  const std::byte* wanted = program.data() + place + sizeof(inet_diag_bc_op) + sizeof condition;
  if (condition.port != -1 && condition.port != peer.port) return false;
  const int family = peer.v6 ? AF_INET6 : AF_INET;
  if (condition.family == family) {
    return SameBits(peer.address.data(), wanted, condition.prefix_len);
  }
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  return family == AF_INET6 && condition.family == AF_INET &&
         std::memcmp(peer.address.data(), kMapped.data(), kMapped.size()) == 0 &&
         SameBits(peer.address.data() + kMapped.size(), wanted, condition.prefix_len);
}

/// How far to go on from the operation at `place`.
std::size_t Step(const std::vector<std::byte>& program, std::size_t place, const SocketEnd& local,
                 const SocketEnd& remote) {
  const auto op = At<inet_diag_bc_op>(program, place);
  const auto port = [&] { return At<inet_diag_bc_op>(program, place + sizeof op).no; };
  switch (op.code) {
    case INET_DIAG_BC_S_EQ:
      return local.port == port() ? op.yes : op.no;
    case INET_DIAG_BC_D_EQ:
      return remote.port == port() ? op.yes : op.no;
    case INET_DIAG_BC_D_COND:
      return PeerHolds(program, place, remote) ? op.yes : op.no;
    case INET_DIAG_BC_JMP:
      return op.no;
    default:
      FAIL("an operation that no filter needs");
      return 0;
  }
}

bool Passes(const SocketFilter& filter, const SocketEnd& local, const SocketEnd& remote) {
  const std::vector<std::byte> program = CompileFilter(filter);
  std::size_t place = 0;
  for (int steps = 0; place < program.size(); ++steps) {
    REQUIRE(steps < 10);
    const std::size_t step = Step(program, place, local, remote);
    REQUIRE(step % 4 == 0);
    REQUIRE(step >= 4);
    place += step;
  }
  REQUIRE((place == program.size() || place == program.size() + 4));
  return place == program.size();
}

}  // namespace

TEST_CASE("filter bytes: none without a filter; states go elsewhere") {
  CHECK(CompileFilter({}).empty());
  CHECK(CompileFilter({.states = kListenOnly, .port = {}, .peer = {}}).empty());
}

TEST_CASE("filter bytes: a port at either side") {
  const SocketFilter filter{.port = 443, .peer = {}};
  CHECK(Passes(filter, End("10.0.0.1", 443), End("10.0.0.2", 5000)));
  CHECK(Passes(filter, End("10.0.0.1", 5000), End("10.0.0.2", 443)));
  CHECK(Passes(filter, End("10.0.0.1", 443), End("10.0.0.2", 443)));
  CHECK_FALSE(Passes(filter, End("10.0.0.1", 5000), End("10.0.0.2", 5001)));
  CHECK(Passes({.port = 65535, .peer = {}}, End("10.0.0.1", 65535), End("10.0.0.2", 1)));
}

TEST_CASE("filter bytes: a peer, whole or by prefix") {
  const SocketEnd local = End("10.0.0.1", 80);
  SocketFilter filter{.port = {}, .peer = End("192.168.5.6", 0)};
  CHECK(Passes(filter, local, End("192.168.5.6", 1)));
  CHECK(Passes(filter, local, End("::ffff:192.168.5.6", 1)));
  CHECK_FALSE(Passes(filter, local, End("192.168.5.7", 1)));
  CHECK_FALSE(Passes(filter, local, End("::ffff:192.168.5.7", 1)));
  CHECK_FALSE(Passes(filter, End("192.168.5.6", 1), End("10.0.0.1", 80)));
  filter.peer_prefix = 17;
  CHECK(Passes(filter, local, End("192.168.127.1", 1)));
  CHECK_FALSE(Passes(filter, local, End("192.168.128.1", 1)));
  filter.peer_prefix = 0;
  CHECK(Passes(filter, local, End("1.2.3.4", 1)));
  CHECK_FALSE(Passes(filter, local, End("2001:db8::1", 1)));
}

TEST_CASE("filter bytes: an IPv6 peer") {
  const SocketEnd local = End("2001:db8::9", 80);
  SocketFilter filter{.port = {}, .peer = End("2001:db8::1", 0), .peer_prefix = 64};
  CHECK(Passes(filter, local, End("2001:db8::ffff", 1)));
  CHECK_FALSE(Passes(filter, local, End("2001:db8:0:1::1", 1)));
  filter.peer_prefix = 255;
  CHECK(Passes(filter, local, End("2001:db8::1", 1)));
  CHECK_FALSE(Passes(filter, local, End("2001:db8::2", 1)));
  CHECK_FALSE(MayPass(filter, AF_INET));
  CHECK(MayPass(filter, AF_INET6));
}

TEST_CASE("filter bytes: an IPv4-mapped peer is the same as the IPv4 one") {
  SocketFilter filter{.port = {}, .peer = End("::ffff:10.1.2.3", 0), .peer_prefix = 96 + 8};
  CHECK(Passes(filter, End("10.0.0.1", 1), End("10.9.9.9", 1)));
  CHECK(Passes(filter, End("::1", 1), End("::ffff:10.9.9.9", 1)));
  CHECK_FALSE(Passes(filter, End("10.0.0.1", 1), End("11.0.0.1", 1)));
  CHECK(MayPass(filter, AF_INET));
  filter.peer_prefix = 96;
  CHECK(Passes(filter, End("10.0.0.1", 1), End("11.0.0.1", 1)));
}

TEST_CASE("filter bytes: a peer's port counts where it is set") {
  const SocketFilter filter{.port = {}, .peer = End("10.0.0.2", 5432)};
  CHECK(Passes(filter, End("10.0.0.1", 1), End("10.0.0.2", 5432)));
  CHECK_FALSE(Passes(filter, End("10.0.0.1", 5432), End("10.0.0.2", 1)));
}

TEST_CASE("filter bytes: port and peer must both hold") {
  for (const char* const host : {"10.0.0.2", "2001:db8::2"}) {
    const SocketFilter filter{.port = 80, .peer = End(host, 0)};
    const SocketEnd wanted = End(host, 9);
    const SocketEnd served = End(host, 80);
    CHECK(Passes(filter, End("10.0.0.1", 80), wanted));
    CHECK(Passes(filter, End("10.0.0.1", 9), served));
    CHECK_FALSE(Passes(filter, End("10.0.0.1", 9), wanted));
    CHECK_FALSE(Passes(filter, End("10.0.0.1", 80), End("10.0.0.3", 9)));
    CHECK_FALSE(Passes(filter, End("10.0.0.1", 9), End("10.0.0.3", 80)));
  }
}

}  // namespace tunewire
