#include "probe/clock_offset.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace tunewire {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kWindow = 1'000'000'000;  // drift of 50 us at 50 ppm, well below a stall

/// The server is ahead by at least `low` and at most `high`.
struct Bounds {
  std::int64_t low = -kNever, high = kNever;

  void AtLeast(std::int64_t ns) { low = std::max(low, ns); }
  void AtMost(std::int64_t ns) { high = std::min(high, ns); }
  void Narrow(const Bounds& other) {
    AtLeast(other.low);
    AtMost(other.high);
  }
};

/// A write's bytes left before they arrived, and arrived before their acknowledgement came back.
struct Passage {
  std::optional<std::int64_t> left, arrived, acked;
};

template <class Use>
void ForEachPassage(const Track& from, const Track& to, std::uint32_t exchange, const Use& use) {
  const EventRange range = from.Of(exchange);
  for (std::size_t i = range.from; i < range.to; ++i) {
    const Tracked& write = from.events[i];
    if (!IsWrite(write.event.kind)) continue;
    const auto read = ReadUpTo(to, exchange, write.written);
    if (!read) continue;
    const auto left = write.event.sent_ns ? write.event.sent_ns : write.event.sched_ns;
    use(Passage{left, to.events[*read].event.arrived_ns, write.event.acked_ns});
  }
}

Bounds BoundsOf(const Track& client, const Track& server, std::uint32_t exchange) {
  Bounds bounds;
  ForEachPassage(client, server, exchange, [&bounds](const Passage& one) {
    if (one.arrived && one.left) bounds.AtMost(*one.arrived - *one.left);
    if (one.arrived && one.acked) bounds.AtLeast(*one.arrived - *one.acked);
  });
  ForEachPassage(server, client, exchange, [&bounds](const Passage& one) {
    if (one.arrived && one.left) bounds.AtLeast(*one.left - *one.arrived);
    if (one.arrived && one.acked) bounds.AtMost(*one.acked - *one.arrived);
  });
  return bounds;
}

std::optional<ClockOffset> OffsetIn(const Bounds& bounds, std::int64_t min_rtt_ns) {
  const bool low = bounds.low != -kNever, high = bounds.high != kNever;
  if (low && high) {
    const std::int64_t width = bounds.high - bounds.low;
    return ClockOffset{bounds.low + width / 2, std::abs(width) / 2 + 1};
  }
  if ((!low && !high) || min_rtt_ns <= 0) return std::nullopt;
  const std::int64_t half = min_rtt_ns / 2;
  return ClockOffset{high ? bounds.high - half : bounds.low + half, half + 1};
}

std::int64_t BeginOf(const Track& track, std::size_t exchange) {
  const EventRange range = track.exchanges[exchange];
  return range.empty() ? kNever : track.events[range.from].event.begin_ns;
}

}  // namespace

std::vector<std::optional<ClockOffset>> ClockOffsets(const Track& client, const Track& server,
                                                     std::int64_t min_rtt_ns) {
  const std::size_t count = client.exchanges.size();
  std::vector<Bounds> own(count);
  std::vector<std::int64_t> begins(count);
  for (std::size_t i = 0; i < count; ++i) {
    own[i] = BoundsOf(client, server, static_cast<std::uint32_t>(i));
    begins[i] = BeginOf(client, i);
  }
  std::vector<std::optional<ClockOffset>> offsets(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (begins[i] == kNever) continue;
    Bounds near;
    for (std::size_t j = 0; j < count; ++j) {
      if (begins[j] != kNever && std::abs(begins[j] - begins[i]) <= kWindow) near.Narrow(own[j]);
    }
    offsets[i] = OffsetIn(near, min_rtt_ns);
  }
  return offsets;
}

}  // namespace tunewire
