// Which of n ordered samples is a quantile.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace tunewire {

/// The rank, counted from 1, of the smallest of `n` ordered samples that at least `quantile` (0..1)
/// of them do not exceed. A product that misses a whole number by rounding alone is that number:
/// 0.07 x 100 is 7.000000000000001 and must not become the 8th. Precondition: n > 0.
inline std::uint64_t RankOf(double quantile, std::uint64_t n) {
  const double exact = std::clamp(quantile, 0.0, 1.0) * static_cast<double>(n);
  const double rounded = std::round(exact);
  const bool whole = std::abs(exact - rounded) <= 1e-12 * static_cast<double>(n);
  const auto rank = static_cast<std::uint64_t>(whole ? rounded : std::ceil(exact));
  return std::clamp<std::uint64_t>(rank, 1, n);
}

}  // namespace tunewire
