#include "tunewire/latency/stalls.h"

#include <doctest/doctest.h>

#include <random>
#include <vector>

using namespace tunewire;

namespace {

constexpr std::int64_t kMs = 1'000'000;

/// An undisturbed exchange on loopback: 16 to 40 microseconds.
class Fast {
 public:
  std::int64_t operator()() { return draw_(random_); }

 private:
  std::mt19937_64 random_{5};
  std::uniform_int_distribution<std::int64_t> draw_{16000, 40000};
};

/// `n` exchanges of which every `period`-th takes `stall_ns` more, the first of them at `first`.
std::vector<std::int64_t> EveryNth(std::size_t n, std::size_t first, std::size_t period,
                                   std::int64_t stall_ns) {
  Fast fast;
  std::vector<std::int64_t> latencies;
  for (std::size_t i = 1; i <= n; ++i) {
    const bool stalls = i >= first && (i - first) % period == 0;
    latencies.push_back(fast() + (stalls ? stall_ns : 0));
  }
  return latencies;
}

}  // namespace

TEST_CASE("The classic: from the second exchange on, 44 and 48 ms") {
  std::vector<std::int64_t> latencies = EveryNth(500, 2, 1, 44 * kMs);
  for (std::size_t i = 10; i < latencies.size(); i += 10) latencies[i] += 4 * kMs;
  for (std::size_t i = 60; i < latencies.size(); i += 60) latencies[i] = 30000;
  const StallSummary found = FindStalls(latencies, 0, {});
  CHECK(found.n == 500);
  CHECK(found.count == 491);
  CHECK(found.fraction == doctest::Approx(0.982));
  CHECK(found.interval.low < 0.982);
  CHECK(found.interval.high > 0.982);
  CHECK(found.first == 2);
  CHECK(found.period == 1);
  CHECK(found.kind == StallKind::kDelayedAck);
  CHECK(found.median_ns > 44 * kMs);
  CHECK(found.median_ns < 45 * kMs);
  CHECK(found.fast_median_ns < 40000);
  REQUIRE(found.band);
  CHECK(found.band->from_ns == 40 * kMs);
}

TEST_CASE("A slow first exchange, the only undisturbed one, hides no stall") {
  std::vector<std::int64_t> latencies = EveryNth(40, 2, 1, 44 * kMs);
  latencies[0] = 12 * kMs;
  CHECK(FindStalls(latencies, 0, {}).count == 39);
  TimerFacts shorter;
  shorter.delack_min_ns = 8 * kMs;
  latencies = EveryNth(40, 2, 1, 12 * kMs);
  latencies[0] = 4 * kMs;
  CHECK(FindStalls(latencies, 0, shorter).count == 39);
}

TEST_CASE("A few slow exchanges hide no stall; a few fast ones are still told") {
  std::vector<std::int64_t> latencies = EveryNth(200, 4, 1, 44 * kMs);
  CHECK(FindStalls(latencies, 0, {}).fast_median_ns < 40000);
  latencies[0] = latencies[1] = latencies[2] = 11 * kMs;
  CHECK(FindStalls(latencies, 0, {}).count == 197);
  CHECK(FindStalls(latencies, 0, {}).fast_median_ns == 0);
}

TEST_CASE("The period is tcp_pingpong_thresh") {
  for (const std::size_t thresh : {1U, 2U, 3U, 4U, 8U}) {
    const StallSummary found = FindStalls(EveryNth(200, thresh + 1, thresh, 44 * kMs), 0, {});
    CAPTURE(thresh);
    CHECK(found.first == thresh + 1);
    REQUIRE(found.period);
    CHECK(*found.period == thresh);
    CHECK(found.kind == StallKind::kDelayedAck);
  }
}

TEST_CASE("A period is told only where nine of ten distances agree, and four are there") {
  CHECK(FindStalls(EveryNth(13, 1, 3, 44 * kMs), 0, {}).period == 3);
  CHECK_FALSE(FindStalls(EveryNth(12, 1, 3, 44 * kMs), 0, {}).period);
  // The parity pattern of chunks over an MSS: two of three stall.
  std::vector<std::int64_t> parity = EveryNth(300, 1, 1, 44 * kMs);
  for (std::size_t i = 0; i < parity.size(); i += 3) parity[i] = 25000;
  CHECK_FALSE(FindStalls(parity, 0, {}).period);
  std::vector<std::int64_t> slipped = EveryNth(400, 1, 4, 44 * kMs);
  slipped[40] = 25000;  // one of a hundred left out
  CHECK(FindStalls(slipped, 0, {}).period == 4);
}

TEST_CASE("Both directions one after the other") {
  const StallSummary found = FindStalls(EveryNth(100, 2, 1, 88 * kMs), 0, {});
  CHECK(found.count == 99);
  CHECK(found.kind == StallKind::kTwoDelayedAcks);
}

TEST_CASE("A delayed-ACK maximum that was set") {
  TimerFacts facts;
  facts.delack_min_ns = facts.delack_max_ns = 8 * kMs;
  const StallSummary found = FindStalls(EveryNth(100, 2, 1, 12 * kMs), 0, facts);
  CHECK(found.count == 99);
  CHECK(found.kind == StallKind::kDelayedAck);
  CHECK(FindStalls(EveryNth(100, 2, 30, 5 * kMs), 0, facts).count == 0);  // hiccups
}

TEST_CASE("The minimum RTO, and what else takes 200 ms") {
  for (const std::int64_t length : {205, 207, 208, 212}) {
    const StallSummary found = FindStalls(EveryNth(50, 2, 1, length * kMs), 0, {});
    CAPTURE(length);
    CHECK(found.count == 49);
    CHECK(found.kind == StallKind::kMinimumRto);
  }
}

TEST_CASE("A long round trip: 484 against 221 ms") {
  std::vector<std::int64_t> latencies(50, 484 * kMs);
  latencies[0] = latencies[20] = 221 * kMs;
  TimerFacts facts;
  facts.min_rtt_ns = 220 * kMs;
  const StallSummary found = FindStalls(latencies, 0, facts);
  CHECK(found.count == 48);
  CHECK(found.kind == StallKind::kDelayedAck);
  CHECK(found.fast_median_ns == 221 * kMs);
  // A true 200 ms delayed ACK on that path.
  CHECK(KindOf(640 * kMs, StallBands(facts)) == StallKind::kMinimumRto);
  CHECK(KindOf(560 * kMs, StallBands(facts)) == StallKind::kLongDelayedAck);
}

TEST_CASE("Another system's delayed ACK") {
  CHECK(FindStalls(EveryNth(50, 2, 1, 150 * kMs), 0, {}).kind == StallKind::kLongDelayedAck);
  CHECK(FindStalls(EveryNth(50, 2, 1, 60 * kMs), 0, {}).kind == StallKind::kLongDelayedAck);
}

TEST_CASE("A scheduler's hiccups are no stalls") {
  const StallSummary found = FindStalls(EveryNth(1000, 7, 100, 5 * kMs), 0, {});
  CHECK(found.count == 0);
  CHECK_FALSE(found.first);
  CHECK(found.median_ns == 0);
  CHECK(found.fast_median_ns > 16000);
  CHECK(found.kind == StallKind::kOther);
}

TEST_CASE("What lies in no band is another kind") {
  const StallSummary found = FindStalls(EveryNth(100, 5, 10, 900 * kMs), 0, {});
  CHECK(found.count == 10);
  CHECK(found.kind == StallKind::kOther);
  CHECK_FALSE(found.band);
}

TEST_CASE("The kind is that of most") {
  std::vector<std::int64_t> latencies = EveryNth(100, 2, 1, 44 * kMs);
  for (std::size_t i = 1; i < 40; ++i) latencies[i] += 163 * kMs;
  CHECK(FindStalls(latencies, 0, {}).kind == StallKind::kDelayedAck);
  for (std::size_t i = 1; i < 60; ++i) latencies[i] = 208 * kMs;
  CHECK(FindStalls(latencies, 0, {}).kind == StallKind::kMinimumRto);
}

TEST_CASE("None, one, and all") {
  CHECK(FindStalls({}, 0, {}) == StallSummary{.interval = {0, 1}});
  const std::vector<std::int64_t> fast{25000};
  CHECK(FindStalls(fast, 0, {}).count == 0);
  CHECK(FindStalls(fast, 0, {}).fast_median_ns == 25000);
  const std::vector<std::int64_t> slow{44 * kMs};
  CHECK(FindStalls(slow, 0, {}).count == 1);
  CHECK(FindStalls(slow, 0, {}).first == 1);
  const StallSummary all = FindStalls(EveryNth(100, 1, 1, 44 * kMs), 0, {});
  CHECK(all.count == 100);
  CHECK(all.fraction == 1);
  CHECK(all.fast_median_ns == 0);
}

TEST_CASE("A server that is slow every time stalls, as far as latency can tell") {
  const std::vector<std::int64_t> latencies(100, 50 * kMs);
  CHECK(FindStalls(latencies, 0, {}).count == 100);
  CHECK(FindStalls(latencies, 50 * kMs, {}).count == 0);  // unless it was meant to
}

TEST_CASE("A server whose answers take 5 to 60 ms has no stalls among them") {
  std::mt19937_64 random(8);
  std::uniform_int_distribution<std::int64_t> draw(5 * kMs, 60 * kMs);
  std::vector<std::int64_t> latencies(500);
  for (std::int64_t& latency : latencies) latency = draw(random);
  CHECK(FindStalls(latencies, 0, {}).count == 0);
}

TEST_CASE("Scripted pauses are taken off") {
  std::vector<std::int64_t> thinking = EveryNth(100, 2, 1, 44 * kMs);
  for (std::int64_t& latency : thinking) latency += 5 * kMs;
  const StallSummary found = FindStalls(thinking, 5 * kMs, {});
  CHECK(found.count == 99);
  CHECK(found.kind == StallKind::kDelayedAck);
  CHECK(found.fast_median_ns < 6 * kMs);
  for (std::int64_t& latency : thinking) latency += 45 * kMs;  // 50 ms of thinking, then 44
  CHECK(FindStalls(thinking, 50 * kMs, {}).kind == StallKind::kDelayedAck);
  // A gap of 15 ms between two writes passes while the ACK waits.
  const StallSummary gap = FindStalls(EveryNth(100, 1, 1, 44 * kMs), 15 * kMs, {});
  CHECK(gap.count == 100);
  CHECK(gap.kind == StallKind::kDelayedAck);
}

TEST_CASE("One sample is judged as all of them are") {
  TimerFacts facts;
  facts.min_rtt_ns = 10 * kMs;
  std::vector<std::int64_t> latencies;
  for (std::int64_t ms = 10; ms < 90; ++ms) latencies.push_back(ms * kMs);
  for (int i = 0; i < 200; ++i) latencies.push_back(10 * kMs + 300000);
  const StallSummary found = FindStalls(latencies, 0, facts);
  std::uint64_t stalls = 0;
  for (const std::int64_t latency : latencies) {
    if (IsStall(latency, 0, found.fast_median_ns, facts)) ++stalls;
  }
  CHECK(found.count == stalls);
  CHECK(stalls > 0);
}

TEST_CASE("A million are judged") {
  const StallSummary found = FindStalls(EveryNth(1'000'000, 3, 3, 44 * kMs), 0, {});
  CHECK(found.count == 333'333);
  CHECK(found.period == 3);
}
