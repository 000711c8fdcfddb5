// Time that tests own.
#pragma once

#include <chrono>
#include <cstdint>

#include "tunewire/host/clock.h"

namespace tunewire {

class FakeClock : public Clock {
 public:
  std::chrono::nanoseconds SinceBoot() const override { return since_boot_; }
  std::int64_t UnixSeconds() const override {
    return std::chrono::duration_cast<std::chrono::seconds>(since_1970_).count();
  }
  void Advance(std::chrono::nanoseconds by) {
    since_boot_ += by;
    since_1970_ += by;
  }
  /// A new boot counts from zero; the calendar goes on.
  void Reboot() { since_boot_ = std::chrono::nanoseconds(0); }

 private:
  std::chrono::nanoseconds since_boot_ = std::chrono::hours(1);
  std::chrono::nanoseconds since_1970_ = std::chrono::seconds(1'750'000'000);
};

}  // namespace tunewire
