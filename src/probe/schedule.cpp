#include "probe/schedule.h"

#include <algorithm>
#include <utility>

namespace tunewire {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::uint64_t kLookCount = 2000;
constexpr milliseconds kLookTime{1000};
constexpr milliseconds kAskedTime{400};
constexpr std::uint64_t kAskedStampedCount = 200;
constexpr milliseconds kAskedStampedTime{350};
constexpr std::uint64_t kQuietCount = 10'000;
constexpr milliseconds kQuietTime{500};
constexpr std::uint64_t kVariedCount = 2000;
constexpr milliseconds kVariedTime{120};
constexpr std::uint64_t kVariedStampedCount = 50;
constexpr milliseconds kVariedStampedTime{60};

/// The time of `exchanges`, but at least `least`.
nanoseconds TimeFor(double exchanges, nanoseconds cycle, nanoseconds least) {
  const auto wanted = static_cast<std::int64_t>(exchanges * static_cast<double>(cycle.count()));
  return std::max(least, nanoseconds{wanted});
}

/// What a user's own pauses make an exchange take at least.
nanoseconds PacedCycle(const ProbeRequest& request) {
  const auto pauses = ScriptedPauses(request.traffic.client) +
                      ScriptedPauses(request.traffic.server) + request.think;
  return std::max(pauses, request.interval);
}

/// Does this change make a stall of that cause go away, as a rule?
bool IsQuick(RunRole role, Cause suspected) {
  switch (role) {
    case RunRole::kOneWritev:
      return true;
    case RunRole::kNoDelay:
    case RunRole::kQuickAckAlways:
      return suspected == Cause::kNagleDelayedAck;
    case RunRole::kUncorked:
      return suspected == Cause::kCork;
    case RunRole::kOtherCongestion:
      return suspected == Cause::kPacing;
    default:
      return false;
  }
}

nanoseconds CostOf(RunRole role, Cause suspected, nanoseconds cycle) {
  const nanoseconds each = IsQuick(role, suspected) ? nanoseconds{0} : cycle;
  return kRounds * VariedBlock(each).duration + VariedStamped(each).duration;
}

}  // namespace

BlockSize FirstBlock(const ProbeRequest& request) {
  if (request.count != 0 || request.duration.count() != 0) {
    return {request.count, request.duration};
  }
  return {kLookCount, TimeFor(4, PacedCycle(request), kLookTime)};
}

BlockSize AskedBlock(nanoseconds cycle) { return {0, TimeFor(4, cycle, kAskedTime)}; }

BlockSize AskedStamped(nanoseconds cycle) {
  return {kAskedStampedCount, TimeFor(4, cycle, kAskedStampedTime)};
}

BlockSize QuietBlock() { return {kQuietCount, kQuietTime}; }

BlockSize VariedBlock(nanoseconds cycle) {
  return {kVariedCount, TimeFor(3.5, cycle, kVariedTime)};
}

BlockSize VariedStamped(nanoseconds cycle) {
  return {kVariedStampedCount, TimeFor(2, cycle, kVariedStampedTime)};
}

Fitted FitVariations(std::vector<Variation> wanted, Cause suspected, nanoseconds cycle,
                     nanoseconds available) {
  Fitted fitted;
  fitted.time = kRounds * AskedBlock(cycle).duration;
  for (Variation& variation : wanted) {
    const nanoseconds cost = CostOf(variation.role, suspected, cycle);
    if (fitted.variations.empty() || fitted.time + cost <= available) {
      fitted.time += cost;
      fitted.variations.push_back(std::move(variation));
    } else {
      fitted.left_out.push_back(std::move(variation.label));
    }
  }
  return fitted;
}

}  // namespace tunewire
