#include "tunewire/check/trial.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <random>

using namespace tunewire;

namespace {

/// Answers at a made pace, a little different each time.
class FakePair : public ScratchPair {
 public:
  FakePair(double pace, std::uint64_t seed) : pace_(pace), random_(seed) {}

  const std::vector<RehearsedWrite>& writes() const override { return writes_; }

  Result<TrafficResult> Run(const TrafficWish& wish) override {
    ++runs;
    if (fails_after > 0 && runs > fails_after) return Fail(SystemError("setns", "x", EPERM));
    TrafficResult result;
    result.seconds = static_cast<double>(wish.duration.count()) / 1000;
    if (runs <= deaf) return result;
    const double pace = pace_ * (0.9 + 0.2 * std::uniform_real_distribution<double>()(random_));
    result.done = static_cast<std::uint64_t>(pace * 10'000 * result.seconds);
    result.bytes = result.done * 1000;
    result.latency.Record(static_cast<std::int64_t>(1e6 / pace), 100);
    if (refuse) result.errors[EADDRNOTAVAIL] = 3;
    return result;
  }

  int runs = 0, fails_after = 0, deaf = 0;
  bool refuse = false;

 private:
  double pace_;
  std::mt19937_64 random_;
  std::vector<RehearsedWrite> writes_;
};

bool Never(std::uint32_t, std::uint32_t) { return false; }

const TrialMeasure& Of(const TrialResult& result, std::string_view id) {
  for (const TrialMeasure& measure : result.measures)
    if (measure.id == id) return measure;
  FAIL("no measure ", std::string(id));
  return result.measures.front();
}

}  // namespace

TEST_CASE("a faster arm is better in rates and in times, with an interval around the truth") {
  FakePair without(1, 1);
  FakePair with(1.5, 2);
  const Result<TrialResult> result = RunTrial(without, with, {}, Never);
  REQUIRE(result);
  CHECK(result->pairs >= kFewestPairs);
  for (const TrialMeasure& measure : result->measures) {
    CHECK(measure.outcome == TrialOutcome::kBetter);
    CHECK(measure.with.size() == result->pairs);
    const double truth = measure.better == Better::kMore ? 1.5 : 1 / 1.5;
    CHECK(measure.ratio.interval.low < truth);
    CHECK(measure.ratio.interval.high > truth);
  }
  const Result<TrialResult> turned = RunTrial(with, without, {}, Never);
  REQUIRE(turned);
  CHECK(Of(*turned, "exchange_p99_ns").outcome == TrialOutcome::kWorse);
}

TEST_CASE("equal arms show no difference, seed after seed") {
  int differences = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    FakePair without(1, 2 * seed);
    FakePair with(1, 2 * seed + 1);
    const Result<TrialResult> result = RunTrial(without, with, {}, Never);
    REQUIRE(result);
    for (const TrialMeasure& measure : result->measures)
      differences += measure.outcome != TrialOutcome::kNoDifference;
  }
  // 280 intervals of 99 %, many of them of the same noise twice.
  CHECK(differences <= 9);
}

TEST_CASE("the shortest trial still has enough pairs, and both arms get the same number") {
  FakePair without(1, 1);
  FakePair with(1, 2);
  const Result<TrialResult> result = RunTrial(without, with, {kShortestTrial}, Never);
  REQUIRE(result);
  CHECK(result->pairs >= kFewestPairs);
  CHECK(without.runs == with.runs);
}

TEST_CASE("a stop leaves whole pairs and says that it is a part") {
  FakePair without(1, 1);
  FakePair with(1, 2);
  const Result<TrialResult> result =
      RunTrial(without, with, {}, [](std::uint32_t done, std::uint32_t) { return done >= 12; });
  REQUIRE(result);
  CHECK(result->partial);
  CHECK(result->pairs == 2);
  // Two pairs are no proof, however far apart.
  CHECK(Of(*result, "connections_per_s").outcome == TrialOutcome::kNoDifference);
}

TEST_CASE("failures are counted by errno and arm; an end that cannot run ends the trial") {
  FakePair without(1, 1);
  FakePair with(1, 2);
  without.refuse = true;
  const Result<TrialResult> result = RunTrial(without, with, {kShortestTrial}, Never);
  REQUIRE(result);
  REQUIRE(result->failures.count(EADDRNOTAVAIL) == 1);
  CHECK(result->failures.at(EADDRNOTAVAIL).without == 3 * 3 * result->pairs);
  CHECK(result->failures.at(EADDRNOTAVAIL).with == 0);
  with.fails_after = with.runs + 5;
  CHECK_FALSE(RunTrial(without, with, {}, Never));
}

TEST_CASE("an arm whose link comes up late is waited for; one that stays down shows it") {
  FakePair without(1, 1);
  FakePair with(1, 2);
  without.deaf = 60;
  const Result<TrialResult> late = RunTrial(without, with, {kShortestTrial}, Never);
  REQUIRE(late);
  for (const TrialMeasure& measure : late->measures)
    CHECK(std::ranges::count(measure.without, 0.0) == 0);
  with.deaf = std::numeric_limits<int>::max();
  const Result<TrialResult> down = RunTrial(without, with, {kShortestTrial}, Never);
  REQUIRE(down);
  for (const TrialMeasure& measure : down->measures) CHECK(measure.outcome == TrialOutcome::kWorse);
}

TEST_CASE("nothing in both arms is no difference; nothing in one is a difference") {
  TrialResult result;
  const std::vector<double> none(12, 0);
  const std::vector<double> some(12, 5);
  result.measures = {{"a", "a", Better::kMore, none, none},
                     {"b", "b", Better::kMore, none, some},
                     {"c", "c", Better::kMore, some, none},
                     {"d", "d", Better::kMore, {}, {}}};
  JudgeTrial(result);
  CHECK(result.measures[0].outcome == TrialOutcome::kNoDifference);
  CHECK(result.measures[1].outcome == TrialOutcome::kBetter);
  CHECK(result.measures[2].outcome == TrialOutcome::kWorse);
  CHECK(result.measures[3].outcome == TrialOutcome::kNoDifference);
}
