#include "probe/track.h"

#include <algorithm>

namespace tunewire {
namespace {

/// Options and byte counts as they change from event to event.
class Tracker {
 public:
  Tracker(const Script& script, const EndOptions& options)
      : script_(script), nodelay_(options.nagle == Nagle::kOff) {}

  Tracked Next(const Event& event) {
    if (event.exchange != exchange_) written_ = read_ = 0;
    exchange_ = event.exchange;
    Apply(event.kind);
    if (IsWrite(event.kind)) written_ += event.bytes;
    if (event.kind == StepKind::kRead) read_ += event.bytes;
    return {event,        written_, read_,
            Pause(event), nodelay_, corked_ || event.kind == StepKind::kMore};
  }

 private:
  void Apply(StepKind kind) {
    if (kind == StepKind::kCork) corked_ = true;
    if (kind == StepKind::kUncork) corked_ = false;
    if (kind == StepKind::kNoDelay) nodelay_ = true;
    if (kind == StepKind::kNagle) nodelay_ = false;
  }

  [[nodiscard]] std::int64_t Pause(const Event& event) const {
    if (event.kind != StepKind::kSleep || event.step >= script_.size()) return 0;
    return std::chrono::nanoseconds(script_[event.step].pause).count();
  }

  const Script& script_;
  bool nodelay_, corked_ = false;
  std::uint32_t exchange_ = 0;
  std::uint64_t written_ = 0, read_ = 0;
};

std::vector<EventRange> RangesOf(std::span<const Tracked> events) {
  std::vector<EventRange> ranges;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::uint32_t exchange = events[i].event.exchange;
    if (exchange >= kMostTimelines) continue;
    if (ranges.size() <= exchange) ranges.resize(std::size_t{exchange} + 1);
    EventRange& range = ranges[exchange];
    if (range.empty()) range.from = i;
    range.to = i + 1;
  }
  return ranges;
}

template <class Match>
std::optional<std::size_t> FirstOf(const Track& track, std::uint32_t exchange, const Match& match) {
  const EventRange range = track.Of(exchange);
  for (std::size_t i = range.from; i < range.to; ++i) {
    if (match(track.events[i])) return i;
  }
  return std::nullopt;
}

}  // namespace

bool Track::Complete(std::uint32_t exchange) const {
  const EventRange range = Of(exchange);
  return !range.empty() && range.to - range.from == steps;
}

EventRange Track::Of(std::uint32_t exchange) const {
  return exchange < exchanges.size() ? exchanges[exchange] : EventRange{};
}

Track TrackOf(std::span<const Event> events, const Script& script, const EndOptions& options) {
  Track track;
  track.steps = script.size();
  Tracker tracker(script, options);
  for (const Event& event : events) track.events.push_back(tracker.Next(event));
  track.exchanges = RangesOf(track.events);
  return track;
}

std::optional<std::int64_t> LeftAt(const Event& write) {
  return write.sched_ns ? write.sched_ns : write.sent_ns;
}

std::optional<std::size_t> WriteOfByte(const Track& track, std::uint32_t exchange,
                                       std::uint64_t bytes) {
  return FirstOf(track, exchange, [bytes](const Tracked& one) {
    return IsWrite(one.event.kind) && one.written >= bytes && bytes > 0;
  });
}

std::optional<std::size_t> ReadUpTo(const Track& track, std::uint32_t exchange,
                                    std::uint64_t bytes) {
  return FirstOf(track, exchange, [bytes](const Tracked& one) {
    return one.event.kind == StepKind::kRead && one.read == bytes;
  });
}

void Shift(Event& event, std::int64_t by_ns) {
  event.begin_ns += by_ns;
  event.end_ns += by_ns;
  for (auto* stamp : {&event.sched_ns, &event.sent_ns, &event.acked_ns, &event.arrived_ns}) {
    if (*stamp) **stamp += by_ns;
  }
}

}  // namespace tunewire
