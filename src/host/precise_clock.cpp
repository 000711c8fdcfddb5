#include "host/precise_clock.h"
#include "tunewire/host/clock.h"

#include <limits>

namespace tunewire {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::int64_t RealtimeNow() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  return std::int64_t{time.tv_sec} * kSecond + time.tv_nsec;
}

}  // namespace

void SleepUntil(std::int64_t monotonic_ns) {
  if (monotonic_ns <= 0) return;
  const timespec until{monotonic_ns / kSecond, monotonic_ns % kSecond};
  ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

std::int64_t RealtimeOffset() {
  std::int64_t narrowest = std::numeric_limits<std::int64_t>::max();
  std::int64_t offset = 0;
  for (int i = 0; i < 16; ++i) {
    const std::int64_t before = MonotonicNow();
    const std::int64_t real = RealtimeNow();
    const std::int64_t after = MonotonicNow();
    if (after - before >= narrowest) continue;
    narrowest = after - before;
    offset = real - (before + narrowest / 2);
  }
  return offset;
}

int TicksPerSecond() {
  timespec tick{};
  if (::clock_getres(CLOCK_MONOTONIC_COARSE, &tick) != 0) return 0;
  const std::int64_t ns = tick.tv_sec * kSecond + tick.tv_nsec;
  return ns <= 0 ? 0 : static_cast<int>((kSecond + ns / 2) / ns);
}

}  // namespace tunewire
