// Clocks and waiting, behind a seam so that tests own time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

namespace tunewire {

class Clock {
 public:
  virtual ~Clock() = default;
  /// CLOCK_BOOTTIME: monotonic, counts suspend; shared by all processes of one boot.
  virtual std::chrono::nanoseconds SinceBoot() const = 0;
  /// CLOCK_REALTIME in whole seconds since 1970, for display only.
  virtual std::int64_t UnixSeconds() const = 0;
};

std::unique_ptr<Clock> LinuxClock();

/// CLOCK_MONOTONIC_COARSE's resolution is the tick: what CONFIG_HZ is, for any user. 0 unknown.
int TicksPerSecond();

}  // namespace tunewire
