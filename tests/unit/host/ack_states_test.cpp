#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>

#include "support/loopback_sockets.h"
#include "tunewire/host/socket_table.h"

namespace tunewire {
namespace {

constexpr std::string_view kHead =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode\n";
constexpr std::string_view kLine =
    "   2: 0100007F:BF09 0100007F:B002 01 00000000:00000001 00:00000000 00000000     0        0 "
    "14668089 1 000000001f4804ef 20 4 31 10 -1                 \n";
constexpr std::string_view kTimeWait =
    "   4: 0100007F:E5D0 0100007F:9C47 06 00000000:00000000 03:000002DF 00000000     0        0 "
    "0 3 0000000043d7625c                                      \n";

std::string Text(std::initializer_list<std::string_view> lines) {
  std::string text;
  for (const std::string_view line : lines) text += line;
  return text;
}

const AckState* Find(const std::vector<AckState>& states, std::uint64_t inode) {
  const auto found = std::ranges::lower_bound(states, inode, {}, &AckState::inode);
  return found == states.end() || found->inode != inode ? nullptr : &*found;
}

std::vector<AckState> Read() {
  const auto states = ReadAckStates();
  REQUIRE(states.has_value());
  CHECK(std::ranges::is_sorted(*states, {}, &AckState::inode));
  return *states;
}

}  // namespace

TEST_CASE("ACK state: ato, quick ACKs left and ping-pong mode stand in two columns") {
  const auto states = DecodeAckStates(Text({kHead, kLine, kTimeWait}));
  REQUIRE(states.size() == 1);
  CHECK(states[0] == AckState{.inode = 14668089, .ato_ticks = 4, .quick = 15, .pingpong = true});
}

TEST_CASE("ACK state: the last line may lack its end, others may be none") {
  std::string line(kLine);
  while (line.back() == '\n' || line.back() == ' ') line.pop_back();
  CHECK(DecodeAckStates(line).size() == 1);
  CHECK(DecodeAckStates("").empty());
  CHECK(DecodeAckStates("\n\n   \n").empty());
  CHECK(DecodeAckStates(kHead).empty());
  std::string damaged(kLine);
  damaged.replace(damaged.find("14668089"), 8, "1466808x");
  CHECK(DecodeAckStates(damaged).empty());
  damaged = kLine;
  damaged.replace(damaged.find(" 31 "), 4, " -1 ");
  CHECK(DecodeAckStates(damaged).empty());
  CHECK(DecodeAckStates(Text({damaged, kLine})).size() == 1);
}

TEST_CASE("ACK state: the kernel's own, IPv4 and IPv6") {
  for (const auto family : {loopback::Family::kV4, loopback::Family::kV6}) {
    const loopback::Pair pair(family);
    // A write right behind what came turns the connection interactive.
    std::array<char, 8> room{};
    for (int i = 0; i < 4; ++i) {
      REQUIRE(::send(pair.client.get(), "ask", 3, 0) == 3);
      REQUIRE(::recv(pair.server.get(), room.data(), 3, MSG_WAITALL) == 3);
      REQUIRE(::send(pair.server.get(), "say", 3, 0) == 3);
      REQUIRE(::recv(pair.client.get(), room.data(), 3, MSG_WAITALL) == 3);
    }
    const auto states = Read();
    const AckState* server = Find(states, loopback::InodeOfFd(pair.server.get()));
    REQUIRE(server != nullptr);
    CHECK(server->pingpong);
    CHECK(server->ato_ticks > 0);
    const AckState* listener = Find(states, loopback::InodeOfFd(pair.listener.get()));
    REQUIRE(listener != nullptr);
    CHECK_FALSE(listener->pingpong);
    // TCP_QUICKACK leaves the mode.
    const int on = 1;
    REQUIRE(::setsockopt(pair.server.get(), IPPROTO_TCP, 12, &on, sizeof on) == 0);
    CHECK_FALSE(Find(Read(), loopback::InodeOfFd(pair.server.get()))->pingpong);
  }
}

TEST_CASE("ACK state: more sockets than one read hands out") {
  std::vector<loopback::Pair> pairs(80);
  const auto states = Read();
  for (const loopback::Pair& pair : pairs) {
    CHECK(Find(states, loopback::InodeOfFd(pair.client.get())) != nullptr);
    CHECK(Find(states, loopback::InodeOfFd(pair.server.get())) != nullptr);
  }
}

}  // namespace tunewire
