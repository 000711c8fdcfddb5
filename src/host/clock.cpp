#include "tunewire/host/clock.h"

#include <ctime>

namespace tunewire {
namespace {

timespec Now(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return time;
}

class KernelClock : public Clock {
 public:
  std::chrono::nanoseconds SinceBoot() const override {
    const timespec time = Now(CLOCK_BOOTTIME);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }
  std::int64_t UnixSeconds() const override { return Now(CLOCK_REALTIME).tv_sec; }
};

}  // namespace

std::unique_ptr<Clock> LinuxClock() { return std::make_unique<KernelClock>(); }

}  // namespace tunewire
