#include "tunewire/latency/compare.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>

#include "latency/bootstrap.h"
#include "latency/rank.h"

namespace tunewire {
namespace {

/// A histogram's samples in order, each at the middle of its bucket.
class OrderedSamples {
 public:
  explicit OrderedSamples(const Histogram& histogram) {
    for (const Histogram::Bucket& bucket : histogram.Buckets()) {
      const std::int64_t middle = bucket.from_ns + (bucket.to_ns - 1 - bucket.from_ns) / 2;
      size_ += bucket.count;
      ends_.push_back(size_);
      values_.push_back(
          static_cast<double>(std::clamp(middle, histogram.smallest(), histogram.largest())));
    }
  }

  [[nodiscard]] std::uint64_t size() const { return size_; }

  [[nodiscard]] double At(std::uint64_t place) const {
    const auto bucket = std::ranges::upper_bound(ends_, place) - ends_.begin();
    return values_[static_cast<std::size_t>(bucket)];
  }

  [[nodiscard]] double Quantile(double quantile) const { return At(RankOf(quantile, size_) - 1); }

  [[nodiscard]] std::vector<double> Resampled(double quantile, std::mt19937_64& random) const {
    std::vector<double> values;
    values.reserve(kResamples);
    for (const std::uint64_t place : ResampledPlaces(size_, quantile, random)) {
      values.push_back(At(place));
    }
    return values;
  }

 private:
  std::uint64_t size_ = 0;
  std::vector<std::uint64_t> ends_;  // how many samples lie in this bucket or below
  std::vector<double> values_;
};

QuantileChange Change(const OrderedSamples& before, const OrderedSamples& after, double quantile,
                      std::mt19937_64& random) {
  QuantileChange change{quantile, {}, false};
  if (before.size() == 0 || after.size() == 0) return change;
  Effect& effect = change.effect;
  effect.before = before.Quantile(quantile);
  effect.after = after.Quantile(quantile);
  effect.change = effect.after - effect.before;
  const std::vector<double> from = before.Resampled(quantile, random);
  effect.interval = PercentileInterval(from, after.Resampled(quantile, random));
  change.certain = effect.interval.low > 0 || effect.interval.high < 0;
  return change;
}

/// Which of `cells` equal steps of -log10(1 - fraction) this fraction falls into; one sample in n
/// is the last.
std::size_t CellOf(double fraction, std::uint64_t n, std::size_t cells) {
  const double depth = -std::log10(1 - fraction) / std::log10(static_cast<double>(n));
  return std::min(static_cast<std::size_t>(depth * static_cast<double>(cells)), cells - 1);
}

}  // namespace

std::vector<QuantileChange> CompareQuantiles(const Histogram& before, const Histogram& after,
                                             std::span<const double> quantiles,
                                             std::uint64_t seed) {
  const OrderedSamples from(before);
  const OrderedSamples to(after);
  std::mt19937_64 random(seed);
  std::vector<QuantileChange> changes;
  changes.reserve(quantiles.size());
  for (const double quantile : quantiles) changes.push_back(Change(from, to, quantile, random));
  return changes;
}

std::vector<CdfPoint> CumulativePoints(const Histogram& histogram, std::size_t most) {
  if (histogram.count() == 0) return {};
  const std::size_t cells = std::max<std::size_t>(most, 3) - 2;  // the first and the last are extra
  std::vector<CdfPoint> points;
  std::optional<std::size_t> last_cell;
  std::uint64_t passed = 0;
  for (const Histogram::Bucket& bucket : histogram.Buckets()) {
    passed += bucket.count;
    if (passed == histogram.count()) break;
    const double fraction = static_cast<double>(passed) / static_cast<double>(histogram.count());
    const std::size_t cell = CellOf(fraction, histogram.count(), cells);
    // The end of a cell is what counts: a jump that follows keeps its foot.
    if (last_cell == cell && points.size() > 1) points.pop_back();
    points.push_back({bucket.to_ns - 1, fraction});
    last_cell = cell;
  }
  if (most <= 2 && points.size() > 1) points.resize(1);
  points.push_back({histogram.largest(), 1});
  return points;
}

}  // namespace tunewire
