#include "tunewire/host/noise.h"

#include <algorithm>
#include <vector>

#include "host/precise_clock.h"

namespace tunewire {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kBusyFor = 20 * kMillisecond;
constexpr int kSleeps = 32;
constexpr int kPairs = 1001;

std::int64_t Median(std::vector<std::int64_t> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::int64_t Resolution() {
  timespec resolution{};
  ::clock_getres(CLOCK_MONOTONIC, &resolution);
  return resolution.tv_sec * 1'000'000'000 + resolution.tv_nsec;
}

std::int64_t CallTime() {
  std::vector<std::int64_t> distances(kPairs);
  for (std::int64_t& one : distances) {
    const std::int64_t before = MonotonicNow();
    one = MonotonicNow() - before;
  }
  return Median(std::move(distances));
}

std::int64_t LargestGap() {
  const std::int64_t end = MonotonicNow() + kBusyFor;
  std::int64_t largest = 0;
  for (std::int64_t last = MonotonicNow(); last < end;) {
    const std::int64_t now = MonotonicNow();
    largest = std::max(largest, now - last);
    last = now;
  }
  return largest;
}

std::vector<std::int64_t> Lateness() {
  std::vector<std::int64_t> late(kSleeps);
  for (std::int64_t& one : late) {
    const std::int64_t until = MonotonicNow() + kMillisecond;
    SleepUntil(until);
    one = std::max<std::int64_t>(0, MonotonicNow() - until);
  }
  return late;
}

}  // namespace

Noise MeasureNoise() {
  const std::vector<std::int64_t> late = Lateness();
  return {Resolution(), CallTime(), LargestGap(), Median(late),
          *std::max_element(late.begin(), late.end())};
}

}  // namespace tunewire
