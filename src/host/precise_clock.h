// CLOCK_MONOTONIC in nanoseconds, for measuring.
#pragma once

#include <cstdint>
#include <ctime>

namespace tunewire {

inline std::int64_t MonotonicNow() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// Sleeps until that point of CLOCK_MONOTONIC; a signal may end it early.
void SleepUntil(std::int64_t monotonic_ns);

/// CLOCK_REALTIME minus CLOCK_MONOTONIC now: the best of several readings, off by less than one
/// clock reading takes. It changes only where somebody sets the clock, for slewing moves both.
std::int64_t RealtimeOffset();

}  // namespace tunewire
