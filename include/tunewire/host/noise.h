// What the host's own clock and scheduler add to any figure.
#pragma once

#include <cstdint>

namespace tunewire {

struct Noise {
  std::int64_t clock_resolution_ns = 0;  ///< clock_getres(CLOCK_MONOTONIC)
  std::int64_t clock_call_ns = 0;        ///< the median of two readings in a row
  std::int64_t largest_gap_ns = 0;       ///< a busy loop's longest pause
  std::int64_t wakeup_p50_ns = 0;        ///< how late a sleep of 1 ms ends
  std::int64_t wakeup_max_ns = 0;

  bool operator==(const Noise&) const = default;
};

/// Takes about 60 ms.
Noise MeasureNoise();

}  // namespace tunewire
