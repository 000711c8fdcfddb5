// Quantiles of resamples, without resampling.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include "tunewire/latency/interval.h"

namespace tunewire {

inline constexpr std::size_t kResamples = 2000;

/// For each of kResamples resamples (n draws with replacement out of n ordered samples): the place,
/// counted from 0, of the sample that is its quantile. The k-th smallest of n even draws follows
/// Beta(k, n - k + 1), so that one draw stands for n. Precondition: n > 0.
std::vector<std::uint64_t> ResampledPlaces(std::uint64_t n, double quantile,
                                           std::mt19937_64& random);

/// The middle 95 % of the differences. Both hold kResamples values.
Interval PercentileInterval(const std::vector<double>& before, const std::vector<double>& after);

}  // namespace tunewire
