// What three phases of a trial prove.
//
// Every slice of the middle phase must stand beyond every slice of the others: five against ten
// that are in no order would do so by chance once in 3003 times.
#include <algorithm>
#include <limits>

#include "tunewire/sockets/fix.h"

namespace tunewire {
namespace {

using Slice = TrialPhase::Slice;
using Measure = double Slice::*;

struct Range {
  double least = std::numeric_limits<double>::infinity();
  double most = -std::numeric_limits<double>::infinity();
  double mean = 0;
};

Range RangeOf(const TrialPhase& phase, Measure measure) {
  Range range;
  for (const Slice& slice : phase.slices) {
    range.least = std::min(range.least, slice.*measure);
    range.most = std::max(range.most, slice.*measure);
    range.mean += slice.*measure / static_cast<double>(phase.slices.size());
  }
  return range;
}

/// Less than a quarter more would be no cause worth a name.
bool Faster(const Range& one, const Range& other) {
  return one.least > other.most && one.mean >= 1.25 * other.mean;
}

/// Held in fewer than one look in twenty is nothing that ends.
bool LessHeld(const Range& one, const Range& other) {
  return one.most < other.least && other.mean >= 0.05 && one.mean <= 0.5 * other.mean;
}

using Beyond = bool (*)(const Range& one, const Range& other);

struct Shift {
  bool from_before = false;
  bool from_after = false;

  [[nodiscard]] bool Both() const { return from_before && from_after; }
};

Shift ShiftOf(std::span<const TrialPhase> phases, Measure measure, Beyond beyond) {
  const Range with = RangeOf(phases[1], measure);
  return {beyond(with, RangeOf(phases[0], measure)), beyond(with, RangeOf(phases[2], measure))};
}

Shift Reversed(std::span<const TrialPhase> phases, Measure measure, Beyond beyond) {
  const Range with = RangeOf(phases[1], measure);
  return {beyond(RangeOf(phases[0], measure), with), beyond(RangeOf(phases[2], measure), with)};
}

/// Exchanges where there are any: bytes of a stream say nothing of who waits for whom.
Measure RateOf(std::span<const TrialPhase> phases) {
  const bool exchanges = std::ranges::any_of(
      phases, [](const TrialPhase& phase) { return phase.exchanges_per_s > 0; });
  return exchanges ? &Slice::exchanges_per_s : &Slice::bytes_per_s;
}

bool Idle(const TrialPhase& phase) {
  return phase.exchanges_per_s <= 0 && phase.bytes_per_s <= 0 && phase.held_share <= 0;
}

}  // namespace

TrialVerdict JudgeTrial(std::span<const TrialPhase> phases) {
  if (phases.size() != 3) return TrialVerdict::kUnfinished;
  if (std::ranges::any_of(phases, [](const TrialPhase& phase) { return phase.slices.empty(); }))
    return TrialVerdict::kUnfinished;
  if (std::ranges::all_of(phases, Idle)) return TrialVerdict::kNoTraffic;
  const Measure rate = RateOf(phases);
  if (Reversed(phases, rate, Faster).Both()) return TrialVerdict::kWorse;
  const Shift faster = ShiftOf(phases, rate, Faster);
  const Shift freer = ShiftOf(phases, &Slice::held_share, LessHeld);
  if (faster.Both() || freer.Both()) return TrialVerdict::kCause;
  if (faster.from_before || freer.from_before) return TrialVerdict::kNotBack;
  return TrialVerdict::kNoDifference;
}

}  // namespace tunewire
