#include "sockets/fix_pace.h"

#include <algorithm>
#include <limits>

#include "tunewire/sockets/evidence.h"

namespace tunewire {
namespace {

double Seconds(std::int64_t ns) { return static_cast<double>(ns) / 1e9; }

bool Shows(const SocketInfo& socket, Sign sign) {
  return (SignsOf(socket, std::nullopt) >> static_cast<unsigned>(sign) & 1U) != 0;
}

}  // namespace

bool ShowsHold(FixKind kind, const SocketInfo& socket) {
  switch (kind) {
    case FixKind::kNodelay:
      return Shows(socket, Sign::kHeldSmall);
    case FixKind::kQuickAck:
      return Shows(socket, Sign::kAckPending);
    case FixKind::kUncork:
      return Shows(socket, Sign::kCorked);
  }
  return false;
}

PaceMeter::PaceMeter(FixHost& host, FixKind kind, std::span<const FixTarget> targets,
                     const FixTiming& timing)
    : host_(host), kind_(kind), timing_(timing) {
  for (const FixTarget& target : targets) {
    const SocketInfo& socket = target.socket;
    cookies_.push_back(socket.cookie);
    if (!target.listener)
      names_.push_back({socket.local, socket.remote, socket.cookie, socket.interface});
  }
}

PaceMeter::Counts PaceMeter::CountsOf(const SocketInfo& socket) {
  const TcpInfo& tcp = socket.tcp;
  return {tcp.data_segs_in.value_or(0), tcp.data_segs_out.value_or(0),
          tcp.data_segs_in && tcp.data_segs_out,
          tcp.bytes_acked.value_or(0) + tcp.bytes_received.value_or(0)};
}

PaceMeter::Moved PaceMeter::Between(const Counts& from, const Counts& to) {
  // The kernel's counters of segments have 32 bits, and so have these: they wrap alike.
  const std::uint32_t in = to.in - from.in;
  const std::uint32_t out = to.out - from.out;
  return {static_cast<double>(std::min(in, out)), static_cast<double>(to.bytes - from.bytes),
          from.segments && to.segments};
}

void PaceMeter::Take(const SocketInfo& socket, std::int64_t at_ns) {
  Track& track = tracks_[socket.cookie];
  const Counts counts = CountsOf(socket);
  if (track.looks == 0) {
    track.first = track.slice = counts;
    track.first_ns = at_ns;
  }
  track.last = counts;
  track.last_ns = at_ns;
  ++track.looks;
  ++slice_looks_;
  if (!ShowsHold(kind_, socket)) return;
  ++track.held;
  ++slice_held_;
}

void PaceMeter::Look() {
  const std::int64_t begin = Now();
  // A look that fails is one look less.
  (void)host_.sockets.Ask(names_, [this, begin](std::span<const std::byte> raw) {
    const std::optional<SocketInfo> socket = DecodeSocket(raw);
    if (socket && socket->state == TcpState::kEstablished) Take(*socket, begin);
  });
  cost_ns_ = Now() - begin;
}

void PaceMeter::EndSlice(PaceReading& reading) {
  const std::int64_t now = Now();
  const double seconds = Seconds(now - slice_ns_);
  TrialPhase::Slice slice;
  for (auto& [cookie, track] : tracks_) {
    const Moved moved = Between(track.slice, track.last);
    slice.exchanges_per_s += moved.exchanges;
    slice.bytes_per_s += moved.bytes;
    track.slice = track.last;
  }
  if (seconds > 0 && slice_looks_ > 0) {
    slice.exchanges_per_s /= seconds;
    slice.bytes_per_s /= seconds;
    slice.held_share = static_cast<double>(slice_held_) / slice_looks_;
    reading.slices.push_back(slice);
  }
  slice_ns_ = now;
  slice_looks_ = slice_held_ = 0;
}

bool PaceMeter::Wait(std::int64_t until_ns, const std::function<void()>& again) {
  while (Now() < until_ns) {
    std::int64_t time = until_ns - Now();
    if (again) {
      again();
      time = std::min<std::int64_t>(time, std::chrono::nanoseconds(timing_.again).count());
    }
    if (host_.pause(std::chrono::nanoseconds(std::max<std::int64_t>(time, 1)))) return true;
  }
  return false;
}

std::optional<SocketPace> PaceMeter::PaceOf(const Track& track) {
  const double seconds = Seconds(track.last_ns - track.first_ns);
  if (track.looks < 2 || seconds <= 0) return std::nullopt;
  const Moved moved = Between(track.first, track.last);
  SocketPace pace{.bytes_per_s = moved.bytes / seconds,
                  .held_share = static_cast<double>(track.held) / track.looks,
                  .looks = track.looks};
  if (moved.segments) pace.exchanges_per_s = moved.exchanges / seconds;
  return pace;
}

PaceReading PaceMeter::Begin() {
  tracks_.clear();
  slice_looks_ = slice_held_ = 0;
  slice_ns_ = Now();
  return {};
}

void PaceMeter::Finish(PaceReading& reading) const {
  std::uint64_t held = 0;
  std::uint64_t looks = 0;
  for (const std::uint64_t cookie : cookies_) {
    const auto track = tracks_.find(cookie);
    reading.sockets.push_back(track == tracks_.end() ? std::nullopt : PaceOf(track->second));
    if (const std::optional<SocketPace>& pace = reading.sockets.back()) {
      reading.total.exchanges_per_s =
          reading.total.exchanges_per_s.value_or(0) + pace->exchanges_per_s.value_or(0);
      reading.total.bytes_per_s += pace->bytes_per_s;
      held += track->second.held;
      looks += track->second.looks;
    }
  }
  if (looks > 0) reading.total.held_share = static_cast<double>(held) / static_cast<double>(looks);
  reading.total.looks = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(looks, std::numeric_limits<std::uint32_t>::max()));
}

PaceReading PaceMeter::Measure(std::chrono::nanoseconds time, int slices,
                               const std::function<void()>& again) {
  // Looking may take a fifth of one CPU: the program that is watched needs the rest.
  constexpr std::int64_t kRest = 4;
  PaceReading reading = Begin();
  const std::int64_t begin = Now();
  const std::int64_t length = time.count();
  for (int slice = 0; slice < slices && !reading.stopped; ++slice) {
    const std::int64_t end = begin + length / slices * (slice + 1);
    while (Now() < end && !reading.stopped) {
      Look();
      const std::int64_t interval =
          std::max(std::chrono::nanoseconds(timing_.interval).count(), kRest * cost_ns_);
      reading.stopped = Wait(std::min(end, Now() + interval), again);
    }
    // Slices meet in one look.
    Look();
    EndSlice(reading);
  }
  reading.seconds = Seconds(Now() - begin);
  Finish(reading);
  return reading;
}

}  // namespace tunewire
