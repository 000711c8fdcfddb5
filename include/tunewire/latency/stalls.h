// Finding stalls among latencies: bands where the kernel's timers put them, clusters, how often,
// from when, every how many. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "tunewire/latency/histogram.h"
#include "tunewire/latency/interval.h"

namespace tunewire {

/// What decides where a timer's stalls lie.
struct TimerFacts {
  int hz = 250;                              ///< ticks a second: timers end 1 or 2 jiffies late
  std::int64_t min_rtt_ns = 0;               ///< of the path; a stall comes on top of it
  std::int64_t delack_min_ns = 40'000'000;   ///< TCP_DELACK_MIN, or a smaller maximum that was set
  std::int64_t delack_max_ns = 200'000'000;  ///< TCP_DELACK_MAX
  std::int64_t rto_min_ns = 200'000'000;     ///< TCP_RTO_MIN, or the route's or sysctl's

  bool operator==(const TimerFacts&) const = default;
};

enum class StallKind {
  kDelayedAck,      ///< one delayed ACK at its shortest: 40 ms + up to 3 jiffies, 2 ms to wake up
  kTwoDelayedAcks,  ///< both directions, one after the other: twice that
  kMinimumRto,      ///< 200 ms + some jiffies: RTO, loss probe, persist timer of a cork left open
  kLongDelayedAck,  ///< between them: a delayed ACK stretched by a long round-trip time, or another
                    ///< system's
  kOther,           ///< far above the rest, in no timer's band
};

/// "delayed_ack", "two_delayed_acks", "minimum_rto", "long_delayed_ack", "other".
std::string_view NameOf(StallKind kind);

struct Band {
  StallKind kind = StallKind::kOther;
  std::int64_t from_ns = 0;  ///< of the whole exchange, its round trips included; inclusive
  std::int64_t to_ns = 0;    ///< exclusive

  bool operator==(const Band&) const = default;
};

/// In rising order, not overlapping; kLongDelayedAck fills what lies between the others. An
/// exchange that takes one round trip by itself takes two and the timer where it stalls. Sources:
/// include/net/tcp.h (TCP_DELACK_MIN, TCP_RTO_MIN), kernel/time/timer.c (a timer never ends early,
/// and a slot of the timer wheel late at most: more than a jiffy from 63 jiffies on).
std::vector<Band> StallBands(const TimerFacts& facts);

/// The band that holds a latency, kOther for none.
StallKind KindOf(std::int64_t latency_ns, std::span<const Band> bands);

struct StallSummary {
  std::uint64_t n = 0;                 ///< samples looked at
  std::uint64_t count = 0;             ///< stalled ones
  double fraction = 0;                 ///< count / n
  Interval interval;                   ///< 95 % Wilson, of the fraction
  std::optional<std::uint64_t> first;  ///< the first stalled one, counted from 1
  std::optional<std::uint32_t>
      period;  ///< every `period`-th, where at least 90 % of the distances agree and there are 4
  std::int64_t median_ns = 0;          ///< of the stalled ones, 0 for none
  std::int64_t fast_median_ns = 0;     ///< of those too short for any timer, 0 for no measure
  StallKind kind = StallKind::kOther;  ///< the band that holds most of them
  std::optional<Band> band;            ///< that band, none for kOther

  bool operator==(const StallSummary&) const = default;
};

/// `latencies` in the order they happened; `expected_ns` is what the exchange is meant to take by
/// itself (scripted sleeps), taken off before judging, as is one round trip. What is left is a
/// stall where it exceeds both half of the shortest timer (or 6 ms, a busy host's scheduler, where
/// the timer is longer than that) and five times the same of the undisturbed median: the median of
/// those that fail the first rule. With none of these, or only slow ones that are less than one in
/// twenty (a connection's first exchanges), the first rule alone decides: a server that takes 50 ms
/// for every answer stalls as far as latency can tell. A pause between two writes hides as much of
/// a stall; of one that hides more than half of the timer only a time line tells.
StallSummary FindStalls(std::span<const std::int64_t> latencies, std::int64_t expected_ns,
                        const TimerFacts& facts);

/// Is this one a stall by the same rule, given the undisturbed median?
bool IsStall(std::int64_t latency_ns, std::int64_t expected_ns, std::int64_t fast_median_ns,
             const TimerFacts& facts);

/// A hill of a histogram: neighbouring buckets with nothing for a factor of 1.25 on either side.
struct Cluster {
  std::int64_t from_ns = 0;
  std::int64_t to_ns = 0;
  std::uint64_t count = 0;
  std::int64_t median_ns = 0;
  std::optional<StallKind> kind;  ///< where a timer's band holds its median

  bool operator==(const Cluster&) const = default;
};

/// Smallest first; those with less than one sample in 100,000 stay, for a tail is the point.
std::vector<Cluster> FindClusters(const Histogram& histogram, const TimerFacts& facts);

}  // namespace tunewire
