#include "report/chart.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "markup_check.h"
#include "report/chart_axis.h"

using namespace tunewire;

namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::string_view kHostile = "\"/></svg><script>alert(1)</script>\x1b[2J\xff";

bool Has(const Svg& picture, std::string_view text) {
  return picture.markup.find(text) != std::string::npos;
}

/// Half of the exchanges at 20 to 40 us, half at 44 ms, one at 207 ms.
Histogram Stalling() {
  std::mt19937_64 random(2);
  std::uniform_int_distribution<std::int64_t> fast(20000, 40000);
  Histogram histogram;
  for (int i = 0; i < 5000; ++i) {
    histogram.Record(fast(random));
    histogram.Record(44 * kMs + fast(random));
  }
  histogram.Record(207 * kMs);
  return histogram;
}

/// Samples in every bucket a real run could fill.
Histogram Everywhere() {
  Histogram histogram;
  for (double ns = 200; ns < 1e11; ns *= 1.004) histogram.Record(static_cast<std::int64_t>(ns));
  return histogram;
}

std::vector<CdfCurve> Curves(std::size_t n, const Histogram& histogram, const std::string& label) {
  return std::vector<CdfCurve>(n, CdfCurve{label, CumulativePoints(histogram, kCurvePoints)});
}

void CheckPicture(const Svg& picture) {
  CHECK(MarkupCheck::Fault(picture.markup) == std::nullopt);
  CHECK(picture.markup.starts_with("<svg "));
  CHECK(Has(picture, "role=\"img\" aria-label=\""));
  CHECK_FALSE(Has(picture, "nan"));
  CHECK_FALSE(Has(picture, "inf"));
}

}  // namespace

TEST_CASE("Cumulative curves are named at their ends, the timers' bands below") {
  const std::vector<CdfCurve> curves{{"as asked", CumulativePoints(Stalling(), kCurvePoints)}};
  const Svg picture = CdfChart("half of all take 44 ms", curves, StallBands({}));
  CheckPicture(picture);
  for (const char* text : {">as asked<", ">50 %<", ">90 %<", ">99.9 %<", ">max<", ">100 us<",
                           ">10 ms<", ">delayed ACK, 40 ms<", ">minimum RTO, 200 ms<"}) {
    CAPTURE(text);
    CHECK(Has(picture, text));
  }
  CHECK_FALSE(Has(picture, "two delayed"));
  CHECK(Has(picture, "aria-label=\"half of all take 44 ms\""));
}

TEST_CASE("Bands beyond the axis are not drawn") {
  Histogram fast;
  fast.Record(20000, 100);
  fast.Record(30000, 100);
  const std::vector<CdfCurve> curves{{"x", CumulativePoints(fast, kCurvePoints)}};
  CHECK_FALSE(Has(CdfChart("x", curves, StallBands({})), "bandname"));
  CHECK_FALSE(Has(HistogramChart("x", fast, {}, StallBands({})), "bandname"));
}

TEST_CASE("Two delayed ACKs are named where there are some") {
  Histogram both;
  both.Record(30000, 100);
  both.Record(88 * kMs, 900);
  const std::vector<CdfCurve> curves{{"x", CumulativePoints(both, kCurvePoints)}};
  CHECK(Has(CdfChart("x", curves, StallBands({})), ">two delayed ACKs, 80 ms<"));
}

TEST_CASE("Histogram: hills are named, stalled bars stand out") {
  const Histogram histogram = Stalling();
  const Svg picture = HistogramChart("x", histogram, FindClusters(histogram, {}), StallBands({}));
  CheckPicture(picture);
  CHECK(Has(picture, "class=\"bar stalled\""));
  CHECK(Has(picture, "class=\"bar\""));
  CHECK(Has(picture, ">1 at 207.1 ms: minimum RTO<"));
  CHECK(Has(picture, ">5000 at 43.9 ms: delayed ACK<"));  // its bucket's middle
}

TEST_CASE("A run's course: panels with units, lines with names, marks in seconds") {
  TimeSeries server{"server", {}};
  TimeSeries client{"client", {}};
  for (int second = 0; second <= 30; ++second) {
    server.points.emplace_back(second, 90);
    client.points.emplace_back(second, 91);
  }
  const std::vector<TimePanel> panels{{"% CPU", {server, client}}, {"MiB", {server}}};
  const Svg picture = TimeChart("x", panels);
  CheckPicture(picture);
  for (const char* text : {">% CPU<", ">MiB<", ">server<", ">client<", ">30 s<", ">100<"}) {
    CAPTURE(text);
    CHECK(Has(picture, text));
  }
}

TEST_CASE("Pictures of nothing say so") {
  const std::vector<CdfCurve> empty{{"x", {}}};
  for (const Svg& picture : {CdfChart("", {}, {}), CdfChart("", empty, StallBands({})),
                             HistogramChart("", {}, {}, StallBands({})), TimeChart("", {})}) {
    CheckPicture(picture);
    CHECK(Has(picture, "nothing was measured"));
  }
  const std::vector<TimePanel> panels{{"MiB", {{"server", {}}}}};
  CheckPicture(TimeChart("", panels));
}

TEST_CASE("Pictures of one sample, of zero, and of the longest") {
  for (const std::int64_t ns : {std::int64_t{0}, std::int64_t{1}, 44 * kMs, Histogram::kLongest}) {
    Histogram histogram;
    histogram.Record(ns);
    CheckPicture(CdfChart("x", Curves(1, histogram, "x"), StallBands({})));
    CheckPicture(HistogramChart("x", histogram, FindClusters(histogram, {}), StallBands({})));
  }
}

TEST_CASE("Values that are no numbers are drawn as none") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<TimePanel> panels{
      {"MiB", {{"server", {{0, nan}, {1, infinity}, {2, -5}, {nan, 3}, {4, 1e300}}}}}};
  CheckPicture(TimeChart("x", panels));
}

TEST_CASE("Hostile labels stay text") {
  const std::string hostile(kHostile);
  const Histogram histogram = Stalling();
  std::vector<Svg> pictures{CdfChart(kHostile, Curves(2, histogram, hostile), StallBands({})),
                            HistogramChart(kHostile, histogram, {}, {})};
  const std::vector<TimePanel> panels{{hostile, {{hostile, {{0, 1}, {1, 2}}}}}};
  pictures.push_back(TimeChart(kHostile, panels));
  for (const Svg& picture : pictures) {
    CheckPicture(picture);
    CHECK_FALSE(Has(picture, "<script"));
  }
}

TEST_CASE("However much it is given, a picture stays small") {
  const Histogram histogram = Everywhere();
  const std::string label(5000, 'x');
  const auto points = CumulativePoints(histogram, 100000);
  const std::vector<CdfCurve> curves(100, CdfCurve{label, points});
  CHECK(CdfChart("x", curves, StallBands({})).markup.size() < 80'000);
  CHECK(CdfChart("x", Curves(7, histogram, "x"), StallBands({})).markup.size() < 40'000);
  CHECK(HistogramChart("x", histogram, FindClusters(histogram, {}), StallBands({})).markup.size() <
        20'000);
  TimeSeries series{label, {}};
  for (int i = 0; i < 100000; ++i) series.points.emplace_back(i, i % 100);
  const std::vector<TimePanel> panels(20, TimePanel{label, {series, series, series}});
  CHECK(TimeChart("x", panels).markup.size() < 100'000);
}

TEST_CASE("Time axes end at round figures around the data") {
  const LogAxis axis = TimeAxis(16300, 207'100'000);
  CHECK(axis.from_ns == doctest::Approx(10000));
  CHECK(axis.to_ns == doctest::Approx(5e8));
  CHECK(axis.At(10000) == doctest::Approx(0));
  CHECK(axis.At(1) == 0);
  CHECK(axis.At(5e8) == doctest::Approx(1));
  const LogAxis narrow = TimeAxis(30000, 30000);
  CHECK(narrow.to_ns / narrow.from_ns >= 9.99);
  CHECK(narrow.from_ns <= 30000);
  CHECK(narrow.to_ns >= 30000);
}

TEST_CASE("Ticks: all named on a short axis, decades on a long one") {
  std::string names;
  for (const Tick& tick : TimeTicks({1e4, 1e6})) names += tick.label + " ";
  CHECK(names == "10 us 20 us 50 us 100 us 200 us 500 us 1 ms ");
  names.clear();
  for (const Tick& tick : TimeTicks({1e4, 5e8})) names += tick.label + ",";
  CHECK(names == "10 us,,,100 us,,,1 ms,,,10 ms,,,100 ms,,,");
  CHECK(AxisTime(1'000'000'000) == "1 s");
  CHECK(AxisTime(2500) == "2.5 us");
  CHECK(AxisTime(500) == "500 ns");
  CHECK(AxisTime(200'000) == "200 us");
}

TEST_CASE("Flags never overlap, no line crosses a text, all stay on the picture") {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> place(0, 1);
  std::uniform_int_distribution<int> length(1, 32);
  std::uniform_int_distribution<int> number(1, 10);
  for (int round = 0; round < 300; ++round) {
    std::vector<Flag> flags;
    const int n = number(random);
    const double crowd = place(random) < 0.5 ? 1 : 0.1;
    for (int i = 0; i < n; ++i) {
      flags.push_back({1 - crowd * place(random),
                       std::string(static_cast<std::size_t>(length(random)), 'x'), "c0"});
    }
    Plot plot;
    const int rows = PlaceFlags(flags, plot);
    CHECK(plot.width > 200);
    struct Extent {
      double from, to;
    };
    const auto extent = [&](const Flag& flag) {
      const double x = plot.X(flag.at);
      const double width = TextWidth(flag.text) + 5;
      return flag.anchor == Anchor::kStart ? Extent{x, x + width} : Extent{x - width, x};
    };
    for (const Flag& flag : flags) {
      const Extent own = extent(flag);
      CHECK(own.from >= 0);
      CHECK(own.to <= kChartWidth);
      CHECK(flag.row < rows);
      for (const Flag& other : flags) {
        if (&other == &flag) continue;
        const Extent its = extent(other);
        if (other.row == flag.row) CHECK((own.to <= its.from || its.to <= own.from));
        // The line passes all rows below its own; a text begins 5 beside its own line.
        const double x = plot.X(flag.at);
        const double from = other.anchor == Anchor::kStart ? its.from + 4 : its.from;
        const double to = other.anchor == Anchor::kStart ? its.to : its.to - 4;
        if (other.row < flag.row) CHECK((x <= from || x >= to));
      }
    }
  }
}
