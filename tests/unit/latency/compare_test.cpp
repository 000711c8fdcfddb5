#include "tunewire/latency/compare.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <random>

using namespace tunewire;

namespace {

Histogram Normal(double mean, double spread, int n, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> draw(mean, spread);
  Histogram histogram;
  for (int i = 0; i < n; ++i) histogram.Record(static_cast<std::int64_t>(draw(random)));
  return histogram;
}

void CheckRising(const std::vector<CdfPoint>& points) {
  for (std::size_t i = 1; i < points.size(); ++i) {
    CHECK(points[i - 1].ns < points[i].ns);
    CHECK(points[i - 1].fraction < points[i].fraction);
  }
}

}  // namespace

TEST_CASE("A change at a percentile is certain where its interval leaves out 0") {
  const std::array quantiles{0.5, 0.9, 0.99};
  const Histogram before = Normal(1e6, 1e5, 5000, 1);
  SUBCASE("a tenth slower") {
    for (const auto& change : CompareQuantiles(before, Normal(1.1e6, 1e5, 5000, 2), quantiles, 9)) {
      CHECK(change.certain);
      CHECK(change.effect.interval.low > 0);
      CHECK(change.effect.change == doctest::Approx(1e5).epsilon(0.25));
    }
  }
  SUBCASE("the same again") {
    for (const auto& change : CompareQuantiles(before, before, quantiles, 9)) {
      CHECK_FALSE(change.certain);
      CHECK(change.effect.change == 0);
    }
  }
}

TEST_CASE("Every wanted quantile is answered, in order, and the seed decides") {
  const std::array quantiles{0.99, 0.5};
  const Histogram before = Normal(1e6, 1e5, 300, 1);
  const Histogram after = Normal(1e6, 2e5, 300, 2);
  const auto changes = CompareQuantiles(before, after, quantiles, 9);
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].quantile == 0.99);
  CHECK(changes[1].quantile == 0.5);
  CHECK(changes == CompareQuantiles(before, after, quantiles, 9));
}

TEST_CASE("Nothing is certain of an empty side") {
  const std::array quantiles{0.5};
  const auto changes = CompareQuantiles({}, Normal(1e6, 1e5, 300, 2), quantiles, 1);
  CHECK(changes == std::vector<QuantileChange>{{0.5, {}, false}});
}

TEST_CASE("Cumulative points rise, end at the largest, and keep to their number") {
  const Histogram histogram = Normal(1e6, 3e5, 20000, 4);
  for (const std::size_t most : {2U, 3U, 10U, 100U, 100000U}) {
    const auto points = CumulativePoints(histogram, most);
    CAPTURE(most);
    CHECK(points.size() <= most);
    CHECK(points.size() >= 2);
    CheckRising(points);
    CHECK(points.back() == CdfPoint{histogram.largest(), 1});
  }
}

TEST_CASE("Every cumulative point is a count of the histogram") {
  const Histogram histogram = Normal(1e6, 3e5, 20000, 4);
  for (const CdfPoint& point : CumulativePoints(histogram, 200)) {
    const double counted = static_cast<double>(histogram.CountUpTo(point.ns)) / 20000;
    CHECK(point.fraction == doctest::Approx(counted));
  }
}

TEST_CASE("The tail keeps its points") {
  const auto points = CumulativePoints(Normal(1e6, 3e5, 100000, 4), 50);
  int tail = 0;
  for (const CdfPoint& point : points) {
    if (point.fraction > 0.99) ++tail;
  }
  // 99 to 100 % of 100,000 is three decades of five.
  CHECK(tail >= 20);
}

TEST_CASE("A jump keeps its foot") {
  Histogram histogram;
  histogram.Record(20000, 500);
  histogram.Record(44000000, 500);
  const auto points = CumulativePoints(histogram, 10);
  REQUIRE(points.size() == 2);
  CHECK(points[0].fraction == 0.5);
  CHECK(points[0].ns < 20200);
  CHECK(points[1] == CdfPoint{44000000, 1});
}

TEST_CASE("Cumulative points of little") {
  CHECK(CumulativePoints({}, 10).empty());
  Histogram one;
  one.Record(77);
  CHECK(CumulativePoints(one, 10) == std::vector<CdfPoint>{{77, 1}});
}
