#include "probe/sweep_point.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/format.h"
#include "tunewire/base/quantity.h"

namespace tunewire {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

bool Is(const Step& step, StepKind kind) { return step.kind == kind; }

std::vector<std::size_t> IndexesOf(const Script& script, StepKind kind) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < script.size(); ++i) {
    if (Is(script[i], kind)) found.push_back(i);
  }
  return found;
}

bool WritesOtherwise(const Script& script) {
  return std::ranges::any_of(script, [](const Step& step) {
    return Is(step, StepKind::kMore) || Is(step, StepKind::kWritev) || Is(step, StepKind::kCork);
  });
}

/// The two writes stand side by side, or with one pause between them.
bool IsTwoWrites(const Script& script) {
  const std::vector<std::size_t> writes = IndexesOf(script, StepKind::kWrite);
  if (writes.size() != 2 || WritesOtherwise(script)) return false;
  const std::size_t between = writes[1] - writes[0] - 1;
  return between == 0 || (between == 1 && Is(script[writes[0] + 1], StepKind::kSleep));
}

bool ReadsOnce(const Script& script) { return IndexesOf(script, StepKind::kRead).size() == 1; }

bool Sweeps(const Script& writer, const Script& reader) {
  return IsTwoWrites(writer) && ReadsOnce(reader);
}

SweepPlace PlaceIn(const Script& script) {
  const std::vector<std::size_t> writes = IndexesOf(script, StepKind::kWrite);
  SweepPlace place;
  place.first_write = script[writes[0]].sizes[0];
  place.second_write = script[writes[1]].sizes[0];
  if (writes[1] - writes[0] == 2) place.gap = script[writes[0] + 1].pause.count();
  return place;
}

void Move(Script& writer, Script& reader, const SweepPlace& place) {
  const std::size_t first = IndexesOf(writer, StepKind::kWrite)[0];
  writer[first].sizes = {static_cast<std::uint32_t>(place.first_write)};
  if (Is(writer[first + 1], StepKind::kSleep)) {
    writer.erase(writer.begin() + static_cast<std::ptrdiff_t>(first + 1));
  }
  writer[first + 1].sizes = {static_cast<std::uint32_t>(place.second_write)};
  if (place.gap > 0) {
    const Step pause{StepKind::kSleep, {}, microseconds{place.gap}};
    writer.insert(writer.begin() + static_cast<std::ptrdiff_t>(first + 1), pause);
  }
  const auto bytes = static_cast<std::uint32_t>(place.first_write + place.second_write);
  reader[IndexesOf(reader, StepKind::kRead)[0]].sizes = {bytes};
}

Error NotTwoWrites(const Traffic& traffic) {
  Error error;
  error.kind = ErrorKind::kUsage;
  error.code = "not_two_writes";
  error.subject = traffic.pattern;
  error.message = "a sweep varies two plain writes, and this pattern has none to vary";
  error.hint = "use the pattern two_writes, or a script such as 'w200 w1000 r100'";
  return error;
}

}  // namespace

std::string_view NameOf(Axis axis) {
  switch (axis) {
    case Axis::kSecondWrite:
      return "second_write";
    case Axis::kFirstWrite:
      return "first_write";
    case Axis::kGap:
      return "gap";
    case Axis::kThink:
      break;
  }
  return "think";
}

SweepPlace SweepPlace::With(Axis axis, std::int64_t value) const {
  SweepPlace place = *this;
  switch (axis) {
    case Axis::kSecondWrite:
      place.second_write = value;
      break;
    case Axis::kFirstWrite:
      place.first_write = value;
      break;
    case Axis::kGap:
      place.gap = value;
      break;
    case Axis::kThink:
      place.think = value;
      break;
  }
  return place;
}

std::int64_t SweepPlace::At(Axis axis) const {
  switch (axis) {
    case Axis::kSecondWrite:
      return second_write;
    case Axis::kFirstWrite:
      return first_write;
    case Axis::kGap:
      return gap;
    case Axis::kThink:
      break;
  }
  return think;
}

Result<SweepPlace> PlaceOf(const Traffic& traffic) {
  if (Sweeps(traffic.client, traffic.server)) return PlaceIn(traffic.client);
  if (Sweeps(traffic.server, traffic.client)) return PlaceIn(traffic.server);
  return Fail(NotTwoWrites(traffic));
}

Traffic TrafficAt(const Traffic& traffic, const SweepPlace& place) {
  Traffic moved = traffic;
  moved.mss = place.mss;
  // Before either is changed: moving one end's writes changes the other's read only.
  const bool client = Sweeps(traffic.client, traffic.server);
  const bool server = Sweeps(traffic.server, traffic.client);
  if (client) Move(moved.client, moved.server, place);
  if (server) Move(moved.server, moved.client, place);
  return moved;
}

std::string LabelOf(const SweepPlace& place, Axis axis) {
  std::string text;
  switch (axis) {
    case Axis::kSecondWrite:
      text = Format("second write {} bytes", place.second_write);
      break;
    case Axis::kFirstWrite:
      text = Format("first write {} bytes", place.first_write);
      break;
    case Axis::kGap:
      text = Format("gap {}", FormatDuration(microseconds{place.gap}));
      break;
    case Axis::kThink:
      text = Format("think time {}", FormatDuration(microseconds{place.think}));
      break;
  }
  return place.mss == 0 ? text : Format("{}, MSS {}", text, place.mss);
}

bool IsHeld(nanoseconds latency, microseconds gap, nanoseconds undisturbed) {
  const nanoseconds slack = std::max<nanoseconds>(std::chrono::milliseconds{1}, undisturbed / 20);
  return latency - gap > 2 * undisturbed + slack;
}

std::uint64_t ExchangesFor(int period) {
  return 1 + static_cast<std::uint64_t>(std::max(6, 3 * period));
}

PointDecision Decide(std::uint64_t exchanges, std::uint64_t stalled, int period) {
  const auto every = static_cast<std::uint64_t>(std::max(1, period));
  const std::uint64_t could = exchanges > every ? (exchanges - 1) / every : 1;
  if (4 * stalled > 3 * could) return PointDecision::kStalls;
  if (4 * stalled < could) return PointDecision::kClean;
  return PointDecision::kUnclear;
}

}  // namespace tunewire
