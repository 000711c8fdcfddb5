// One point of the stall region: the traffic with its sizes, gap and think time put in, and the
// decision whether it stalls. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "tunewire/probe/experiment.h"

namespace tunewire {

enum class Axis { kSecondWrite, kFirstWrite, kGap, kThink };

std::string_view NameOf(Axis axis);  ///< "second_write", "first_write", "gap", "think"

/// Where a run stands; bytes and microseconds.
struct SweepPlace {
  std::uint32_t mss = 0;
  std::int64_t first_write = 0, second_write = 0, gap = 0, think = 0;

  [[nodiscard]] SweepPlace With(Axis axis, std::int64_t value) const;
  [[nodiscard]] std::int64_t At(Axis axis) const;
  auto operator<=>(const SweepPlace&) const = default;
};

/// Where the traffic itself stands. Errors: kUsage "not_two_writes" where no end sends its message
/// in just two plain writes that the other reads at once.
Result<SweepPlace> PlaceOf(const Traffic& traffic);

/// The same traffic moved there: its two writes, the pause between them, the peer's read.
Traffic TrafficAt(const Traffic& traffic, const SweepPlace& place);

/// "second write 1024 bytes, MSS 1448": what a run is about.
std::string LabelOf(const SweepPlace& place, Axis axis);

/// Was a write held by more than the path's own round trip? `undisturbed` is what an exchange takes
/// without stall and gap. Latencies decide by themselves: near the edge of a gap the hold is a few
/// milliseconds, far below what is called a stall elsewhere.
bool IsHeld(std::chrono::nanoseconds latency, std::chrono::microseconds gap,
            std::chrono::nanoseconds undisturbed);

enum class PointDecision { kStalls, kClean, kUnclear };

/// The exchanges that a point needs, where every `period`-th can stall, from the second one on.
std::uint64_t ExchangesFor(int period);

/// By majority of those that can stall; unclear between a quarter and three quarters of them.
PointDecision Decide(std::uint64_t exchanges, std::uint64_t stalled, int period);

}  // namespace tunewire
