#include <algorithm>
#include <array>
#include <cstddef>

#include "tunewire/latency/stalls.h"

namespace tunewire {
namespace {

/// A woken program does not run at once.
constexpr std::int64_t kWakeUp = 2'000'000;

std::int64_t Jiffy(const TimerFacts& facts) {
  // The coarsest that kernels are built with, where it is not known.
  return 1'000'000'000 / (facts.hz > 0 ? facts.hz : 100);
}

/// How late a timer of this length may end. It is first rounded up to a jiffy, then to a slot of
/// the timer wheel, whose levels grow eight-fold: one jiffy for the first 63, eight up to 504
/// (kernel/time/timer.c, LVL_START).
std::int64_t LateBy(std::int64_t timer_ns, const TimerFacts& facts) {
  const std::int64_t jiffy = Jiffy(facts);
  const std::int64_t ticks = timer_ns / jiffy + 2;
  std::int64_t slot = 1;
  while (ticks >= 63 * slot && slot < 32768) slot *= 8;
  return (2 * slot + 1) * jiffy + kWakeUp;
}

/// What of [from, to) the taken ones, in rising order, leave.
std::vector<Band> Rest(Band wanted, std::span<const Band> taken) {
  std::vector<Band> rest;
  for (const Band& band : taken) {
    if (band.to_ns <= wanted.from_ns || band.from_ns >= wanted.to_ns) continue;
    if (band.from_ns > wanted.from_ns) rest.push_back({wanted.kind, wanted.from_ns, band.from_ns});
    wanted.from_ns = band.to_ns;
  }
  if (wanted.from_ns < wanted.to_ns) rest.push_back(wanted);
  return rest;
}

}  // namespace

std::string_view NameOf(StallKind kind) {
  static constexpr std::array<std::string_view, 5> kNames{
      "delayed_ack", "two_delayed_acks", "minimum_rto", "long_delayed_ack", "other"};
  return kNames.at(static_cast<std::size_t>(kind));
}

// What was held leaves one round trip late, when the ACK is back, and needs one more of its own; in
// both directions one after the other that is three in all. A lost lone segment is probed after
// 2 x RTT + tcp_rto_min (net/ipv4/tcp_output.c, tcp_schedule_loss_probe), and needs another.
std::vector<Band> StallBands(const TimerFacts& facts) {
  const std::int64_t rtt = std::max<std::int64_t>(facts.min_rtt_ns, 0);
  const std::int64_t shortest = std::clamp<std::int64_t>(facts.delack_min_ns, 0, facts.rto_min_ns);
  const std::int64_t longest = std::max(facts.delack_max_ns, shortest);
  const std::int64_t late = LateBy(shortest, facts);
  const std::int64_t one = 2 * rtt + shortest;
  const std::int64_t two = 3 * rtt + 2 * shortest;
  const std::int64_t rto = 2 * rtt + facts.rto_min_ns;
  const std::int64_t rto_late = LateBy(facts.rto_min_ns, facts) + Jiffy(facts);
  const std::array<Band, 4> wanted{{
      {StallKind::kDelayedAck, one, std::max(std::min(one + late, two), one + 1)},
      {StallKind::kMinimumRto, rto, rto + rtt + rto_late},
      {StallKind::kTwoDelayedAcks, two, two + 2 * late},
      {StallKind::kLongDelayedAck, one, 2 * rtt + longest},
  }};
  std::vector<Band> bands;
  for (const Band& band : wanted) {
    const std::vector<Band> rest = Rest(band, bands);
    bands.insert(bands.end(), rest.begin(), rest.end());
    std::ranges::sort(bands, {}, &Band::from_ns);
  }
  return bands;
}

StallKind KindOf(std::int64_t latency_ns, std::span<const Band> bands) {
  for (const Band& band : bands) {
    if (latency_ns >= band.from_ns && latency_ns < band.to_ns) return band.kind;
  }
  return StallKind::kOther;
}

}  // namespace tunewire
