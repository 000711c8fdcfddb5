#include "probe/stamps.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace tunewire {
namespace {

/// A write and the place of its last byte in the stream, from 0.
struct Written {
  std::uint64_t last_byte = 0;
  Event* event = nullptr;
};

std::vector<Written> WritesOf(std::span<Event> events) {
  std::vector<Written> writes;
  std::uint64_t bytes = 0;
  for (Event& event : events) {
    if (!IsWrite(event.kind) || event.bytes == 0) continue;
    bytes += event.bytes;
    writes.push_back({bytes - 1, &event});
  }
  return writes;
}

std::uint32_t Low(std::uint64_t place) { return static_cast<std::uint32_t>(place); }

void Note(Event& event, StampKind kind, std::int64_t when) {
  switch (kind) {
    case StampKind::kSched:
      if (!event.sched_ns) event.sched_ns = when;
      break;
    case StampKind::kSent:
      if (!event.sent_ns) {
        event.sent_ns = when;
      } else if (!event.resent_ns && when > *event.sent_ns) {
        event.resent_ns = when;
      }
      break;
    case StampKind::kAcked:
      if (!event.acked_ns) event.acked_ns = when;
      break;
  }
}

/// The stamps' places are modulo 2^32: of several writes, the last that had begun is meant.
class Places {
 public:
  explicit Places(const std::vector<Written>& writes) : sorted_(writes) {
    std::sort(sorted_.begin(), sorted_.end(), Before);
  }

  [[nodiscard]] Event* Find(std::uint32_t byte, std::int64_t when) const {
    Event* found = nullptr;
    const auto at = std::lower_bound(
        sorted_.begin(), sorted_.end(), byte,
        [](const Written& one, std::uint32_t place) { return Low(one.last_byte) < place; });
    for (auto one = at; one != sorted_.end() && Low(one->last_byte) == byte; ++one) {
      if (one->event->begin_ns <= when) found = one->event;
    }
    return found;
  }

 private:
  static bool Before(const Written& a, const Written& b) {
    return Low(a.last_byte) != Low(b.last_byte) ? Low(a.last_byte) < Low(b.last_byte)
                                                : a.last_byte < b.last_byte;
  }
  std::vector<Written> sorted_;
};

bool HasNone(const Event& event) { return !event.sched_ns && !event.sent_ns && !event.acked_ns; }

/// Did the last byte of `earlier`, which was still in the queue when `later` came, leave when the
/// last of `later` left? Sure where it was unsent when `later` had been queued whole, and where
/// `later` left within its own call.
bool WentTogether(const Written& earlier, const Written& later) {
  const std::uint64_t behind = later.last_byte - earlier.last_byte;
  const Event& event = *later.event;
  return (event.notsent_bytes && *event.notsent_bytes > behind) ||
         (event.sched_ns && *event.sched_ns <= event.end_ns);
}

void ShareWithMerged(const std::vector<Written>& writes) {
  for (std::size_t i = writes.size(); i-- > 1;) {
    Event& earlier = *writes[i - 1].event;
    const Event& later = *writes[i].event;
    if (!HasNone(earlier) || !WentTogether(writes[i - 1], writes[i])) continue;
    earlier.sched_ns = later.sched_ns;
    earlier.sent_ns = later.sent_ns;
    earlier.resent_ns = later.resent_ns;
    earlier.acked_ns = later.acked_ns;
  }
}

}  // namespace

bool IsWrite(StepKind kind) {
  return kind == StepKind::kWrite || kind == StepKind::kMore || kind == StepKind::kWritev;
}

void MatchStamps(std::span<Event> events, std::span<const KernelStamp> stamps,
                 std::int64_t realtime_offset) {
  const std::vector<Written> writes = WritesOf(events);
  const Places places(writes);
  for (const KernelStamp& stamp : stamps) {
    const std::int64_t when = stamp.realtime_ns - realtime_offset;
    if (Event* event = places.Find(stamp.byte, when)) Note(*event, stamp.kind, when);
  }
  ShareWithMerged(writes);
}

}  // namespace tunewire
