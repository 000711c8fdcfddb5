#include "tunewire/host/traffic.h"

#include <doctest/doctest.h>

#include "host/socket_address.h"

using namespace tunewire;

namespace {

TrafficPlaces Here() {
  TrafficPlaces places;
  places.listen = LoopbackV4();
  return places;
}

TrafficWish Wish(TrafficKind kind) {
  TrafficWish wish;
  wish.kind = kind;
  wish.duration = std::chrono::milliseconds(100);
  wish.concurrency = 4;
  return wish;
}

}  // namespace

TEST_CASE("connections: each connects, is answered and closes") {
  TrafficWish wish = Wish(TrafficKind::kConnections);
  wish.duration = std::chrono::seconds(10);
  wish.most = 50;
  for (const Closing closing : {Closing::kReset, Closing::kOrderly}) {
    wish.closing = closing;
    const Result<TrafficResult> result = RunTraffic(wish, Here());
    REQUIRE(result);
    CHECK(result->done == 50);
    CHECK(result->failed == 0);
    CHECK(result->latency.count() == 50);
    CHECK(result->bytes >= 50 * 64);
    CHECK(result->seconds < 5);
    CHECK(result->cpu_ns > 0);
  }
}

TEST_CASE("exchanges stay on their connections, and messages may exceed the socket buffers") {
  TrafficWish wish = Wish(TrafficKind::kExchanges);
  wish.duration = std::chrono::seconds(20);
  wish.most = 8;
  wish.message_bytes = 8 << 20;
  const Result<TrafficResult> result = RunTraffic(wish, Here());
  REQUIRE(result);
  CHECK(result->done == 8);
  CHECK(result->failed == 0);
  CHECK(result->bytes >= std::uint64_t{8} * (8 << 20));
}

TEST_CASE("bulk goes one way until the time is up") {
  const Result<TrafficResult> result = RunTraffic(Wish(TrafficKind::kBulk), Here());
  REQUIRE(result);
  CHECK(result->done == 0);
  CHECK(result->latency.count() == 0);
  CHECK(result->bytes > 1 << 20);
  CHECK(result->seconds >= 0.1);
}

TEST_CASE("an address that is nobody's here is an error, not a figure") {
  TrafficPlaces places = Here();
  places.listen.bytes[4] = std::byte{192};
  places.listen.bytes[5] = std::byte{0};
  places.listen.bytes[6] = std::byte{2};
  const Result<TrafficResult> result = RunTraffic(Wish(TrafficKind::kExchanges), places);
  REQUIRE_FALSE(result);
  CHECK(result.error().os_error != 0);
}

TEST_CASE("a descriptor that is no network namespace is an error") {
  TrafficPlaces places = Here();
  places.client = 1'000'000;
  const Result<TrafficResult> result = RunTraffic(Wish(TrafficKind::kExchanges), places);
  REQUIRE_FALSE(result);
  CHECK(result.error().operation == "setns");
}
