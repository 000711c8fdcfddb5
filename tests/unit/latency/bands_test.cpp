#include <doctest/doctest.h>

#include <optional>
#include <vector>

#include "tunewire/latency/stalls.h"

using namespace tunewire;

namespace {

constexpr std::int64_t kMs = 1'000'000;

Band The(StallKind kind, const TimerFacts& facts) {
  for (const Band& band : StallBands(facts)) {
    if (band.kind == kind) return band;
  }
  return {};
}

}  // namespace

TEST_CASE("Bands know the tick") {
  const auto ends = [](int hz) { return The(StallKind::kDelayedAck, {.hz = hz}).to_ns / 1000; };
  CHECK(ends(100) == 72000);
  CHECK(ends(250) == 54000);
  CHECK(ends(300) == 51999);
  CHECK(ends(1000) == 45000);
  CHECK(ends(0) == ends(100));  // unknown: the coarsest
}

TEST_CASE("From 63 ticks on the timer wheel rounds to eight") {
  CHECK(The(StallKind::kMinimumRto, {.hz = 250}) ==
        Band{StallKind::kMinimumRto, 200 * kMs, 218 * kMs});
  CHECK(The(StallKind::kMinimumRto, {.hz = 1000}) ==
        Band{StallKind::kMinimumRto, 200 * kMs, 220 * kMs});
}

TEST_CASE("Bands know the round trip: one to learn of the ACK, one for what was held") {
  TimerFacts facts;
  facts.min_rtt_ns = 10 * kMs;
  CHECK(The(StallKind::kDelayedAck, facts).from_ns == 60 * kMs);
  CHECK(The(StallKind::kDelayedAck, facts).to_ns == 74 * kMs);
  CHECK(The(StallKind::kTwoDelayedAcks, facts).from_ns == 110 * kMs);
  CHECK(The(StallKind::kMinimumRto, facts).from_ns == 220 * kMs);
}

TEST_CASE("Bands rise and do not overlap, whatever the facts") {
  for (const int hz : {0, 100, 250, 300, 1000}) {
    for (const std::int64_t rtt : {-1, 0, 1, 15, 40, 220, 5000}) {
      for (const std::int64_t delack : {0, 2, 8, 20, 40, 200}) {
        for (const std::int64_t rto : {0, 4, 10, 20, 80, 200, 1000}) {
          const auto bands = StallBands({.hz = hz,
                                         .min_rtt_ns = rtt * kMs,
                                         .delack_min_ns = delack * kMs,
                                         .rto_min_ns = rto * kMs});
          CAPTURE(hz);
          CAPTURE(rtt);
          CAPTURE(delack);
          CAPTURE(rto);
          REQUIRE_FALSE(bands.empty());
          for (std::size_t i = 0; i < bands.size(); ++i) {
            CHECK(bands[i].from_ns < bands[i].to_ns);
            if (i > 0) CHECK(bands[i - 1].to_ns <= bands[i].from_ns);
            CHECK(KindOf(bands[i].from_ns, bands) == bands[i].kind);
          }
        }
      }
    }
  }
}

TEST_CASE("A latency's kind, the gaps between the timers included") {
  const auto bands = StallBands({});
  CHECK(KindOf(20000, bands) == StallKind::kOther);
  CHECK(KindOf(40 * kMs - 1, bands) == StallKind::kOther);
  CHECK(KindOf(40 * kMs, bands) == StallKind::kDelayedAck);
  CHECK(KindOf(54 * kMs, bands) == StallKind::kLongDelayedAck);
  CHECK(KindOf(88 * kMs, bands) == StallKind::kTwoDelayedAcks);
  CHECK(KindOf(150 * kMs, bands) == StallKind::kLongDelayedAck);
  CHECK(KindOf(208 * kMs, bands) == StallKind::kMinimumRto);
  CHECK(KindOf(220 * kMs, bands) == StallKind::kOther);
  CHECK(KindOf(44 * kMs, {}) == StallKind::kOther);
}

TEST_CASE("A smaller delayed-ACK maximum leaves no room for long ones") {
  TimerFacts facts;
  facts.delack_min_ns = facts.delack_max_ns = 8 * kMs;
  CHECK(The(StallKind::kLongDelayedAck, facts) == Band{});
  CHECK(KindOf(12 * kMs, StallBands(facts)) == StallKind::kDelayedAck);
}

TEST_CASE("A receiver's smaller RTO shortens its delayed ACK") {
  TimerFacts facts;
  facts.rto_min_ns = 20 * kMs;
  CHECK(KindOf(20 * kMs + 50000, StallBands(facts)) == StallKind::kDelayedAck);
}

TEST_CASE("Kinds have names") {
  CHECK(NameOf(StallKind::kDelayedAck) == "delayed_ack");
  CHECK(NameOf(StallKind::kTwoDelayedAcks) == "two_delayed_acks");
  CHECK(NameOf(StallKind::kMinimumRto) == "minimum_rto");
  CHECK(NameOf(StallKind::kLongDelayedAck) == "long_delayed_ack");
  CHECK(NameOf(StallKind::kOther) == "other");
}

TEST_CASE("Hills of a histogram, the timers' named") {
  Histogram histogram;
  for (std::int64_t us = 16; us <= 40; ++us) histogram.Record(us * 1000, 100);
  for (std::int64_t ms = 38; ms <= 48; ++ms) histogram.Record(ms * kMs, 10);
  histogram.Record(207 * kMs);
  const auto clusters = FindClusters(histogram, {});
  REQUIRE(clusters.size() == 3);
  CHECK(clusters[0].count == 2500);
  CHECK_FALSE(clusters[0].kind);
  CHECK(clusters[0].median_ns == doctest::Approx(28000).epsilon(0.01));
  CHECK(clusters[1].count == 110);
  CHECK(clusters[1].kind == StallKind::kDelayedAck);
  CHECK(clusters[1].from_ns <= 38 * kMs);
  CHECK(clusters[1].to_ns > 48 * kMs);
  CHECK(clusters[2].count == 1);
  CHECK(clusters[2].kind == StallKind::kMinimumRto);
  CHECK(FindClusters({}, {}).empty());
}

TEST_CASE("Hills are told apart by nothing for a factor of 1.25") {
  Histogram near;
  near.Record(1000000);
  near.Record(1240000);
  CHECK(FindClusters(near, {}).size() == 1);
  Histogram apart;
  apart.Record(1000000);
  apart.Record(1270000);
  CHECK(FindClusters(apart, {}).size() == 2);
}
