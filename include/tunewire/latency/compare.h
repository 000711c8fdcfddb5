// Two distributions side by side: the change at each percentile with its interval, and the points
// of a cumulative picture. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tunewire/latency/histogram.h"
#include "tunewire/latency/interval.h"

namespace tunewire {

struct QuantileChange {
  double quantile = 0;   ///< 0..1
  Effect effect;         ///< nanoseconds
  bool certain = false;  ///< the interval leaves out 0

  bool operator==(const QuantileChange&) const = default;
};

/// Bootstrap over histograms (each sample stands at the middle of its bucket).
std::vector<QuantileChange> CompareQuantiles(const Histogram& before, const Histogram& after,
                                             std::span<const double> quantiles, std::uint64_t seed);

struct CdfPoint {
  std::int64_t ns = 0;  ///< this long, or shorter,
  double fraction = 0;  ///< took this share of all, 0..1

  bool operator==(const CdfPoint&) const = default;
};

/// Rising in both; at most `most` points (at least 2), spaced so that tails keep theirs: evenly in
/// -log10(1 - fraction). Ends at {largest, 1}. Empty for an empty histogram.
std::vector<CdfPoint> CumulativePoints(const Histogram& histogram, std::size_t most);

}  // namespace tunewire
