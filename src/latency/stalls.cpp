#include "tunewire/latency/stalls.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>

namespace tunewire {
namespace {

/// A busy host's scheduler lets a program wait this long without any timer.
constexpr std::int64_t kHiccup = 6'000'000;

/// What an exchange takes when nothing holds it back: the script's own pauses, and one round trip.
std::int64_t Undelayed(std::int64_t expected_ns, const TimerFacts& facts) {
  return std::max<std::int64_t>(expected_ns, 0) + std::max<std::int64_t>(facts.min_rtt_ns, 0);
}

/// Longer than this may be a stall.
std::int64_t Floor(std::int64_t expected_ns, const TimerFacts& facts) {
  const std::int64_t timer = std::min(facts.delack_min_ns, facts.rto_min_ns);
  return Undelayed(expected_ns, facts) + std::max(timer / 2, std::min(timer, kHiccup));
}

/// And it is one where it is longer than this as well.
std::int64_t FarAbove(std::int64_t fast_median_ns, std::int64_t expected_ns,
                      const TimerFacts& facts) {
  const std::int64_t undelayed = Undelayed(expected_ns, facts);
  return undelayed + 5 * std::max<std::int64_t>(fast_median_ns - undelayed, 0);
}

std::int64_t Limit(std::int64_t fast_median_ns, std::int64_t expected_ns, const TimerFacts& facts) {
  return std::max(Floor(expected_ns, facts), FarAbove(fast_median_ns, expected_ns, facts));
}

/// The band of a stall. A scripted pause comes on top of the timer (the peer thinks, then stalls)
/// or passes beside it (a gap between two writes).
const Band* BandOf(std::int64_t latency_ns, std::int64_t expected_ns, std::span<const Band> bands) {
  for (const std::int64_t length :
       {latency_ns - std::max<std::int64_t>(expected_ns, 0), latency_ns}) {
    for (const Band& band : bands) {
      if (length >= band.from_ns && length < band.to_ns) return &band;
    }
  }
  return nullptr;
}

struct Stalled {
  std::vector<std::int64_t> latencies;
  std::vector<std::uint64_t> places;  // counted from 1
};

Stalled LongerThan(std::int64_t limit_ns, std::span<const std::int64_t> latencies) {
  Stalled stalled;
  for (std::size_t i = 0; i < latencies.size(); ++i) {
    if (latencies[i] <= limit_ns) continue;
    stalled.latencies.push_back(latencies[i]);
    stalled.places.push_back(i + 1);
  }
  return stalled;
}

/// Few among many: a connection's first exchanges, slow for reasons of their own, say nothing about
/// the others.
bool Few(std::size_t some, std::size_t all) { return all > 2 && (some < 2 || some * 5 < all); }

/// The median of those too short for any timer; 0 where there is none, or where few and slow ones
/// would hide all others.
std::int64_t FastMedian(std::span<const std::int64_t> latencies, std::int64_t expected_ns,
                        const TimerFacts& facts) {
  const std::int64_t floor = Floor(expected_ns, facts);
  std::vector<std::int64_t> fast;
  fast.reserve(latencies.size());
  std::ranges::copy_if(latencies, std::back_inserter(fast),
                       [floor](std::int64_t latency) { return latency <= floor; });
  const std::int64_t median = QuantileOf(fast, 0.5);
  const bool hides = FarAbove(median, expected_ns, facts) > floor;
  return hides && Few(fast.size(), latencies.size()) ? 0 : median;
}

std::optional<std::uint32_t> PeriodOf(std::span<const std::uint64_t> places) {
  constexpr std::uint64_t kFewest = 4;
  if (places.size() < kFewest + 1) return std::nullopt;
  std::map<std::uint64_t, std::uint64_t> distances;
  for (std::size_t i = 1; i < places.size(); ++i) ++distances[places[i] - places[i - 1]];
  const auto most =
      std::ranges::max_element(distances, {}, [](const auto& entry) { return entry.second; });
  if (most->second * 10 < (places.size() - 1) * 9) return std::nullopt;
  return static_cast<std::uint32_t>(most->first);
}

/// The band that holds most of them, the lowest of equals; none where most lie in no band.
std::optional<Band> CommonBand(std::span<const std::int64_t> latencies, std::int64_t expected_ns,
                               const TimerFacts& facts) {
  const std::vector<Band> bands = StallBands(facts);
  std::vector<std::uint64_t> held(bands.size(), 0);
  std::uint64_t outside = 0;
  for (const std::int64_t latency : latencies) {
    const Band* band = BandOf(latency, expected_ns, bands);
    ++(band == nullptr ? outside : held[static_cast<std::size_t>(band - bands.data())]);
  }
  const auto most = std::ranges::max_element(held);
  if (most == held.end() || *most == 0 || *most < outside) return std::nullopt;
  return bands[static_cast<std::size_t>(most - held.begin())];
}

}  // namespace

bool IsStall(std::int64_t latency_ns, std::int64_t expected_ns, std::int64_t fast_median_ns,
             const TimerFacts& facts) {
  return latency_ns > Limit(fast_median_ns, expected_ns, facts);
}

StallSummary FindStalls(std::span<const std::int64_t> latencies, std::int64_t expected_ns,
                        const TimerFacts& facts) {
  StallSummary summary;
  summary.n = latencies.size();
  summary.fast_median_ns = FastMedian(latencies, expected_ns, facts);
  const std::int64_t limit = Limit(summary.fast_median_ns, expected_ns, facts);
  const Stalled stalled = LongerThan(limit, latencies);
  summary.count = stalled.places.size();
  summary.interval = WilsonInterval(summary.count, summary.n);
  if (summary.count == 0) return summary;
  summary.fraction = static_cast<double>(summary.count) / static_cast<double>(summary.n);
  summary.first = stalled.places.front();
  summary.period = PeriodOf(stalled.places);
  summary.median_ns = QuantileOf(stalled.latencies, 0.5);
  summary.band = CommonBand(stalled.latencies, expected_ns, facts);
  if (summary.band) summary.kind = summary.band->kind;
  return summary;
}

}  // namespace tunewire
