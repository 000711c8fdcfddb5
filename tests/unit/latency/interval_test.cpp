#include "tunewire/latency/interval.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <vector>

using namespace tunewire;

namespace {

void CheckInterval(const Interval& found, double low, double high) {
  CHECK(std::abs(found.low - low) < 0.00005001);
  CHECK(std::abs(found.high - high) < 0.00005001);
}

std::vector<std::int64_t> Exponential(double mean, std::size_t n, std::mt19937_64& random) {
  std::exponential_distribution<double> draw(1 / mean);
  std::vector<std::int64_t> samples(n);
  for (std::int64_t& sample : samples) sample = static_cast<std::int64_t>(draw(random));
  return samples;
}

}  // namespace

// R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine
// 17 (1998), table I, method 3.
TEST_CASE("Wilson intervals as published") {
  CheckInterval(WilsonInterval(81, 263), 0.2553, 0.3662);
  CheckInterval(WilsonInterval(15, 148), 0.0624, 0.1605);
  CheckInterval(WilsonInterval(0, 20), 0.0000, 0.1611);
  CheckInterval(WilsonInterval(1, 29), 0.0061, 0.1718);
}

TEST_CASE("A Wilson interval stays within 0 and 1 and is symmetric") {
  CHECK(WilsonInterval(0, 0) == Interval{0, 1});
  CHECK(WilsonInterval(0, 1000).low == 0);
  CHECK(WilsonInterval(1000, 1000).high == 1);
  for (std::uint64_t hits = 0; hits <= 50; ++hits) {
    const Interval found = WilsonInterval(hits, 50);
    const Interval mirrored = WilsonInterval(50 - hits, 50);
    CHECK(found.low >= 0);
    CHECK(found.high <= 1);
    CHECK(found.low == doctest::Approx(1 - mirrored.high));
  }
}

// R. G. Newcombe, Interval estimation for the difference between independent proportions,
// Statistics in Medicine 17 (1998), table II, method 10.
TEST_CASE("Newcombe's intervals as published") {
  CheckInterval(FractionEffect(48, 80, 56, 70).interval, 0.0524, 0.3339);
  CheckInterval(FractionEffect(3, 10, 9, 10).interval, 0.1705, 0.8090);
  CheckInterval(FractionEffect(2, 7, 6, 7).interval, 0.0582, 0.8062);
  CheckInterval(FractionEffect(0, 29, 5, 56).interval, -0.0381, 0.1926);
  CheckInterval(FractionEffect(0, 20, 0, 10).interval, -0.1611, 0.2775);
  CheckInterval(FractionEffect(0, 10, 0, 10).interval, -0.2775, 0.2775);
  CheckInterval(FractionEffect(0, 20, 10, 10).interval, 0.6791, 1.0000);
  CheckInterval(FractionEffect(0, 10, 10, 10).interval, 0.6075, 1.0000);
}

TEST_CASE("An effect on a fraction names both and turns with its sides") {
  const Effect effect = FractionEffect(98, 100, 0, 100);
  CHECK(effect.before == 0.98);
  CHECK(effect.after == 0);
  CHECK(effect.change == -0.98);
  CHECK(effect.interval.high < 0);
  const Effect turned = FractionEffect(0, 100, 98, 100);
  CHECK(turned.interval.low == doctest::Approx(-effect.interval.high));
  CHECK(turned.interval.high == doctest::Approx(-effect.interval.low));
}

TEST_CASE("Nothing is known of a fraction that was never tried") {
  CHECK(FractionEffect(0, 0, 5, 10).interval == Interval{-1, 1});
  CHECK(FractionEffect(5, 10, 0, 0).interval == Interval{-1, 1});
}

TEST_CASE("Exact quantiles") {
  const std::vector<std::int64_t> samples{50, 10, 40, 20, 30};
  CHECK(QuantileOf(samples, 0) == 10);
  CHECK(QuantileOf(samples, 0.2) == 10);
  CHECK(QuantileOf(samples, 0.21) == 20);
  CHECK(QuantileOf(samples, 0.5) == 30);
  CHECK(QuantileOf(samples, 1) == 50);
  CHECK(QuantileOf({}, 0.5) == 0);
}

// 1000 pairs of samples whose medians truly differ by 1000 ln 2. The share of intervals that hold
// the truth lies within 0.95 +- 3.3 standard errors of such a count, and the draws are seeded.
TEST_CASE("The bootstrap's interval holds the true difference about 95 % of the time") {
  std::mt19937_64 random(7);
  const double truth = 1000 * std::log(2.0);
  int held = 0;
  for (std::uint64_t round = 0; round < 1000; ++round) {
    const auto before = Exponential(2000, 201, random);
    const auto after = Exponential(3000, 301, random);
    const Effect effect = QuantileEffect(before, after, 0.5, round);
    CHECK(effect.change == effect.after - effect.before);
    if (effect.interval.low <= truth && truth <= effect.interval.high) ++held;
  }
  MESSAGE("held in ", held, " of 1000");
  CHECK(held >= 927);
  CHECK(held <= 973);
}

TEST_CASE("The short cut's resampled quantile is spread as that of real resamples") {
  std::mt19937_64 random(11);
  const auto samples = Exponential(1000, 101, random);
  const std::vector<std::int64_t> zero{0};
  const Interval quick = QuantileEffect(zero, samples, 0.9, 1).interval;
  std::vector<std::int64_t> quantiles;
  std::uniform_int_distribution<std::size_t> draw(0, samples.size() - 1);
  for (int i = 0; i < 4000; ++i) {
    std::vector<std::int64_t> resample(samples.size());
    for (std::int64_t& sample : resample) sample = samples[draw(random)];
    quantiles.push_back(QuantileOf(resample, 0.9));
  }
  CHECK(quick.low ==
        doctest::Approx(static_cast<double>(QuantileOf(quantiles, 0.025))).epsilon(0.05));
  CHECK(quick.high ==
        doctest::Approx(static_cast<double>(QuantileOf(quantiles, 0.975))).epsilon(0.05));
}

TEST_CASE("The same seed gives the same interval; a stall that goes is a certain effect") {
  std::mt19937_64 random(3);
  std::vector<std::int64_t> stalled;
  for (const std::int64_t fast : Exponential(20000, 1000, random))
    stalled.push_back(44000000 + fast);
  const auto clean = Exponential(20000, 1000, random);
  const Effect effect = QuantileEffect(stalled, clean, 0.5, 42);
  CHECK(effect == QuantileEffect(stalled, clean, 0.5, 42));
  CHECK(effect.interval.low <= effect.change);
  CHECK(effect.change <= effect.interval.high);
  CHECK(effect.interval.high < -43900000);
}

TEST_CASE("Effects of few or no samples") {
  const std::vector<std::int64_t> none;
  const std::vector<std::int64_t> one{70};
  CHECK(QuantileEffect(none, one, 0.5, 1) == Effect{});
  CHECK(QuantileEffect(one, none, 0.5, 1) == Effect{});
  const Effect same = QuantileEffect(one, one, 0.99, 1);
  CHECK(same.before == 70);
  CHECK(same.interval == Interval{0, 0});
}

TEST_CASE("the median's interval takes the ranks the binomial allows") {
  std::vector<double> samples;
  for (int i = 1; i <= 20; ++i) samples.push_back(i);
  const MedianEstimate twenty = EstimateMedian(samples);
  CHECK(twenty.median == doctest::Approx(10.5));
  // P(at most 3 of 20) = 0.0013, of 4 it is 0.0059: rank 4 and its mirror.
  CHECK(twenty.interval == Interval{4, 17});
  samples.resize(8);
  CHECK(EstimateMedian(samples).interval == Interval{1, 8});
  samples.resize(7);
  CHECK(std::isinf(EstimateMedian(samples).interval.low));
  CHECK(std::isinf(EstimateMedian(samples).interval.high));
  CHECK(EstimateMedian({}) == MedianEstimate{});
}
