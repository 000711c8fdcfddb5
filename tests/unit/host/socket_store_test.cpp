#include "tunewire/host/socket_store.h"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <vector>

#include "host/packed_words.h"
#include "support/diag_bytes.h"
#include "support/loopback_sockets.h"

namespace tunewire {
namespace {

using Bytes = std::vector<std::byte>;

Bytes Raw(std::uint32_t cookie, std::uint32_t receive_queue) {
  inet_diag_msg message = diag::Message();
  message.id.idiag_cookie[0] = cookie;
  message.idiag_rqueue = receive_queue;
  return diag::Payload(message).bytes();
}

Bytes WithTail(Bytes bytes, std::mt19937& random, std::size_t most) {
  std::uniform_int_distribution<std::size_t> length(0, most);
  std::uniform_int_distribution<int> byte(-200, 255);
  const std::size_t size = bytes.size() + length(random);
  while (bytes.size() < size) bytes.push_back(static_cast<std::byte>(std::max(0, byte(random))));
  return bytes;
}

}  // namespace

TEST_CASE("socket store: the first payload stays, a later one is the last") {
  SocketStore store;
  CHECK(store.Put(Raw(1, 10)) == 0);
  CHECK(store.Put(Raw(2, 20)) == 1);
  CHECK(store.Last(0).receive_queue == 10);
  CHECK(store.Put(Raw(1, 11)) == 0);
  CHECK(store.Put(Raw(1, 12)) == 0);
  CHECK(store.size() == 2);
  CHECK(store.FirstRaw(0) == Raw(1, 10));
  CHECK(store.LastRaw(0) == Raw(1, 12));
  CHECK(store.First(0).receive_queue == 10);
  CHECK(store.Last(0).receive_queue == 12);
  CHECK(store.Last(1).receive_queue == 20);
  CHECK(store.Find(store.Cookie(1)) == 1);
  CHECK_FALSE(store.Find(99).has_value());
}

TEST_CASE("socket store: what is no socket's payload is refused") {
  SocketStore store;
  CHECK_FALSE(store.Put({}).has_value());
  CHECK_FALSE(store.Put(Bytes(71)).has_value());
  Bytes large = Raw(1, 1);
  large.resize(kMostPayload + 1);
  CHECK_FALSE(store.Put(large).has_value());
  large.resize(kMostPayload);
  CHECK(store.Put(large).has_value());
  CHECK(store.FirstRaw(0) == large);
  CHECK(store.size() == 1);
}

TEST_CASE("socket store: payloads of all lengths come back as they went in") {
  std::mt19937 random(7);
  std::uniform_int_distribution<std::uint32_t> cookie(0, 400);
  SocketStore store;
  std::map<std::uint32_t, std::pair<Bytes, Bytes>> told;
  for (int round = 0; round < 5000; ++round) {
    const std::uint32_t which = cookie(random);
    const Bytes raw = WithTail(Raw(which, 3), random, round % 50 == 0 ? 4000 : 300);
    const auto number = store.Put(raw);
    REQUIRE(number.has_value());
    const auto [entry, added] = told.try_emplace(which, raw, raw);
    if (!added) entry->second.second = raw;
    REQUIRE(store.FirstRaw(*number) == entry->second.first);
    REQUIRE(store.LastRaw(*number) == entry->second.second);
  }
  CHECK(store.size() == told.size());
  for (const auto& [which, pair] : told) {
    const auto number = store.Find(which | std::uint64_t{1} << 32U);
    REQUIRE(number.has_value());
    CHECK(store.FirstRaw(*number) == pair.first);
    CHECK(store.LastRaw(*number) == pair.second);
  }
}

TEST_CASE("socket store: places are used again, however often the same sockets come") {
  SocketStore store;
  std::mt19937 random(3);
  std::vector<Bytes> shapes;
  for (int i = 0; i < 20; ++i) shapes.push_back(WithTail(Raw(0, 1), random, 200));
  std::size_t memory = 0;
  for (std::uint32_t round = 0; round < 60; ++round) {
    for (std::uint32_t cookie = 0; cookie < 500; ++cookie) {
      Bytes raw = shapes[(round + cookie) % shapes.size()];
      inet_diag_msg message{};
      std::memcpy(&message, raw.data(), sizeof message);
      message.id.idiag_cookie[0] = cookie;
      std::memcpy(raw.data(), &message, sizeof message);
      REQUIRE(store.Put(raw).has_value());
    }
    if (round == 20) memory = store.MemoryBytes();
  }
  CHECK(store.MemoryBytes() <= memory + memory / 8);
}

TEST_CASE("socket store: many real sockets take less than 600 bytes each, first and last") {
  std::vector<loopback::Pair> pairs(150);
  auto source = LinuxSockets();
  REQUIRE(source.has_value());
  SocketStore store;
  // What is in TIME_WAIT has little to tell.
  SocketFilter open;
  open.states = kListenOnly | 1U << static_cast<unsigned>(TcpState::kEstablished);
  std::size_t raw_bytes = 0;
  const auto take = [&](std::span<const std::byte> raw) {
    const auto number = store.Put(raw);
    REQUIRE(number.has_value());
    CHECK(store.Last(*number) == *DecodeSocket(raw));
    raw_bytes += raw.size();
  };
  for (int look = 0; look < 3; ++look) {
    for (const loopback::Pair& pair : pairs) REQUIRE(::send(pair.client.get(), "x", 1, 0) == 1);
    REQUIRE((*source)->Dump(open, take).has_value());
  }
  REQUIRE(store.size() >= 450);
  CHECK(store.MemoryBytes() / store.size() <= 600);
  CHECK(raw_bytes / 3 / store.size() > 200);
}

}  // namespace tunewire
