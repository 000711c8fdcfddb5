#include "tunewire/latency/histogram.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "tunewire/latency/interval.h"

using namespace tunewire;

namespace {

std::vector<std::int64_t> Drawn(const std::function<double(std::mt19937_64&)>& draw,
                                std::size_t n) {
  std::mt19937_64 random(20);
  std::vector<std::int64_t> samples(n);
  for (std::int64_t& sample : samples) sample = static_cast<std::int64_t>(draw(random));
  return samples;
}

Histogram Of(const std::vector<std::int64_t>& samples) {
  Histogram histogram;
  for (const std::int64_t sample : samples) histogram.Record(sample);
  return histogram;
}

void CheckQuantiles(const std::vector<std::int64_t>& samples) {
  const Histogram histogram = Of(samples);
  for (const double quantile : {0.0, 0.001, 0.1, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    const std::int64_t exact = QuantileOf(samples, quantile);
    const std::int64_t found = histogram.At(quantile);
    CAPTURE(quantile);
    CHECK(found >= exact);  // the top of the bucket: never too short
    CHECK(static_cast<double>(found - exact) <= 0.01 * static_cast<double>(exact));
  }
}

}  // namespace

TEST_CASE("A histogram's quantiles are within 1 % of the exact ones") {
  SUBCASE("exponential") {
    std::exponential_distribution<double> draw(1 / 25000.0);
    CheckQuantiles(Drawn(draw, 50000));
  }
  SUBCASE("log-normal") {
    std::lognormal_distribution<double> draw(10, 2);
    CheckQuantiles(Drawn(draw, 50000));
  }
  SUBCASE("even") {
    std::uniform_real_distribution<double> draw(0, 1e9);
    CheckQuantiles(Drawn(draw, 50000));
  }
  SUBCASE("stalls: two hills") {
    std::normal_distribution<double> fast(20000, 1500);
    std::normal_distribution<double> slow(44e6, 1e6);
    std::bernoulli_distribution stalls(0.3);
    CheckQuantiles(
        Drawn([&](auto& random) { return stalls(random) ? slow(random) : fast(random); }, 50000));
  }
  SUBCASE("small whole numbers") {
    std::geometric_distribution<int> draw(0.01);
    CheckQuantiles(Drawn(draw, 20000));
  }
}

TEST_CASE("Count, sum, smallest and largest are exact") {
  const std::vector<std::int64_t> samples{1000003, 17, 44123457, 220000001};
  const Histogram histogram = Of(samples);
  CHECK(histogram.count() == 4);
  CHECK(histogram.smallest() == 17);
  CHECK(histogram.largest() == 220000001);
  CHECK(histogram.mean() == doctest::Approx(265123478 / 4.0));
  CHECK(histogram.At(0) == 17);
  CHECK(histogram.At(1) == 220000001);
}

TEST_CASE("An empty histogram answers zero") {
  const Histogram histogram;
  CHECK(histogram.count() == 0);
  CHECK(histogram.smallest() == 0);
  CHECK(histogram.largest() == 0);
  CHECK(histogram.mean() == 0);
  CHECK(histogram.At(0.5) == 0);
  CHECK(histogram.CountUpTo(100) == 0);
  CHECK(histogram.Buckets().empty());
}

TEST_CASE("Durations out of range count at the ends") {
  Histogram histogram;
  histogram.Record(-5);
  histogram.Record(std::numeric_limits<std::int64_t>::max());
  histogram.Record(Histogram::kLongest);
  CHECK(histogram.smallest() == 0);
  CHECK(histogram.largest() == Histogram::kLongest);
  CHECK(histogram.At(1) == Histogram::kLongest);
  const auto buckets = histogram.Buckets();
  REQUIRE(buckets.size() == 2);
  CHECK(buckets[0] == Histogram::Bucket{0, 1, 1});
  CHECK(buckets[1].to_ns == Histogram::kLongest + 1);
  CHECK(buckets[1].count == 2);
}

TEST_CASE("Buckets lie end to end around every power of two, each at most 1/128 of its value") {
  for (int power = 0; power < 42; ++power) {
    for (const std::int64_t near : {-1, 0, 1}) {
      const std::int64_t value = (std::int64_t{1} << power) + near;
      if (value > Histogram::kLongest) continue;
      const auto bucket = Of({value}).Buckets().front();
      CAPTURE(value);
      CHECK(bucket.from_ns <= value);
      CHECK(value < bucket.to_ns);
      CHECK((bucket.to_ns - bucket.from_ns - 1) * 128 <= bucket.from_ns);
    }
  }
}

TEST_CASE("Merging is the same as recording everything in one") {
  std::lognormal_distribution<double> draw(12, 3);
  const std::vector<std::int64_t> samples = Drawn(draw, 10000);
  const auto middle = samples.begin() + 3333;
  Histogram merged = Of({samples.begin(), middle});
  merged.Merge(Of({middle, samples.end()}));
  const Histogram whole = Of(samples);
  // All but the sum, whose last digit depends on the order of the additions.
  CHECK(merged.Buckets() == whole.Buckets());
  CHECK(merged.count() == whole.count());
  CHECK(merged.smallest() == whole.smallest());
  CHECK(merged.largest() == whole.largest());
  CHECK(merged.mean() == doctest::Approx(whole.mean()));
}

TEST_CASE("Merging with an empty one changes nothing") {
  const Histogram whole = Of({5, 500, 50000});
  Histogram merged = whole;
  merged.Merge(Histogram{});
  CHECK(merged == whole);
  Histogram other;
  other.Merge(whole);
  CHECK(other == whole);
}

TEST_CASE("Recording several times counts them all, none counts none") {
  Histogram many;
  many.Record(1000, 7);
  many.Record(5, 0);
  CHECK(many == Of({1000, 1000, 1000, 1000, 1000, 1000, 1000}));
}

TEST_CASE("Counting up to a duration leaves out the bucket that reaches beyond") {
  const Histogram histogram = Of({100, 1000, 1001, 100000});
  CHECK(histogram.CountUpTo(99) == 0);
  CHECK(histogram.CountUpTo(100) == 1);
  CHECK(histogram.CountUpTo(1000) == 1);  // its bucket is [1000, 1004)
  CHECK(histogram.CountUpTo(1003) == 3);
  CHECK(histogram.CountUpTo(99999) == 3);
  CHECK(histogram.CountUpTo(100000) == 4);  // the largest
  std::uint64_t counted = 0;
  for (const auto& bucket : histogram.Buckets()) counted += bucket.count;
  CHECK(counted == histogram.count());
}

TEST_CASE("A rank that misses a whole number by rounding is that number") {
  Histogram histogram;
  for (int i = 1; i <= 100; ++i) histogram.Record(i);
  for (int percent = 1; percent <= 100; ++percent) {
    CAPTURE(percent);
    CHECK(histogram.At(percent * 0.01) == percent);
  }
}
