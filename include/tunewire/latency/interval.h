// How sure a measured figure is: intervals for fractions, and for the effect of a change. Pure;
// every random choice comes from a seed, so that a report can be made again.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tunewire {

struct Interval {
  double low = 0;
  double high = 0;

  bool operator==(const Interval&) const = default;
};

/// 95 % score interval of a fraction (Wilson 1927); {0, 1} for no trials.
Interval WilsonInterval(std::uint64_t hits, std::uint64_t trials);

/// A figure with and without a change, and how far apart they are.
struct Effect {
  double before = 0;  ///< the statistic of the first samples
  double after = 0;   ///< of the second
  double change = 0;  ///< after - before
  Interval interval;  ///< 95 %, of `change`

  bool operator==(const Effect&) const = default;
};

/// Percentile bootstrap of the difference of two quantiles (0..1) of independent samples, in the
/// samples' unit. Empty samples make an effect of zeros with interval {0, 0}. Linear in the number
/// of samples: a million end within tens of milliseconds.
Effect QuantileEffect(std::span<const std::int64_t> before, std::span<const std::int64_t> after,
                      double quantile, std::uint64_t seed);

/// The difference of two fractions, by Newcombe's method 10 (two Wilson intervals); {-1, 1} where
/// either side has no trials.
Effect FractionEffect(std::uint64_t hits_before, std::uint64_t trials_before,
                      std::uint64_t hits_after, std::uint64_t trials_after);

/// The median of samples, and where the true one lies.
struct MedianEstimate {
  double median = 0;
  Interval interval;  ///< 99 %

  bool operator==(const MedianEstimate&) const = default;
};

/// By order statistics: the ranks that the binomial distribution leaves out with less than half a
/// percent at each end; nothing is assumed about how the samples are spread. Fewer than 8 samples
/// cannot say that much: then the interval is without bounds. Zeros for none.
MedianEstimate EstimateMedian(std::span<const double> samples);

/// Exact quantile of unordered samples: the smallest that at least `quantile` do not exceed; 0 for
/// none.
std::int64_t QuantileOf(std::span<const std::int64_t> samples, double quantile);

}  // namespace tunewire
